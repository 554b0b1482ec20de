/**
 * The original design: the service looked up and the labels rebuilt as a HashSet for every call, `taggedWithLabels`,
 * `trackDuration`, `tap` and `tapError`. It sees successes and typed failures; the second form adds the other two.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashSet from "effect/HashSet"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"
import { options } from "./work.ts"

const boundaries = [0.01, 0.1, 1, 10, 100, 1000]

const metrics = {
  duration: Metric.timerWithBoundaries("original_processing_seconds", boundaries),
  completions: Metric.counter("original_completed_total"),
  failures: Metric.counter("original_failed_total"),
  careful: {
    duration: Metric.histogram("careful_processing_seconds", MetricBoundaries.fromIterable(boundaries)),
    inFlight: Metric.gauge("careful_in_flight"),
    completions: Metric.counter("careful_completed_total"),
    failures: Metric.counter("careful_failed_total"),
    cancellations: Metric.counter("careful_cancelled_total")
  }
}

/** The original service. */
export class OriginalMetrics extends Effect.Service<OriginalMetrics>()("bench/OriginalMetrics", {
  sync: () => metrics
}) {
  static readonly label = (pairs: Record<string, string | undefined>): HashSet.HashSet<MetricLabel.MetricLabel> =>
    HashSet.fromIterable(
      Object.entries(pairs).flatMap(([key, value]) => (value === undefined ? [] : [MetricLabel.make(key, value)]))
    )
}

const labelsOf = () =>
  OriginalMetrics.label({ job_type: options.jobType, operation: options.operation, priority: options.priority })

const failureLabels = (reason: string) => OriginalMetrics.label({ job_type: options.jobType, reason })

/** As it was: successes timed and counted, typed failures counted. */
export const original = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | OriginalMetrics> =>
  Effect.flatMap(OriginalMetrics, (metrics) => {
    const labels = labelsOf()
    return effect.pipe(
      Metric.trackDuration(Metric.taggedWithLabels(metrics.duration, labels)),
      Effect.tap(() => Metric.increment(Metric.taggedWithLabels(metrics.completions, labels))),
      Effect.tapError((error) =>
        Metric.increment(Metric.taggedWithLabels(metrics.failures, failureLabels(String(Object(error)._tag))))
      )
    )
  })

/** Every exit timed and counted, and what is in flight: what ours does, in the original's way. */
export const originalEqualCare = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | OriginalMetrics> =>
  Effect.flatMap(OriginalMetrics, ({ careful }) => {
    const labels = labelsOf()
    const going = Metric.taggedWithLabels(careful.inFlight, labels)
    return Effect.zipRight(
      Metric.incrementBy(going, 1),
      Effect.flatMap(Effect.clock, (clock) => {
        const start = clock.unsafeCurrentTimeNanos()
        return Effect.onExit(effect, (exit) => {
          const seconds = Number(clock.unsafeCurrentTimeNanos() - start) / 1e9
          return Effect.zipRight(
            Effect.zipRight(
              Metric.incrementBy(going, -1),
              Metric.update(Metric.taggedWithLabels(careful.duration, labels), seconds)
            ),
            Metric.increment(counterOf(careful, exit, labels))
          )
        })
      })
    )
  })

const counterOf = (
  careful: OriginalMetrics["careful"],
  exit: Exit.Exit<unknown, unknown>,
  labels: HashSet.HashSet<MetricLabel.MetricLabel>
): Metric.Metric.Counter<number> =>
  Exit.isSuccess(exit)
    ? Metric.taggedWithLabels(careful.completions, labels)
    : Cause.isInterruptedOnly(exit.cause)
      ? Metric.taggedWithLabels(careful.cancellations, labels)
      : Metric.taggedWithLabels(careful.failures, failureLabels(reasonOf(exit.cause)))

const reasonOf = (cause: Cause.Cause<unknown>): string => String(Object(Cause.squash(cause))._tag)

const total = (name: string): number =>
  Metric.unsafeSnapshot().reduce((sum, { metricKey, metricState }) => {
    if (metricKey.name !== name) {
      return sum
    }
    return sum + Number("count" in metricState ? metricState.count : "value" in metricState ? metricState.value : 0)
  }, 0)

/** What was recorded so far in one form. */
export const recorded = (form: "original" | "careful") => ({
  timed: total(`${form}_processing_seconds`),
  completed: total(`${form}_completed_total`),
  inFlight: total(`${form}_in_flight`)
})
