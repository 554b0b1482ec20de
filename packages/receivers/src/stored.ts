/** What a receiver has stored: names, labels and values, without what it knows of the process that sent them. */

export interface Stored {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A receiver that takes OTLP, and can be asked what it has. */
export interface RealReceiver {
  /** Where metrics are sent to. */
  readonly url: string
  /** Everything stored of a service, all labels included. */
  readonly all: (service: string) => Promise<ReadonlyArray<Stored>>
}

/** Labels of the process and of the instrumentation scope, as the three receivers write them. */
const ofProcess = /^(job|instance|(otel_scope|scope|service|telemetry|host|os|process|npm)[._].+)$/

/** The labels that the metric itself has; boundaries of buckets as numbers are written in JavaScript. */
export const own = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([name]) => !ofProcess.test(name) && name !== "__name__")
      .map(([name, value]) => [name, name === "le" ? String(Number(value.replace("+Inf", "Infinity"))) : value])
      .sort(([one = ""], [other = ""]) => (one < other ? -1 : 1))
  )

/** A series as a word: its name and its own labels. */
export const identity = ({ labels, name }: Pick<Stored, "labels" | "name">): string =>
  `${name}${JSON.stringify(own(labels))}`

/** Values by series. */
export const byIdentity = (all: ReadonlyArray<Stored>): ReadonlyMap<string, number> =>
  new Map(all.map((one) => [identity(one), one.value]))

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/s
const pair = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/gs

const unescaped: Readonly<Record<string, string>> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" }

const numberOf = (text: string): number => Number(text.replace(/^([+-]?)Inf$/, "$1Infinity"))

/** A page in Prometheus's text format; a line that is none of it is an error. */
export const parsePage = (page: string): ReadonlyArray<Stored> =>
  page
    .split("\n")
    .filter((text) => text !== "" && !text.startsWith("#"))
    .map((text) => {
      const [, name, labels = "", value] = line.exec(text) ?? []
      if (name === undefined || value === undefined || labels.replaceAll(pair, "") !== "") {
        throw new Error(`not a line of the text format: ${text}`)
      }
      const found = Array.from(labels.matchAll(pair), ([, key = "", quoted = ""]) => [
        key,
        quoted.replaceAll(/\\[\\"n]/g, (escape) => unescaped[escape] ?? escape)
      ])
      return { name, labels: Object.fromEntries(found), value: numberOf(value) }
    })

/** What is not stored as it must be, a line for each series; `undefined` where it is missing. */
export const differences = (expected: ReadonlyArray<Stored>, found: ReadonlyArray<Stored>): ReadonlyArray<string> => {
  const got = byIdentity(found)
  return Array.from(byIdentity(expected)).flatMap(([series, value]) =>
    Object.is(got.get(series), value) ? [] : [`${series}: ${got.get(series)} instead of ${value}`]
  )
}
