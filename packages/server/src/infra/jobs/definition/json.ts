/**
 * JSON text that gives back exactly the value that it was made of, or none at all. Beside what JSON has it keeps -0,
 * and what is undefined: the text is then followed by a line with the paths to it. What is plain is walked once, and
 * cheaply.
 */
import * as Either from "effect/Either"

/** Why a value can't be kept: where in it, and what is there. */
export type Misfit = string

/** Values nest no deeper than this, so that whoever reads them has stack left. */
export const deepest = 200

/** The text of a value, or what about it can't be kept. Nothing is thrown, whatever the value does when it is read. */
export const toText = (value: unknown): Either.Either<string, Misfit> =>
  Either.flatMap(
    Either.try({ try: () => look(value), catch: (thrown) => `it can't be read: ${wordsOf(thrown)}` }),
    (found) => (typeof found === "string" ? Either.left(found) : Either.right(found.text))
  )

/** The value of a text; throws where it is none. */
export const fromText = (text: string): unknown => {
  const end = text.indexOf("\n")
  return end === -1 ? JSON.parse(text) : withUndefined(JSON.parse(text.slice(0, end)), JSON.parse(text.slice(end + 1)))
}

type Path = ReadonlyArray<string | number>

/** What is rare in values, and needs more than `JSON.stringify`. */
interface Found {
  nodes: number
  hasNegativeZero: boolean
  readonly undefinedAt: Array<Path>
}

const look = (value: unknown): Misfit | { readonly text: string } => {
  const walked: Walk = { depth: 0, left: mostNodes }
  if (isPlain(value, walked)) {
    return { text: JSON.stringify(value) }
  }
  if (walked.left < 0) {
    return tooMany
  }
  const found: Found = { nodes: 0, hasNegativeZero: false, undefinedAt: [] }
  const path: Array<string | number> = []
  const misfit = walk(value, path, found)
  if (misfit !== undefined) {
    return path.length === 0 ? misfit : `${shown(path)}: ${misfit}`
  }
  const text = found.hasNegativeZero ? written(value) : JSON.stringify(value)
  return { text: found.undefinedAt.length === 0 ? text : `${text}\n${JSON.stringify(found.undefinedAt)}` }
}

/** Whether JSON has all of a value, with nothing that is rare: the usual case, decided without a further look. */
const isPlain = (value: unknown, at: Walk): boolean => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true
    case "number":
      return value === 0 ? !Object.is(value, -0) : Number.isFinite(value)
    case "object":
      return value === null || hasPlainParts(value, at)
    default:
      return false
  }
}

const hasPlainParts = (value: object, at: Walk): boolean => {
  const keys = Object.keys(value)
  at.depth += 1
  at.left -= 1
  const isFit =
    at.depth <= deepest &&
    at.left >= 0 &&
    !hasSymbols(value) &&
    (Array.isArray(value)
      ? Object.getPrototypeOf(value) === Array.prototype &&
        keys.length === value.length &&
        value.every((item) => isPlain(item, at))
      : Object.getPrototypeOf(value) === Object.prototype &&
        keys.every((key) => key !== "__proto__" && isPlain(Reflect.get(value, key), at)))
  at.depth -= 1
  return isFit
}

/** Where a walk is, and how many objects it may still see. */
interface Walk {
  depth: number
  left: number
}

/** What about a value is no JSON; `path` leads to it then. */
const walk = (value: unknown, path: Array<string | number>, found: Found): Misfit | undefined => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined
    case "number":
      return Number.isFinite(value) ? noteZero(value, found) : `JSON has no number ${value}`
    case "undefined":
      found.undefinedAt.push(path.slice())
      return undefined
    case "object":
      return value === null ? undefined : walkObject(value, path, found)
    default:
      return `a ${typeof value} is no JSON`
  }
}

const noteZero = (value: number, found: Found): undefined => {
  if (value === 0 && Object.is(value, -0)) {
    found.hasNegativeZero = true
  }
  return undefined
}

const walkObject = (value: object, path: Array<string | number>, found: Found): Misfit | undefined => {
  found.nodes += 1
  if (path.length >= deepest) {
    return `it is nested deeper than ${deepest} levels, or contains itself`
  }
  if (found.nodes > mostNodes) {
    return tooMany
  }
  return Array.isArray(value) ? walkArray(value, path, found) : walkRecord(value, path, found)
}

const walkArray = (value: ReadonlyArray<unknown>, path: Array<string | number>, found: Found): Misfit | undefined => {
  if (Object.getPrototypeOf(value) !== Array.prototype) {
    return `a ${nameOf(value)} is no JSON`
  }
  // Holes and further properties, which JSON would fill and drop.
  if (Object.keys(value).length !== value.length || hasSymbols(value)) {
    return "an array with holes or with properties of its own is no JSON"
  }
  for (let index = 0; index < value.length; index += 1) {
    path.push(index)
    const misfit = walk(value[index], path, found)
    if (misfit !== undefined) {
      return misfit
    }
    path.pop()
  }
  return undefined
}

const walkRecord = (value: object, path: Array<string | number>, found: Found): Misfit | undefined => {
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    return `a ${nameOf(value)} is no JSON`
  }
  if (hasSymbols(value)) {
    return "a property whose name is a symbol is no JSON"
  }
  for (const [key, of] of Object.entries(value)) {
    path.push(key)
    const misfit = key === "__proto__" ? "this name can't be kept" : walk(of, path, found)
    if (misfit !== undefined) {
      return misfit
    }
    path.pop()
  }
  return undefined
}

/** Objects and arrays; a value that refers to the same part again and again has more than fit into memory. */
const mostNodes = 4_000_000

const tooMany = `it has more than ${mostNodes} parts`

const hasSymbols = (value: object): boolean => Object.getOwnPropertySymbols(value).length > 0

const nameOf = (value: object): string => {
  const prototype: unknown = Object.getPrototypeOf(value)
  const of: unknown = typeof prototype === "object" && prototype !== null ? Reflect.get(prototype, "constructor") : null
  return typeof of === "function" && of !== Object && of.name !== "" ? of.name : "value without the usual prototype"
}

const shown = (path: Path): string =>
  path
    .slice(0, 20)
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
    .join("")

const wordsOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : "it throws")

/** The JSON of a value that was walked, with -0 as it is. */
const written = (value: unknown): string => {
  if (Object.is(value, -0)) {
    return "-0"
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => (item === undefined ? "null" : written(item))).join(",")}]`
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).filter(([, of]) => of !== undefined)
    return `{${fields.map(([key, of]) => `${JSON.stringify(key)}:${written(of)}`).join(",")}}`
  }
  return JSON.stringify(value)
}

const withUndefined = (value: unknown, paths: ReadonlyArray<Path>): unknown => {
  for (const path of paths) {
    const last = path.at(-1)
    const owner = path.slice(0, -1).reduce<unknown>((at, step) => (isObject(at) ? Reflect.get(at, step) : at), value)
    if (last !== undefined && isObject(owner)) {
      Reflect.set(owner, last, undefined)
    }
  }
  return value
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null
