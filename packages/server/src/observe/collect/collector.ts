/** The collector of a `MetricsService`: its registry, by default Effect's global one too, and what is left out counted. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as MetricRegistry from "effect/MetricRegistry"
import { InstrumentId } from "../instrument/instrument.ts"
import type { Meter } from "../instrument/meter.ts"
import type { MetricsService } from "../metrics.ts"
import { type Collector, makeCollector } from "./registries.ts"
import type { Drop } from "./points/drop.ts"
import { canonical, label } from "../instrument/label.ts"
import { withSoundClock } from "../instrument/sound-clock.ts"

/** Which registries to collect. */
export type Registries = "all" | "own"

export interface ServiceCollector {
  readonly collector: Collector
  /** Counts points that are left out; the log says so once for each metric and reason. */
  readonly dropped: (drop: Drop) => void
}

/**
 * The one collector of a registry with or without the global one, so that series are the same for all who read them.
 * `telemetry_points_dropped_total` is there, at 0, from now on.
 */
export const collectorOf = (metrics: MetricsService, registries: Registries): Effect.Effect<ServiceCollector> =>
  Effect.map(withSoundClock(processStart), (externalStartNanos) => {
    const found = collectors[registries].get(metrics.meter)
    const collector = found ?? makeServiceCollector(metrics, registries, externalStartNanos)
    collectors[registries].set(metrics.meter, collector)
    return collector
  })

/** Which registries are read: `all` includes Effect's global registry, `own` is the registry of the `MetricsService`. */
export const registriesOf = (
  registry: MetricRegistry.MetricRegistry,
  registries: Registries
): ReadonlyArray<MetricRegistry.MetricRegistry> =>
  registries === "own" ? [registry] : [registry, Metric.globalMetricRegistry]

const collectors = { all: new WeakMap<Meter, ServiceCollector>(), own: new WeakMap<Meter, ServiceCollector>() }

const makeServiceCollector = (
  { meter, registry, telemetry: { pointsDropped } }: MetricsService,
  registries: Registries,
  externalStartNanos: bigint
): ServiceCollector => {
  meter.zero(pointsDropped.row)
  const dropped = ({ metric, part, points, reason, why }: Drop): void => {
    pointsDropped[InstrumentId].resolve(canonical(label({ reason }))).record(points)
    if (why !== undefined) {
      const name = printable(metric)
      const line =
        part === undefined
          ? `Metric "${name}" is not exported: ${printable(why)}`
          : `Metric "${name}" is exported without ${part}: ${printable(why)}`
      meter.warnOnce(`dropped ${name} ${reason} ${part ?? ""}`, line, {})
    }
  }
  const all = registriesOf(registry, registries)
  // Into a registry of its own nobody puts anything but for this service; the global one is everybody's.
  const isOwnOnly = registries === "own" && registry === Metric.globalMetricRegistry
  return { collector: makeCollector({ registries: all, isOwnOnly, externalStartNanos, dropped }), dropped }
}

/** Names and labels are those of others: what a log line says of them has one line, a bounded length, and no escapes. */
const printable = (text: string): string => text.slice(0, maxLogged).replaceAll(/\p{C}/gu, "\ufffd")

const maxLogged = 400

/** When the process began, or just before now where a test's clock is before that. */
const processStart: Effect.Effect<bigint> = Effect.map(Clock.currentTimeNanos, (now) => {
  const began = BigInt(Math.floor(performance.timeOrigin)) * 1_000_000n
  const latest = now - 1_000_000n
  return began < latest ? began : latest > 0n ? latest : 0n
})
