/** What a tracked call costs beside `Effect.onExit` with an empty finalizer, and beside what users would otherwise write. */
import * as Effect from "effect/Effect"
import { interleave, medians, ratio, type Result, type Rounds, type Samples, type Subject } from "./harness.ts"
import { onExit } from "./track/on-exit.ts"
import { trackCluster, trackJob, trackJobHoisted } from "./track/ours.ts"
import { peers, silent, tracked } from "./track/subjects.ts"
import { work } from "./track/work.ts"

const rounds: Rounds = { rounds: 100, batchMs: 3 }

const successes: ReadonlyArray<Subject> = [
  silent("untracked", () => work.success),
  silent("onExit", () => onExit(work.success)),
  tracked("trackJob", () => trackJob(work.success), ["jobs", "succeeded"]),
  tracked("trackJob, options given once", () => trackJobHoisted(work.success), ["jobs", "succeeded"]),
  tracked("trackCluster", () => trackCluster(work.success), ["messages", "succeeded"]),
  ...peers
]

const failures: ReadonlyArray<Subject> = [
  silent("untracked", () => Effect.exit(work.failure)),
  silent("onExit", () => Effect.exit(onExit(work.failure))),
  tracked("trackJob", () => Effect.exit(trackJob(work.failure)), ["jobs", "failed"]),
  tracked("trackJob, options given once", () => Effect.exit(trackJobHoisted(work.failure)), ["jobs", "failed"]),
  tracked("trackCluster", () => Effect.exit(trackCluster(work.failure)), ["messages", "failed"])
]

const interruptions: ReadonlyArray<Subject> = [
  silent("untracked", () => Effect.exit(work.interrupted)),
  silent("onExit", () => Effect.exit(onExit(work.interrupted))),
  tracked("trackJob", () => Effect.exit(trackJob(work.interrupted)), ["jobs", "cancelled"]),
  tracked("trackJob, options given once", () => Effect.exit(trackJobHoisted(work.interrupted)), ["jobs", "cancelled"]),
  tracked("trackCluster", () => Effect.exit(trackCluster(work.interrupted)), ["messages", "none"])
]

/** Measures the `track_*` figures. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const success = await interleave(successes, rounds)
  const failure = await interleave(failures, rounds)
  const interrupted = await interleave(interruptions, rounds)
  return [
    ratio("track_speedup_vs_original", success, { of: "original", to: "trackJob" }),
    ratio("track_vs_prom_client", success, { of: "trackJob", to: "prom-client, equal care" }),
    ratio("track_vs_otel_api", success, { of: "trackJob", to: "OpenTelemetry API, equal care" }),
    ratio("track_vs_on_exit", success, { of: "trackJob", to: "onExit" }),
    ratio("track_failure_vs_on_exit", failure, { of: "trackJob", to: "onExit" }),
    ratio("track_interrupt_vs_on_exit", interrupted, { of: "trackJob", to: "onExit" }),
    ...otherTracking("success", success),
    ...otherTracking("failure", failure),
    ...otherTracking("interrupted", interrupted),
    ...medians("success", success),
    ...medians("failure", failure),
    ...medians("interrupted", interrupted)
  ]
}

const otherTracking = (ending: string, samples: Samples): ReadonlyArray<Result> =>
  ["trackJob, options given once", "trackCluster"].map((of) =>
    ratio(`${ending}.${of} vs onExit`, samples, { of, to: "onExit" })
  )
