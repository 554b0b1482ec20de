/** The points of our own instruments. Nearly all that is collected passes through here, so it allocates little. */
import type { Buckets as Live } from "../instrument/histogram.ts"
import type { Instrument } from "../instrument/instrument.ts"
import type { Series } from "../instrument/series.ts"
import { type Attributes, sorted } from "./external-attributes.ts"
import { isTaken, withoutTaken } from "./taken-names.ts"
import { distributionOf } from "./points/distribution.ts"
import {
  type Distribution,
  type DistributionPoint,
  type ExportMetric,
  type ExportSeries,
  hrTime,
  type Point
} from "./points/point.ts"

/** An instrument as it is exported. */
export const ownMetric = (instrument: Instrument): ExportMetric => own(instrument).metric

/** The points of an instrument now. */
export const ownPoints = function* (instrument: Instrument): Generator<Point> {
  const read = ownReader(instrument, (point) => point)
  for (const series of instrument.all()) {
    yield read(series)
  }
}

/**
 * What makes a point of each series of an instrument, for one walk over all of them in their order. A histogram that has
 * not moved has the point of before, which is not checked again: only what is finite is remembered, once a collection
 * has found it unmoved. To keep the points of what moves costs more than it saves.
 */
export const ownReader = <A>(instrument: Instrument, check: (point: Point) => A): ((series: Series) => Point | A) => {
  const { boundaries, metric } = own(instrument)
  const known = inOrder(instrument)
  known.length = Math.min(known.length, instrument.size)
  let index = 0
  return (of) => {
    const series = ownSeriesAt(known, index++, of)
    const { count, last, live } = series
    return last !== undefined && count === live?.count ? last : check(pointOf(metric, boundaries, series))
  }
}

/**
 * A series as it goes out, and what it held at the collection before: most series of a large process do not move between
 * two. Of one that has not, nothing is read but this and the count: a collection of many waits for memory.
 */
interface OwnSeries extends ExportSeries {
  readonly of: Series
  readonly live: Live | undefined
  count: number
  last: DistributionPoint | undefined
}

interface Own {
  readonly metric: ExportMetric
  readonly boundaries: Array<number>
}

const own = (instrument: Instrument): Own => {
  const { convention, help, kind, name, unit } = instrument.row
  const known = owns.get(instrument) ?? {
    metric: { name, help: help.toWellFormed(), unit, kind, origin: "own", convention },
    boundaries: Array.from(instrument.boundaries ?? [])
  }
  owns.set(instrument, known)
  return known
}

const owns = new WeakMap<Instrument, Own>()
const orders = new WeakMap<Instrument, Array<OwnSeries>>()

const inOrder = (instrument: Instrument): Array<OwnSeries> => {
  const known = orders.get(instrument) ?? []
  orders.set(instrument, known)
  return known
}

/** Series keep their place until one before them is removed: looking there first is far cheaper than a map. */
const ownSeriesAt = (known: Array<OwnSeries>, index: number, of: Series): OwnSeries => {
  const here = known[index]
  if (here?.of === of) {
    return here
  }
  const found = bySeries.get(of) ?? ownSeries(of)
  known[index] = found
  return found
}

const bySeries = new WeakMap<Series, OwnSeries>()

const ownSeries = (of: Series): OwnSeries => {
  const { buckets: live, startNanos } = of
  const attributes = attributesOf(of)
  // Written out: V8 keeps an object made with a spread of `exportSeries` so that reading it costs six times as much.
  const startTime = hrTime(startNanos)
  const startSeconds = startTime[0]
  const made = { attributes, startNanos, startTime, startSeconds, of, live, count: 0, last: undefined }
  bySeries.set(of, made)
  return made
}

const attributesOf = ({ buckets, labels }: Series): Attributes => {
  // As text, which tells series apart: a program in JavaScript may have given a number, and receivers take no NaN.
  const pairs = labels.map(({ key, value }) => [key, String(value)] as const)
  const taken = buckets === undefined ? undefined : "le"
  return pairs.some(([key]) => isTaken(key, taken))
    ? sorted(withoutTaken(new Map(pairs), taken))
    : Object.fromEntries(pairs)
}

const pointOf = (metric: ExportMetric, boundaries: Array<number>, series: OwnSeries): Point => {
  if (series.live !== undefined) {
    const value = copyOf(series.live, boundaries)
    const point: DistributionPoint = { type: "distribution", metric, series, value }
    if (series.count === value.count) {
      series.last = Number.isFinite(value.sum) ? point : undefined
    } else {
      series.count = value.count
      series.last = undefined
    }
    return point
  }
  const state = series.of.state()
  if ("buckets" in state) {
    return { type: "distribution", metric, series, value: distributionOf(state, boundaries) }
  }
  return { type: "number", metric, series, value: "count" in state ? state.count : state.value }
}

/** A value that is handed out is never written to: the series may move on before it is sent. */
const copyOf = (
  { count, counts, exemplars, exponential, max, min, sum }: Live,
  boundaries: Array<number>
): Distribution => {
  const buckets = { boundaries, counts: counts.slice() }
  const copy: Distribution = count === 0 ? { count, sum, buckets } : { count, sum, min, max, buckets }
  const kept = exemplars?.state()
  if (exponential === undefined && kept === undefined) {
    return copy
  }
  return {
    ...copy,
    ...(exponential === undefined ? {} : { exponential: exponential.state() }),
    ...(kept === undefined ? {} : { exemplars: kept })
  }
}
