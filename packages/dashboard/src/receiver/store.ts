/**
 * What all acknowledged requests come to: every series by its identity, and every fault. It is a plain object that
 * changes at once, so nobody ever reads half of a request.
 */
import type { Fault } from "./violation.ts"
import { fold } from "./series-update.ts"
import { judge, type Verdict } from "./validate.ts"
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

/** One name of one scope of one resource, with its series by their attributes. */
interface Metric {
  definition: string
  readonly name: string
  readonly series: Map<string, Series>
}

type Note = (verdict: Verdict) => void

export const makeStore = (): Store => {
  const metrics = new Map<string, Metric>()
  let faults: Array<Fault> = []
  let last: { readonly point: Point; readonly metric: Metric } | undefined

  const metricOf = (point: Point, note: Note): Metric => {
    if (last !== undefined && isSameMetric(last.point, point)) return last.metric
    const metric = lookUp(metrics, point, note)
    last = { point, metric }
    return metric
  }

  const add = (point: Point, note: Note) => {
    const { series } = metricOf(point, note)
    judge(point, note)
    const identity = canonical(point.attributes)
    series.set(identity, fold(series.get(identity), point, note))
  }

  const accept = (decoded: Decoded, request: number) => {
    let noted: { readonly name: string; readonly attributes: Attributes } | undefined
    const note: Note = (verdict) => {
      if (noted === undefined) return
      faults.push({ ...verdict, name: noted.name, attributes: canonical(noted.attributes), request })
    }
    for (const point of decoded.points) {
      noted = point
      add(point, note)
    }
    for (const point of decoded.imprecise) {
      noted = point
      note({ kind: "imprecise", message: "a number does not hold it exactly" })
    }
    for (const point of decoded.withoutValue) {
      noted = point
      note({ kind: "no-recorded-value", message: "it has no value, and is left out" })
    }
    if (faults.length > keptFaults) faults = faults.slice(-keptFaults)
  }

  return {
    accept,
    series: () => [...metrics.values()].flatMap(({ series }) => [...series.values()]),
    find: (name, attributes) => {
      const named = [...metrics.values()].filter((metric) => metric.name === name)
      if (attributes === undefined) return named.flatMap(({ series }) => [...series.values()])
      const wanted = canonical(attributes)
      return named.flatMap(({ series }) => series.get(wanted) ?? [])
    },
    faults: () => [...faults],
    clear: () => {
      metrics.clear()
      last = undefined
      faults = []
    }
  }
}

const lookUp = (metrics: Map<string, Metric>, point: Point, note: Note): Metric => {
  const { name, resource, scope } = point
  const key = canonical(resource) + JSON.stringify([scope.name, scope.version, name])
  const definition = definitionOf(point)
  const known = metrics.get(key)
  if (known === undefined) {
    const metric: Metric = { definition, name, series: new Map() }
    metrics.set(key, metric)
    return metric
  }
  if (known.definition !== definition) {
    note({ kind: "conflict", message: `it was ${known.definition}, now it is ${definition}` })
    known.definition = definition
  }
  return known
}

/** Attributes as JSON with sorted names: the same for the same attributes, in whatever order they were written. */
export const canonical = (attributes: Attributes): string =>
  JSON.stringify(isPlainAndSorted(attributes) ? attributes : sorted(attributes))

/** What is decoded is sorted already, so that copying it is hardly ever needed. */
const isPlainAndSorted = (attributes: Attributes): boolean => {
  let before = ""
  for (const name in attributes) {
    if (name < before || typeof attributes[name] === "object") return false
    before = name
  }
  return true
}

const sorted = (value: AttributeValue): AttributeValue => {
  if (typeof value !== "object" || value === null) return value
  if (isList(value)) return value.map(sorted)
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]))
}

const isList = (value: AttributeValue): value is ReadonlyArray<AttributeValue> => Array.isArray(value)

/** Whether two points have all in common that `lookUp` reads. */
const isSameMetric = (a: Point, b: Point): boolean =>
  a.resource === b.resource &&
  a.scope === b.scope &&
  a.name === b.name &&
  a.kind === b.kind &&
  a.unit === b.unit &&
  a.description === b.description &&
  temporalityOf(a) === temporalityOf(b) &&
  isMonotonic(a) === isMonotonic(b)

const temporalityOf = (point: Point) => ("temporality" in point ? point.temporality : undefined)

const isMonotonic = (point: Point) => point.kind === "sum" && point.isMonotonic

const definitionOf = (point: Point): string => {
  const words: Array<string> = [point.kind, `unit ${point.unit}`, `description ${point.description}`]
  if ("temporality" in point) words.push(point.temporality)
  if (point.kind === "sum") words.push(point.isMonotonic ? "monotonic" : "up and down")
  return words.join(", ")
}
