/** What is wrong with a value of the configuration, and how to fix it. */
export interface Problem {
  /** Where it is: `alerts.JobErrorRateHigh.thresholds.share`. */
  readonly path: string
  /** The value as it is written in the configuration. */
  readonly given: string
  readonly expected: string
  /** A sentence without its full stop. */
  readonly fix: string
}

/** Makes a problem of a value that another can take the place of, unless a fix is given. */
export const problem = (
  path: string,
  value: unknown,
  { expected, fix = "Use a valid value, or omit it" }: { readonly expected: string; readonly fix?: string | undefined }
): Problem => ({ path, given: written(value), expected, fix })

/** A value as it is written in a configuration, in one line of at most 80 characters. */
export const written = (value: unknown): string => {
  const text = isData(value) ? json(value) : typeof value === "function" ? "a function" : kindOf(value)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}

/** What JSON has a text for, apart from what is in it. */
const isData = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "boolean" || value === null || Array.isArray(value) || isMap(value)

const json = (value: unknown): string => {
  try {
    return JSON.stringify(value)
  } catch {
    // It contains itself, or a bigint.
    return Array.isArray(value) ? "a list" : "an object"
  }
}

const kindOf = (value: unknown): string => {
  if (typeof value !== "object" || value === null) {
    return String(value)
  }
  const { name } = Object(value.constructor)
  return typeof name !== "string" || name === "" || name === "Object"
    ? "an object that inherits"
    : `an instance of ${name}`
}

/** The problem in one line. */
export const problemText = ({ expected, fix, given, path }: Problem): string =>
  `${path} is ${given}, expected ${expected}. ${fix}.`

/**
 * Whether a value is an object with names, as maps of the configuration are: a plain one, or what a module exports. An
 * instance of a class, such as a `Map`, keeps its values where nothing here would read them.
 */
export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return false
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

/** The problems of each entry of a map that is there; of the map itself, where it is none. */
export const problemsOfEach = (
  path: string,
  map: unknown,
  of: (path: string, value: unknown, name: string) => ReadonlyArray<Problem>
): ReadonlyArray<Problem> => {
  if (map === undefined) {
    return []
  }
  return isMap(map)
    ? Object.entries(map).flatMap(([name, value]) => (value === undefined ? [] : of(below(path, name), value, name)))
    : [problem(path, map, { expected: "an object" })]
}

/** The path of a name: `alerts.JobErrorRateHigh`, `windows["1h"]`. */
export const below = (path: string, name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`
