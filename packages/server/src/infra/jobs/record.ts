/**
 * What is recorded of jobs, by whoever made the fact true: after its transaction has been committed, where nothing can
 * come in between. `trackJob` counts operations; the rest are facts that no single operation shows.
 */
import * as Effect from "effect/Effect"
import { MetricsService, type TrackJobOptions } from "../../observe/metrics.ts"
import { record } from "../../observe/instrument/update.ts"
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
  readonly duplicate: (kind: Kind) => Effect.Effect<void>
}

/** The recorder of the metrics in context. */
export const makeRecorder: Effect.Effect<Recorder, never, MetricsService> = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  const { isWatched } = yield* JobsConfig
  return isWatched
    ? {
        track: MetricsService.trackJob,
        attempts: (kind, attempts) =>
          Effect.sync(() => record(jobs.attempts, attempts, { labels: labelsOf(kind, "process") })),
        duplicate: (kind) => MetricsService.inc(jobs.duplicates, labelsOf(kind, "submit"))
      }
    : unwatched
})

const labelsOf = ({ jobType, priority }: Kind, operation: "submit" | "process") => ({
  job_type: jobType,
  operation,
  priority
})

const unwatched: Recorder = {
  track: () => (effect) => effect,
  attempts: () => Effect.void,
  duplicate: () => Effect.void
}
