/**
 * The series that all acknowledged requests add up to, and their violations. It changes synchronously, so that nobody
 * sees half of a request.
 */
import { canonicalJson, keyOf } from "./canonical-json.ts"
import type { Attributes, Point, Series } from "./model.ts"
import type { Observer } from "./observer.ts"
import type { Decoded } from "./points.ts"
import { updateSeries } from "./series-update.ts"
import { makeStoreWeight } from "./store-weight.ts"
import { validate } from "./validate.ts"
import type { Report, Violation } from "./violation.ts"
import { makeViolationLog, type ViolationLog } from "./violation-log.ts"

export interface Store {
  /** Stores the points of an acknowledged request; its violations carry the index of the request. */
  readonly accept: (decoded: Decoded, request: number) => void
  readonly series: () => ReadonlyArray<Series>
  /** At most so many of them, and how many there are. */
  readonly first: (limit: number) => { readonly series: ReadonlyArray<Series>; readonly total: number }
  readonly find: (name: string, attributes?: Attributes) => ReadonlyArray<Series>
  readonly violations: () => ReadonlyArray<Violation>
  /** What the series hold, roughly in bytes. */
  readonly bytes: () => number
  /** Whether it holds as much as it may: then no more is accepted until it is cleared. */
  readonly isFull: () => boolean
  readonly clear: () => void
}

/** The metric of one resource, scope and name, with its series by attributes. */
interface Metric {
  definition: string
  readonly name: string
  readonly series: Map<string, Held>
}

/** A series with its id for observers. */
interface Held {
  readonly id: number
  series: Series
}

/** `limit` is what the series may hold, roughly in bytes. */
export const makeStore = (limit = Number.POSITIVE_INFINITY, observer?: Observer): Store => {
  const metrics = makeMetricTable()
  const violations = makeViolationLog(observer?.violation)
  let nextId = 0
  const weight = makeStoreWeight(limit)

  const add = (point: Point, report: Report) => {
    const { series } = metrics.of(point, report)
    validate(point, report)
    const attributes = canonicalJson(point.attributes)
    const identity = keyOf(attributes)
    const held = series.get(identity)
    const before = held?.series
    const after = updateSeries(before, point, report)
    weight.change(before, after, attributes)
    if (held === undefined) {
      series.set(identity, { id: nextId, series: after })
      nextId += 1
    } else {
      held.series = after
    }
    observer?.series(held?.id ?? nextId - 1, after, before)
  }

  return {
    accept: makeAccept(add, violations),
    series: () => metrics.all().flatMap(seriesOf),
    first: (limit) => firstOf(metrics.all(), limit),
    find: (name, attributes) =>
      seriesWith(
        metrics.all().filter((metric) => metric.name === name),
        attributes
      ),
    violations: violations.all,
    bytes: weight.bytes,
    isFull: weight.isFull,
    clear: () => {
      metrics.clear()
      weight.clear()
      violations.clear()
      nextId = 0
      observer?.cleared()
    }
  }
}

/** Adds the points of a request one after the other, and reports what else was found in it. */
const makeAccept =
  (add: (point: Point, report: Report) => void, violations: ViolationLog): Store["accept"] =>
  (decoded, request) => {
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
    for (const { point, problem } of decoded.exemplars) {
      current = point
      report({ kind: "exemplar", message: problem })
    }
    for (const point of decoded.withoutValue) {
      current = point
      report({ kind: "no-recorded-value", message: "it has no value and is ignored" })
    }
  }

const firstOf = (metrics: ReadonlyArray<Metric>, limit: number): ReturnType<Store["first"]> => {
  const first: Array<Series> = []
  let total = 0
  for (const { series } of metrics) {
    total += series.size
    for (const one of first.length < limit ? series.values() : []) {
      if (first.push(one.series) === limit) {
        break
      }
    }
  }
  return { series: first, total }
}

/** The metrics by identity. It remembers the last one: nearly all points of a request follow one of the same metric. */
const makeMetricTable = () => {
  const metrics = new Map<string, Metric>()
  const originOf = makeOriginKeys()
  let last: { readonly point: Point; readonly metric: Metric } | undefined
  return {
    of: (point: Point, report: Report): Metric => {
      if (last !== undefined && isSameMetric(last.point, point)) {
        return last.metric
      }
      const metric = findOrCreate(
        metrics,
        { key: originOf(point) + keyOf(JSON.stringify([point.name])), point },
        report
      )
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

const seriesWith = (metrics: ReadonlyArray<Metric>, attributes: Attributes | undefined): Array<Series> => {
  if (attributes === undefined) {
    return metrics.flatMap(seriesOf)
  }
  const wanted = keyOf(canonicalJson(attributes))
  return metrics.flatMap(({ series }) => series.get(wanted)?.series ?? [])
}

const seriesOf = ({ series }: Metric): Array<Series> => Array.from(series.values(), (held) => held.series)

/** The part of a key that a resource and a scope are. A request has each once, for however many metrics. */
const makeOriginKeys = () => {
  let last: { readonly of: Pick<Point, "resource" | "scope">; readonly key: string } | undefined
  return (of: Pick<Point, "resource" | "scope">): string => {
    if (last === undefined || last.of.resource !== of.resource || last.of.scope !== of.scope) {
      const { name, version } = of.scope
      last = { of, key: keyOf(canonicalJson(of.resource)) + keyOf(JSON.stringify([name, version])) }
    }
    return last.key
  }
}

const findOrCreate = (
  metrics: Map<string, Metric>,
  { key, point }: { readonly key: string; readonly point: Point },
  report: Report
): Metric => {
  const { name } = point
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
