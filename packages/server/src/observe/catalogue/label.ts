/** What may stand in a label, on any wire: the names that are taken, and values made fit for every backend. */
import { cleanTo } from "./clean-text.ts"

/** Label names with their values; an undefined value means that the label is absent. */
export type Pairs<Name extends string = string> = { readonly [K in Name]?: string | undefined }

/** One label. */
export interface Pair {
  readonly key: string
  readonly value: string
}

/**
 * Names that mean something else to Prometheus or to the units of Effect's own exporters; never the name of a label.
 */
export const reservedLabelNames: ReadonlySet<string> = new Set([
  "job",
  "instance",
  "le",
  "quantile",
  "unit",
  "time_unit"
])

/** The longest value that is kept whole; a longer one is cut and ends in `...`. */
export const maxValueLength = 120

const plain = /^[\x20-\x7e]{1,120}$/

/**
 * A label value fit for every backend: well-formed Unicode in NFKC, no control or zero-width characters, at most 120
 * characters and then `...`, of the beginning of the text where most of it is invisible. Cleaning twice changes nothing.
 */
export const clean = (value: string): string =>
  typeof value === "string" && plain.test(value) ? value : cleanTo(value, maxValueLength)

/** The pairs that are there, cleaned: undefined and empty values are no labels. */
export const cleanPairs = (pairs: Pairs): ReadonlyArray<Pair> =>
  Object.keys(pairs).flatMap((key) => {
    const value = pairs[key]
    const cleaned = value === undefined ? "" : clean(value)
    return cleaned === "" ? [] : [{ key, value: cleaned }]
  })

/**
 * Pairs in canonical order: unique keys in code-unit order, clean and not empty. On a clash of keys `own` beats
 * `ambient`; within `own` the first wins (the label nearest to the metric), within `ambient` the last (the innermost):
 * always the inner one. An ambient label whose name means something else (`job`, `le`, `__name__`, `outcome`) goes on as
 * `exported_…`, as Prometheus does it. One that Prometheus spells as a label of ours (`job.type`) would be joined with it
 * there, and is left out.
 */
export const canonicalPairs = (own: Iterable<Pair>, ambient: ReadonlyArray<Pair>): ReadonlyArray<Pair> => {
  const byKey = new Map<string, string>()
  for (const { key, value } of own) {
    put(byKey, clean(key), value)
  }
  for (let index = ambient.length - 1; index >= 0; index--) {
    const outer = ambient[index]
    if (outer !== undefined) {
      const key = clean(outer.key)
      const name = isTaken(key) ? clean(`exported_${key}`) : key
      if (legal.test(name) || !byKey.has(name.replaceAll(illegal, "_"))) {
        put(byKey, name, outer.value)
      }
    }
  }
  return Array.from(byKey, ([key, value]) => ({ key, value })).sort((left, right) => (left.key < right.key ? -1 : 1))
}

/** A string that two canonical lists share exactly if they are equal: no cleaned key or value has a control character. */
export const identity = (labels: ReadonlyArray<Pair>): string => {
  let text = ""
  for (const { key, value } of labels) {
    text += `${key}\u0001${value}\u0002`
  }
  return text
}

const put = (byKey: Map<string, string>, name: string, value: string): void => {
  if (name === "" || byKey.has(name)) {
    return
  }
  const cleaned = clean(value)
  if (cleaned !== "") {
    byKey.set(name, cleaned)
  }
}

const legal = /^\w*$/
const illegal = /\W/g

// That `outcome` is absent says that an operation succeeded, so nobody else may say it.
const isTaken = (name: string): boolean => reservedLabelNames.has(name) || name === "outcome" || name.startsWith("__")
