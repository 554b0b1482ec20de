/**
 * What is recorded of jobs, by whoever made the fact true: after its transaction has been committed, where nothing can
 * come in between. `trackJob` counts operations; the rest are facts that no single operation shows.
 */
import * as Effect from "effect/Effect"
import type * as MetricLabel from "effect/MetricLabel"
import { MetricsService, type TrackJobOptions } from "../../observe/metrics.ts"
import { remember } from "../../observe/instrument/series-cache.ts"
import { JobsConfig } from "./config.ts"
import type { Priority } from "./priority.ts"

/** What the metrics know a job by. */
export interface Kind {
  readonly jobType: string
  readonly priority: Priority
}

/** How jobs are recorded. */
export interface Recorder {
  readonly track: (
    options: TrackJobOptions
  ) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | MetricsService>
  /** A job came to its final outcome after so many attempts. */
  readonly attempts: (kind: Kind, attempts: number) => Effect.Effect<void>
  readonly deadLettered: (jobType: string, reason: string) => Effect.Effect<void>
  readonly duplicate: (kind: Kind) => Effect.Effect<void>
  readonly redelivered: (kind: Kind) => Effect.Effect<void>
}

/** The recorder of the metrics in context. */
export const makeRecorder: Effect.Effect<Recorder, never, MetricsService> = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  const { isWatched } = yield* JobsConfig
  const labelsOf = labelling()
  return isWatched
    ? {
        track: MetricsService.trackJob,
        attempts: (kind, attempts) =>
          Effect.sync(() => jobs.attempts.unsafeUpdate(attempts, labelsOf(kind, "process"))),
        deadLettered: (job_type, reason) =>
          MetricsService.inc(jobs.deadLettered, MetricsService.label({ job_type, reason })),
        duplicate: (kind) => Effect.sync(() => jobs.duplicates.unsafeUpdate(1, labelsOf(kind, "submit"))),
        redelivered: (kind) => Effect.sync(() => jobs.redelivered.unsafeUpdate(1, labelsOf(kind, "process")))
      }
    : unwatched
})

// A metric finds the series of a list of labels that it has seen before.
const labelling = () => {
  const made = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  return ({ jobType, priority }: Kind, operation: "submit" | "process"): ReadonlyArray<MetricLabel.MetricLabel> => {
    const key = `${operation} ${priority} ${jobType}`
    return (
      made.get(key) ?? remember(made, key, Array.from(MetricsService.label({ job_type: jobType, operation, priority })))
    )
  }
}

const unwatched: Recorder = {
  track: () => (effect) => effect,
  attempts: () => Effect.void,
  deadLettered: () => Effect.void,
  duplicate: () => Effect.void,
  redelivered: () => Effect.void
}
