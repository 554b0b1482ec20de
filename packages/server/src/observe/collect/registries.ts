/**
 * Reads registries point by point, each series once: our instruments first, then external metrics made safe. Lazy, so
 * that whoever reads can let the event loop run between two points. Sending is left to others.
 */
import type * as MetricRegistry from "effect/MetricRegistry"
import { catalogue } from "../catalogue.ts"
import type { Instrument } from "../instrument/instrument.ts"
import { type Meter, meterOf } from "../instrument/meter.ts"
import { Shown } from "../instrument/shown.ts"
import type { Drop } from "./points/drop.ts"
import { type Claims, type Family, mergeFamilies, pauseEvery, shapeOf, type Step } from "./points/families.ts"
import { ExternalMetrics } from "./external.ts"
import { ownMetric, ownPoints, ownReader } from "./own-points.ts"
import { withNames } from "./points/names.ts"
import { sound } from "./points/sound.ts"
import { canonical, label } from "../instrument/label.ts"

export type { Step } from "./points/families.ts"

/** How to collect. */
export interface CollectorOptions {
  readonly registries: ReadonlyArray<MetricRegistry.MetricRegistry>
  /** Leaves out what others put into them; it does not unless said otherwise. */
  readonly isOwnOnly?: boolean | undefined
  /** The start of external series in nanoseconds of the epoch: when the process began. */
  readonly externalStartNanos: bigint
  /** Told of what is left out. */
  readonly dropped: (drop: Drop) => void
}

/** Reads a fixed list of registries. A series is the same object at every collection. */
export interface Collector {
  readonly collect: (nowNanos: bigint) => Generator<Step>
}

/** A collector. Its values are cumulative; destinations make deltas of them. */
export const makeCollector = ({
  dropped,
  externalStartNanos,
  isOwnOnly = false,
  registries
}: CollectorOptions): Collector => {
  const distinct = Array.from(new Set(registries))
  const claims: Claims = { names: new Map(), shapes: new Map(), series: new Map() }
  const external = new ExternalMetrics(externalStartNanos, dropped)
  const families = function* (nowNanos: bigint): Generator<undefined, Iterable<ReadonlyArray<Source>>> {
    const sources = distinct.map((registry) => ({ registry, instruments: instrumentsOf(meterOf(registry), nowNanos) }))
    const replaced = new Set(distinct.flatMap((registry) => Array.from(meterOf(registry).replaced)))
    const byName = new Map<string, Array<Source>>()
    const put = (family: Source): void => {
      const known = byName.get(family.metric.name)
      if (known === undefined) {
        byName.set(family.metric.name, [family])
      } else {
        known.push(family)
      }
    }
    sources.flatMap(({ instruments }) => instruments.map(ownFamily)).forEach(put)
    for (const { instruments, registry } of isOwnOnly ? [] : sources) {
      let count = 0
      for (const family of yield* external.families(registry, { instruments, replaced })) {
        put(family)
        if (++count % pauseEvery === 0) {
          yield
        }
      }
    }
    return yield* withNames(byName, claims, dropped)
  }
  return {
    *collect(nowNanos) {
      for (const alike of yield* families(nowNanos)) {
        const [first] = alike
        // A loop of its own for what is nearly all: each generator in between would cost as much as the reading.
        if (alike.length === 1 && first?.instrument !== undefined) {
          const read = ownReader(first.instrument, (point) => sound(point, dropped))
          for (const series of first.instrument.all()) {
            yield read(series)
          }
        } else {
          yield* mergeFamilies(alike, claims, dropped)
        }
      }
    }
  }
}

/** The instruments of a meter, with `telemetry_series` counting the series of each that has or had some. */
const instrumentsOf = (meter: Meter, nowNanos: bigint): ReadonlyArray<Instrument> => {
  const instruments = Array.from(meter.collect(nowNanos))
  const counts = instruments.find(({ row }) => row === catalogue.telemetry.series)
  if (counts !== undefined) {
    const counted = instruments.flatMap((instrument) => {
      const labels = canonical(label({ metric: instrument.row.name }))
      const isThere = instrument.size > 0 || instrument === counts
      const series = isThere ? counts.resolve(labels) : counts.find(labels)
      return series === undefined ? [] : [{ instrument, labels }]
    })
    // Only now has it all series of its own, which it counts as well.
    shownOf(meter, counts).show(counted.map(({ instrument, labels }) => ({ labels, amount: instrument.size })))
  }
  return instruments
}

const shownOf = (meter: Meter, instrument: Instrument): Shown => {
  const known = shown.get(instrument) ?? new Shown(meter, instrument)
  shown.set(instrument, known)
  return known
}

const shown = new WeakMap<Instrument, Shown>()

/** A family, and the instrument where it is ours: no two series of one have the same attributes. */
interface Source extends Family {
  readonly instrument?: Instrument
}

const ownFamily = (instrument: Instrument): Source => {
  const metric = ownMetric(instrument)
  return {
    metric,
    shape: shapeOf(metric, instrument.boundaries),
    isExponential: instrument.histogram === "exponential",
    size: instrument.size,
    instrument,
    points: () => ownPoints(instrument)
  }
}
