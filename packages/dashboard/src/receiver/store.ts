/**
 * The series that all acknowledged requests add up to, and their violations. It changes synchronously, so that nobody
 * sees half of a request.
 */
import type { Attributes, AttributeValue, Point, Series } from "./model.ts"
import type { Decoded } from "./points.ts"
import { updateSeries } from "./series-update.ts"
import { validate } from "./validate.ts"
import type { Report, Violation } from "./violation.ts"
import { makeViolationLog } from "./violation-log.ts"

/** The characters and numbers that the series may hold, roughly in bytes. */
const maxWeight = 256 * 1024 * 1024

export interface Store {
  /** Stores the points of an acknowledged request; its violations carry the index of the request. */
  readonly accept: (decoded: Decoded, request: number) => void
  readonly series: () => ReadonlyArray<Series>
  readonly find: (name: string, attributes?: Attributes) => ReadonlyArray<Series>
  readonly violations: () => ReadonlyArray<Violation>
  /** Whether it holds as much as it may: then no more is accepted until it is cleared. */
  readonly isFull: () => boolean
  readonly clear: () => void
}

/** The metric of one resource, scope and name, with its series by attributes. */
interface Metric {
  definition: string
  readonly name: string
  readonly series: Map<string, Series>
}

export const makeStore = (): Store => {
  const metrics = makeMetricTable()
  const violations = makeViolationLog()
  let weight = 0

  const add = (point: Point, report: Report) => {
    const { series } = metrics.of(point, report)
    validate(point, report)
    const identity = canonicalJson(point.attributes)
    const before = series.get(identity)
    if (before === undefined) {
      weight += weightOf(point, identity)
    }
    series.set(identity, updateSeries(before, point, report))
  }

  const accept = (decoded: Decoded, request: number) => {
    let current: { readonly name: string; readonly attributes: Attributes } | undefined
    const report: Report = (violation) => {
      if (current !== undefined) {
        violations.add({ ...violation, name: current.name, attributes: canonicalJson(current.attributes), request })
      }
    }
    for (const point of decoded.points) {
      current = point
      add(point, report)
    }
    for (const point of decoded.imprecise) {
      current = point
      report({ kind: "imprecise", message: "it is too large for a number to hold exactly" })
    }
    for (const point of decoded.withoutValue) {
      current = point
      report({ kind: "no-recorded-value", message: "it has no value and is ignored" })
    }
  }

  return {
    accept,
    series: () => metrics.all().flatMap(({ series }) => [...series.values()]),
    find: (name, attributes) =>
      seriesWith(
        metrics.all().filter((metric) => metric.name === name),
        attributes
      ),
    violations: violations.all,
    isFull: () => weight > maxWeight,
    clear: () => {
      metrics.clear()
      weight = 0
      violations.clear()
    }
  }
}

/** The metrics by identity. It remembers the last one: nearly all points of a request follow one of the same metric. */
const makeMetricTable = () => {
  const metrics = new Map<string, Metric>()
  let last: { readonly point: Point; readonly metric: Metric } | undefined
  return {
    of: (point: Point, report: Report): Metric => {
      if (last !== undefined && isSameMetric(last.point, point)) {
        return last.metric
      }
      const metric = findOrCreate(metrics, point, report)
      last = { point, metric }
      return metric
    },
    all: (): Array<Metric> => [...metrics.values()],
    clear: (): void => {
      metrics.clear()
      last = undefined
    }
  }
}

/** Without what a series shares with the others of its metric, which is counted for each all the same. */
const weightOf = ({ description, name, unit, value }: Point, identity: string): number => {
  const texts = 512 + identity.length * 2 + name.length + unit.length + description.length
  if (typeof value === "number") {
    return texts
  }
  const numbers =
    "bucketCounts" in value
      ? value.bucketCounts.length + value.explicitBounds.length
      : "positive" in value
        ? value.positive.bucketCounts.length + value.negative.bucketCounts.length
        : value.quantiles.length * 4
  return texts + numbers * 8
}

const seriesWith = (metrics: ReadonlyArray<Metric>, attributes: Attributes | undefined): Array<Series> => {
  if (attributes === undefined) {
    return metrics.flatMap(({ series }) => [...series.values()])
  }
  const wanted = canonicalJson(attributes)
  return metrics.flatMap(({ series }) => series.get(wanted) ?? [])
}

const findOrCreate = (metrics: Map<string, Metric>, point: Point, report: Report): Metric => {
  const { name, resource, scope } = point
  const key = canonicalJson(resource) + JSON.stringify([scope.name, scope.version, name])
  const definition = definitionOf(point)
  const known = metrics.get(key)
  if (known === undefined) {
    const metric: Metric = { definition, name, series: new Map() }
    metrics.set(key, metric)
    return metric
  }
  if (known.definition !== definition) {
    report({ kind: "conflict", message: `it was ${known.definition}, now it is ${definition}` })
    known.definition = definition
  }
  return known
}

/** Attributes as JSON with sorted names, so that the order in which they were sent does not matter. */
export const canonicalJson = (attributes: Attributes): string =>
  JSON.stringify(isPlainAndSorted(attributes) ? attributes : sorted(attributes))

/** Decoded attributes are sorted already, so a copy is hardly ever needed. */
const isPlainAndSorted = (attributes: Attributes): boolean => {
  let before = ""
  for (const name in attributes) {
    if (name < before || typeof attributes[name] === "object") {
      return false
    }
    before = name
  }
  return true
}

const sorted = (value: AttributeValue): AttributeValue => {
  if (typeof value !== "object" || value === null) {
    return value
  }
  if (isList(value)) {
    return value.map(sorted)
  }
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]))
}

const isList = (value: AttributeValue): value is ReadonlyArray<AttributeValue> => Array.isArray(value)

/** Whether two points agree in everything that `findOrCreate` reads. */
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
  const parts: Array<string> = [point.kind, `unit ${point.unit}`, `description ${point.description}`]
  if ("temporality" in point) {
    parts.push(point.temporality)
  }
  if (point.kind === "sum") {
    parts.push(point.isMonotonic ? "monotonic" : "not monotonic")
  }
  return parts.join(", ")
}
