/** A metric with all of its series in one registry, and what happens when several of one name meet. */
import { laterExemplars } from "../../catalogue/exemplar.ts"
import { mergeExponential } from "../../catalogue/exponential.ts"
import type { Drop } from "./drop.ts"
import type { Distribution, ExportMetric, ExportSeries, Point, Quantiles } from "./point.ts"
import { sound } from "./sound.ts"

/** A point, or a moment without one at which the reader may let others run. */
export type Step = Point | undefined

/** The series of one definition. */
export interface Family {
  readonly metric: ExportMetric
  /** Kind, unit and boundaries in words: families that agree in it can be merged. */
  readonly shape: string
  /** Its points have exponential buckets. */
  readonly isExponential?: boolean | undefined
  readonly size: number
  readonly points: () => Generator<Step>
}

/** The shape of a definition. */
export const shapeOf = ({ kind, unit }: ExportMetric, bounds: ReadonlyArray<number> | undefined): string =>
  `a ${kind}${unit === "" ? "" : ` of ${unit}`}${bounds === undefined ? "" : `, boundaries [${bounds.join(", ")}]`}`

/** What a collector remembers of names that more than one family claims, and of series that more than one key may have. */
export interface Claims {
  /** The metric that has a name. */
  readonly names: Map<string, string>
  /** The shape that a name had first. */
  readonly shapes: Map<string, string>
  /** The merged series of a name, by their attributes, as they were at the last collection. */
  readonly series: Map<string, ReadonlyMap<string, Merged>>
}

/** Collecting yields a step without a point after so many pieces of work, so that the event loop can run. */
export const pauseEvery = 64

type Parts = [Point, ...Array<Point>]

/** A merged series: it lives as long as one of its parts does. */
interface Merged {
  /** The one that had the attributes first. */
  readonly series: ExportSeries
  readonly parts: Parts
  /** What parts that are gone had counted: without it the sum would go back. */
  readonly left: Point | undefined
}

/**
 * The points of families of one name, each attribute set once. The family that was seen first, ours before others,
 * gives the definition; another of the same shape is merged into it: counters and histograms are added, and so are count
 * and sum of summaries, whose quantiles can't be merged and are left out; of gauges the largest value stands. A family
 * of another shape is dropped, and so is a point that is not sound, before it can spoil what it would be merged with. A
 * histogram is exponential where all of them are: one metric of two types is none to a receiver.
 */
export const mergeFamilies = function* (
  families: ReadonlyArray<Family>,
  claims: Claims,
  dropped: (drop: Drop) => void
): Generator<Step> {
  const first = holder(families, claims)
  if (first === undefined) {
    return
  }
  const { name } = first.metric
  // From before the first pause: what another collection comes to know meanwhile is not gone because it is not found here.
  const before = claims.series.get(name)
  const found = yield* partsOf(families, first, dropped)
  const merged = new Map<string, Merged>()
  for (const [id, parts] of found) {
    merged.set(id, merge(parts, before?.get(id)))
    if (merged.size % pauseEvery === 0) {
      yield
    }
  }
  claims.series.set(name, merged)
  const isExponential =
    areExponential(families, first, dropped) && Array.from(found.values()).flat().every(hasExponential)
  for (const { left, parts, series } of merged.values()) {
    const areQuantilesOne = parts.filter(hasQuantiles).length <= 1
    if (!areQuantilesOne) {
      const why = "several have the same labels, and quantiles can't be merged; their counts and sums are added"
      dropped({ metric: name, reason: "conflict", points: 1, part: "quantiles", why })
    }
    const all = [...(left === undefined ? [] : [left]), ...parts]
    const value = (areQuantilesOne ? all : all.map(withoutQuantiles)).reduce(add)
    const shown = isExponential ? value : withoutExponential(value)
    yield sound({ ...shown, metric: first.metric, series }, dropped)
  }
}

/** The sound points of the families of this shape, by their attributes. */
const partsOf = function* (
  families: ReadonlyArray<Family>,
  first: Family,
  dropped: (drop: Drop) => void
): Generator<undefined, ReadonlyMap<string, Parts>> {
  const found = new Map<string, Parts>()
  let count = 0
  for (const family of families) {
    if (family.shape !== first.shape) {
      dropped(conflict(family, first))
      continue
    }
    for (const step of family.points()) {
      const point = step === undefined ? undefined : sound(step, dropped)
      if (point !== undefined) {
        const id = identityOf(point.series)
        const parts = found.get(id)
        if (parts === undefined) {
          found.set(id, [point])
        } else {
          parts.push(point)
        }
      }
      if (point === undefined || ++count % pauseEvery === 0) {
        yield
      }
    }
  }
  return found
}

/** The parts of now, and what those before left that are not among them. */
const merge = (parts: Parts, before: Merged | undefined): Merged => {
  const series = before?.series ?? parts[0].series
  const gone = (before?.parts ?? []).filter((part) => !parts.some((one) => one.series === part.series))
  const left = [...(before?.left === undefined ? [] : [before.left]), ...gone.filter(isCounted)]
  return { series, parts, left: left.length === 0 ? undefined : left.map(withoutQuantiles).reduce(add) }
}

/** Whether what was counted stays counted: of a gauge, and of what goes up and down, only the present counts. */
const isCounted = ({ metric: { kind } }: Point): boolean =>
  kind === "counter" || kind === "histogram" || kind === "summary"

const hasQuantiles = ({ type, value }: Point): boolean => type === "summary" && value.quantiles.length > 0

const withoutQuantiles = (point: Point): Point =>
  point.type === "summary" ? { ...point, value: { ...point.value, quantiles: [] } } : point

// A registry that is not Effect's has hooks of its own, which know only boundaries.
const hasExponential = ({ type, value }: Point): boolean => type !== "distribution" || value.exponential !== undefined

const areExponential = (families: ReadonlyArray<Family>, first: Family, dropped: (drop: Drop) => void): boolean => {
  const [one, ...others] = new Set(
    families.filter(({ shape }) => shape === first.shape).map(({ isExponential }) => isExponential === true)
  )
  if (others.length > 0) {
    const why = "it has them in one registry, and only boundaries in another"
    dropped({ metric: first.metric.name, reason: "conflict", points: 0, part: "exponential buckets", why })
  }
  return one === true && others.length === 0
}

const withoutExponential = (point: Point): Point => {
  if (point.type !== "distribution") {
    return point
  }
  const { exponential: _, ...value } = point.value
  return { ...point, value }
}

/** A registry has no order: without a memory the definition could change with every metric that is added. */
export const holder = <F extends Family>(families: ReadonlyArray<F>, { shapes }: Claims): F | undefined => {
  const [first] = families
  if (first === undefined || first.metric.origin === "own") {
    return first
  }
  const claimed = shapes.get(first.metric.name)
  const found = families.find(({ shape }) => shape === claimed) ?? first
  shapes.set(found.metric.name, found.shape)
  return found
}

const conflict = (family: Family, first: Family): Drop => ({
  metric: family.metric.name,
  reason: "conflict",
  points: family.size,
  why: `it is defined as ${family.shape}, but this name is already ${first.shape}`
})

const add = (known: Point, more: Point): Point => {
  if (known.type === "number" && more.type === "number") {
    const value = known.metric.kind === "gauge" ? Math.max(known.value, more.value) : known.value + more.value
    return { ...known, value }
  }
  if (known.type === "distribution" && more.type === "distribution") {
    return { ...known, value: addDistributions(known.value, more.value) }
  }
  if (known.type === "summary" && more.type === "summary") {
    return { ...known, value: addSummaries(known.value, more.value) }
  }
  return known
}

const addDistributions = (one: Distribution, other: Distribution): Distribution => {
  const [filled, second] = one.count === 0 ? [other, one] : [one, other]
  const min = second.count === 0 ? filled.min : lesser(filled.min, second.min)
  const max = second.count === 0 ? filled.max : greater(filled.max, second.max)
  const exemplars = laterExemplars(one.exemplars, other.exemplars)
  return {
    count: one.count + other.count,
    ...(one.sum === undefined || other.sum === undefined ? {} : { sum: one.sum + other.sum }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    buckets: {
      boundaries: one.buckets.boundaries,
      counts: one.buckets.counts.map((count, index) => count + (other.buckets.counts[index] ?? 0))
    },
    ...(one.exponential === undefined || other.exponential === undefined
      ? {}
      : { exponential: mergeExponential(one.exponential, other.exponential) }),
    ...(exemplars === undefined ? {} : { exemplars })
  }
}

const addSummaries = (one: Quantiles, other: Quantiles): Quantiles => ({
  count: one.count + other.count,
  sum: one.sum + other.sum,
  min: one.count === 0 ? other.min : other.count === 0 ? one.min : Math.min(one.min, other.min),
  quantiles: one.quantiles.length === 0 ? other.quantiles : one.quantiles
})

const lesser = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : Math.min(one, other)

const greater = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : Math.max(one, other)

/** A string that two series share exactly if their attributes are equal; attributes come sorted by name. */
const identityOf = (series: ExportSeries): string => {
  const known = identities.get(series)
  if (known !== undefined) {
    return known
  }
  const made = JSON.stringify(Object.entries(series.attributes))
  identities.set(series, made)
  return made
}

const identities = new WeakMap<ExportSeries, string>()
