/** What a registry holds as Prometheus text, stable and sorted, for snapshots of a test. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as MetricRegistry from "effect/MetricRegistry"
import * as Predicate from "effect/Predicate"
import type { Row } from "../catalogue/row.ts"
import { telemetry } from "../catalogue/telemetry.ts"
import { ExternalMetrics } from "../collect/external.ts"
import { ownPoints } from "../collect/own-points.ts"
import type { Drop } from "../collect/points/drop.ts"
import type { Distribution, Point } from "../collect/points/point.ts"
import { knownUnit } from "../collect/points/unit.ts"
import { meterOf } from "../instrument/meter.ts"
import { MetricsService } from "../metrics.ts"
import { makeRenderer } from "../prometheus/text/render.ts"
import { labelsOf } from "../prometheus/text/syntax.ts"
import { warnOfLeftovers } from "./leftovers.ts"
import type { Handle } from "./selection.ts"

/** What to show, and how. */
export interface PrometheusTextOptions {
  /**
   * The metrics to show: handles, or names of external metrics. Unless given: all except those of this library
   * (`telemetry_…`) and of Effect (`effect_…`) about themselves, which depend on the process.
   */
  readonly only?: ReadonlyArray<Handle | string> | undefined
  /**
   * Whether to show times. If hidden, a histogram of durations has only its count, and a gauge of time is NaN. Unless
   * given: `shown` with a `TestClock`, `hidden` with a real clock.
   */
  readonly times?: "shown" | "hidden" | undefined
  /** The registry to read; that of the `MetricsService` unless given. */
  readonly registry?: MetricRegistry.MetricRegistry | undefined
}

/**
 * The metrics as Prometheus would scrape them, in the text format 0.0.4: sorted by name and labels, sums rounded to
 * nanoseconds, and without values that differ from run to run. Metrics that this format can't show are listed in comments
 * at the end.
 */
export const prometheusText = ({ only, registry, times }: PrometheusTextOptions = {}): Effect.Effect<
  string,
  never,
  MetricsService
> =>
  Effect.gen(function* () {
    const metrics = yield* MetricsService
    if (registry === undefined) {
      yield* warnOfLeftovers(metrics)
    }
    const now = yield* Clock.currentTimeNanos
    const clock = yield* Effect.clock
    const isShown = (times ?? (Predicate.hasProperty(clock, "adjust") ? "shown" : "hidden")) === "shown"
    const names = only?.map((one) => (typeof one === "string" ? one : one.row.name))
    const isWanted = (name: string): boolean => names?.includes(name) ?? !isOfItself(name)
    const leftOut = new Set<string>()
    const dropped = ({ metric, why }: Drop): void => {
      if (isWanted(metric)) {
        leftOut.add(`# Left out: ${metric}: ${why ?? "it can't be read"}\n`)
      }
    }
    const points = pointsOf(registry ?? metrics.registry, now, dropped).filter(({ metric }) => isWanted(metric.name))
    const renderer = makeRenderer("text", dropped)
    const text = sorted(points).map((point) => renderer.point(isShown ? rounded(point) : withoutTime(point)))
    return [...text, ...Array.from(leftOut).sort()].join("")
  })

/** All points of a registry, our own first. Unlike a collection, this records nothing. */
const pointsOf = (
  registry: MetricRegistry.MetricRegistry,
  nowNanos: bigint,
  dropped: (drop: Drop) => void
): ReadonlyArray<Point> => {
  const instruments = Array.from(meterOf(registry).collect(nowNanos))
  const families = ended(
    new ExternalMetrics(0n, dropped).families(registry, { instruments, replaced: meterOf(registry).replaced })
  )
  const external = Array.from(families).flatMap((family) =>
    Array.from(family.points()).flatMap((point) => (point === undefined ? [] : [{ ...point, metric: family.metric }]))
  )
  return [...instruments.flatMap((instrument) => Array.from(ownPoints(instrument))), ...external]
}

const ended = <A>(steps: Generator<unknown, A>): A => {
  let step = steps.next()
  while (step.done !== true) {
    step = steps.next()
  }
  return step.value
}

const isOfItself = (name: string): boolean =>
  Object.values<Row>(telemetry).some((row) => row.name === name) || knownUnit(name) !== undefined

/** The points of a metric stay together, as a renderer wants them: a name has one metric, or several that are alike. */
const sorted = (points: ReadonlyArray<Point>): ReadonlyArray<Point> =>
  points
    .map((point) => ({ point, name: point.metric.name, labels: labelsOf(point.series.attributes, undefined) }))
    .sort((one, other) => compare(one.name, other.name) || compare(one.labels, other.labels))
    .map(({ point }) => point)

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** Sums depend on the order of adding in their last digits. */
const round = (value: number): number => (Number.isFinite(value) ? Number(value.toFixed(9)) : value)

const rounded = (point: Point): Point => {
  switch (point.type) {
    case "number":
      return { ...point, value: round(point.value) }
    case "distribution":
      return { ...point, value: roundedSum(point.value) }
    case "summary":
      return { ...point, value: { ...point.value, sum: round(point.value.sum) } }
  }
}

const roundedSum = (value: Distribution): Distribution =>
  value.sum === undefined ? value : { ...value, sum: round(value.sum) }

const withoutTime = (point: Point): Point => {
  if (!timeUnits.has(point.metric.unit)) {
    return rounded(point)
  }
  switch (point.type) {
    case "number":
      return { ...point, value: Number.NaN }
    case "distribution": {
      const { count } = point.value
      return { ...point, value: { count, buckets: { boundaries: [], counts: [count] } } }
    }
    case "summary":
      // A summary that has seen values below 0 has no sum.
      return { ...point, value: { count: point.value.count, sum: 0, min: -1, quantiles: [] } }
  }
}

const timeUnits: ReadonlySet<string> = new Set(["s", "ms", "us", "ns", "min", "h", "d"])
