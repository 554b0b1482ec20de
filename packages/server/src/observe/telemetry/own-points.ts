/** The points of our own instruments. Nearly all that is collected passes through here, so it allocates little. */
import type { Buckets as Live } from "../histogram.ts"
import type { Instrument } from "../instrument.ts"
import type { Series } from "../series.ts"
import { distributionOf } from "./distribution.ts"
import { type Distribution, type ExportMetric, type ExportSeries, exportSeries, type Point } from "./point.ts"

/** An instrument as it is exported. */
export const ownMetric = (instrument: Instrument): ExportMetric => own(instrument).metric

/** The points of an instrument now. */
export const ownPoints = function* (instrument: Instrument): Generator<Point> {
  const read = ownReader(instrument)
  for (const series of instrument.all()) {
    yield read(series)
  }
}

/** What makes a point of each series of an instrument, for one walk over all of them in their order. */
export const ownReader = (instrument: Instrument): ((series: Series) => Point) => {
  const { boundaries, metric } = own(instrument)
  const known = cacheOf(instrument)
  known.length = Math.min(known.length, instrument.size)
  let index = 0
  return (series) => pointOf(metric, boundaries, exportedAt(known, index++, series))
}

interface Exported {
  readonly series: Series
  readonly exported: ExportSeries
  /** What the histogram held at the collection before: most series of a large process do not move between two. */
  value: Distribution | undefined
}

interface Own {
  readonly metric: ExportMetric
  readonly boundaries: Array<number>
}

const own = (instrument: Instrument): Own => {
  const { help, kind, name, unit } = instrument.row
  const known = owns.get(instrument) ?? {
    metric: { name, help, unit, kind, origin: "own" },
    boundaries: Array.from(instrument.boundaries ?? [])
  }
  owns.set(instrument, known)
  return known
}

const owns = new WeakMap<Instrument, Own>()
const caches = new WeakMap<Instrument, Array<Exported>>()

const cacheOf = (instrument: Instrument): Array<Exported> => {
  const known = caches.get(instrument) ?? []
  caches.set(instrument, known)
  return known
}

/** Series keep their place until one before them is removed: looking there first is far cheaper than a map. */
const exportedAt = (known: Array<Exported>, index: number, series: Series): Exported => {
  const here = known[index]
  if (here?.series === series) {
    return here
  }
  const made = { series, exported: bySeries.get(series) ?? exportedOf(series), value: undefined }
  known[index] = made
  return made
}

const bySeries = new WeakMap<Series, ExportSeries>()

const exportedOf = (series: Series): ExportSeries => {
  const attributes = Object.fromEntries(series.labels.map(({ key, value }) => [key, value]))
  const made = exportSeries(attributes, series.startNanos)
  bySeries.set(series, made)
  return made
}

const pointOf = (metric: ExportMetric, boundaries: Array<number>, at: Exported): Point => {
  const { exported, series } = at
  if (series.buckets !== undefined) {
    at.value = valueOf(series.buckets, boundaries, at.value)
    return { type: "distribution", metric, series: exported, value: at.value }
  }
  const state = series.state()
  if ("buckets" in state) {
    return { type: "distribution", metric, series: exported, value: distributionOf(state, boundaries) }
  }
  return { type: "number", metric, series: exported, value: "count" in state ? state.count : state.value }
}

/** A value that was handed out is never written to: what moved is copied, as the series may move on before it is sent. */
const valueOf = (live: Live, boundaries: Array<number>, before: Distribution | undefined): Distribution => {
  const { count, counts, max, min, sum } = live
  if (before?.count === count) {
    return before
  }
  const buckets = { boundaries, counts: counts.slice() }
  return count === 0 ? { count, sum, buckets } : { count, sum, min, max, buckets }
}
