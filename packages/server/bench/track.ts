/** What a tracked call costs beside the same effect untracked, and beside what a user would otherwise write. */
import * as Effect from "effect/Effect"
import { interleave, medians, ratio, type Result, type Rounds, type Subject } from "./harness.ts"
import { floor, maskedFloor } from "./track/floor.ts"
import * as ours from "./track/ours.ts"
import { peers, silent, tracked } from "./track/subjects.ts"
import { work } from "./track/work.ts"

const rounds: Rounds = { rounds: 100, batchMs: 3 }

const successes: ReadonlyArray<Subject> = [
  silent("untracked", () => work.success),
  silent("floor", () => floor(work.success)),
  silent("floor that sees interruption", () => maskedFloor(work.success)),
  tracked("trackJob", () => ours.trackJob(work.success), ["jobs", (calls) => ({ succeeded: calls })]),
  tracked("trackJob, options given once", () => ours.trackJobHoisted(work.success), [
    "jobs",
    (calls) => ({ succeeded: calls })
  ]),
  tracked("trackCluster", () => ours.trackCluster(work.success), ["messages", (calls) => ({ succeeded: calls })]),
  ...peers
]

const failures: ReadonlyArray<Subject> = [
  silent("floor", () => Effect.exit(floor(work.failure))),
  silent("floor that sees interruption", () => Effect.exit(maskedFloor(work.failure))),
  tracked("trackJob", () => Effect.exit(ours.trackJob(work.failure)), ["jobs", (calls) => ({ failed: calls })]),
  tracked("trackCluster", () => Effect.exit(ours.trackCluster(work.failure)), [
    "messages",
    (calls) => ({ failed: calls })
  ])
]

const interruptions: ReadonlyArray<Subject> = [
  silent("floor", () => Effect.exit(floor(work.interrupted))),
  silent("floor that sees interruption", () => Effect.exit(maskedFloor(work.interrupted))),
  tracked("trackJob", () => Effect.exit(ours.trackJob(work.interrupted)), ["jobs", (calls) => ({ cancelled: calls })]),
  tracked("trackCluster", () => Effect.exit(ours.trackCluster(work.interrupted)), ["messages", () => ({})])
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
    ratio("track_vs_effect_floor", success, { of: "trackJob", to: "floor" }),
    ratio("track_failure_vs_floor", failure, { of: "trackJob", to: "floor" }),
    ratio("track_interrupt_vs_floor", interrupted, { of: "trackJob", to: "floor" }),
    ...medians("success", success),
    ...medians("failure", failure),
    ...medians("interrupted", interrupted)
  ]
}
