/**
 * What all acknowledged requests come to: every series by its identity, and every fault. It is a plain object that
 * changes at once, so nobody ever reads half of a request.
 */
import type { Fault } from "./fault.ts"
import { fold } from "./fold.ts"
import { judge, type Verdict } from "./judge.ts"
import type { Attributes, AttributeValue, Point, Series } from "./model.ts"
import type { Decoded } from "./points.ts"

/** How many faults are kept; older ones are forgotten. */
const keptFaults = 10_000

export interface Store {
  /** Folds the points of an acknowledged request, the index of which is noted with its faults. */
  readonly accept: (decoded: Decoded, request: number) => void
  readonly series: () => ReadonlyArray<Series>
  readonly find: (name: string, attributes?: Attributes) => ReadonlyArray<Series>
  readonly faults: () => ReadonlyArray<Fault>
  readonly clear: () => void
}

export const makeStore = (): Store => {
  const series = new Map<string, Series>()
  const definitions = new Map<string, string>()
  let faults: Array<Fault> = []

  const add = (point: Point, note: (verdict: Verdict) => void) => {
    const metric = metricOf(point)
    const definition = definitionOf(point)
    const known = definitions.get(metric)
    if (known !== undefined && known !== definition) {
      note({ kind: "conflict", message: `it was ${known}, now it is ${definition}` })
    }
    if (known !== definition) definitions.set(metric, definition)
    judge(point, note)
    const identity = metric + canonical(point.attributes)
    series.set(identity, fold(series.get(identity), point, note))
  }

  const accept = (decoded: Decoded, request: number) => {
    const noteFor = (point: { readonly name: string; readonly attributes: Attributes }) => (verdict: Verdict) => {
      faults.push({ ...verdict, name: point.name, attributes: canonical(point.attributes), request })
    }
    for (const point of decoded.points) add(point, noteFor(point))
    for (const point of decoded.imprecise) {
      noteFor(point)({ kind: "imprecise", message: "a number does not hold it exactly" })
    }
    for (const point of decoded.withoutValue) {
      noteFor(point)({ kind: "no-recorded-value", message: "it has no value, and is left out" })
    }
    if (faults.length > keptFaults) faults = faults.slice(-keptFaults)
  }

  return {
    accept,
    series: () => [...series.values()],
    find: (name, attributes) => {
      const wanted = attributes === undefined ? undefined : canonical(attributes)
      return [...series.values()].filter(
        (one) => one.name === name && (wanted === undefined || canonical(one.attributes) === wanted)
      )
    },
    faults: () => [...faults],
    clear: () => {
      series.clear()
      definitions.clear()
      faults = []
    }
  }
}

/** Attributes as JSON with sorted names: the same for the same attributes, in whatever order they were written. */
export const canonical = (attributes: Attributes): string => {
  const known = canonicals.get(attributes)
  if (known !== undefined) return known
  const text = JSON.stringify(sorted(attributes))
  canonicals.set(attributes, text)
  return text
}

const canonicals = new WeakMap<Attributes, string>()

const sorted = (value: AttributeValue): AttributeValue => {
  if (typeof value !== "object" || value === null) return value
  if (isList(value)) return value.map(sorted)
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]))
}

const isList = (value: AttributeValue): value is ReadonlyArray<AttributeValue> => Array.isArray(value)

const metricOf = ({ name, resource, scope }: Point) =>
  canonical(resource) + JSON.stringify([scope.name, scope.version, name])

const definitionOf = (point: Point): string => {
  const words: Array<string> = [point.kind, `unit ${point.unit}`, `description ${point.description}`]
  if ("temporality" in point) words.push(point.temporality)
  if (point.kind === "sum") words.push(point.isMonotonic ? "monotonic" : "up and down")
  return words.join(", ")
}
