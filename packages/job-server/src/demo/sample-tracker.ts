/**
 * Whether the sampled gauges show the final state. They are sampled every second and exported a moment later, so after
 * each change it takes a while until the receiver has current values.
 */
import type { Series } from "@parametric-portal/dashboard/receiver"
import type { JobError, JobService } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import { processOf } from "../audit/process-series.ts"
import type { TimedOut } from "../server/time-limit.ts"
import type { Receiver } from "./receiver.ts"
import { untilAllJobsEnded } from "./unfinished-jobs.ts"

export interface SampleTracker {
  /** Whether the gauges were sampled after the last change, with no job left. */
  readonly isCurrent: boolean
  /** To be called before and after anything that changes jobs. */
  readonly changed: () => void
  /** Waits until no job is left and the gauges are current. */
  readonly waitUntilCurrent: Effect.Effect<void, JobError | TimedOut, JobService>
}

/** `waitForSamples` says whether the gauges were sampled after it was started. */
export const makeSampleTracker = (waitForSamples: Effect.Effect<boolean>): SampleTracker => {
  let changes = 0
  let sampledChanges = -1
  return {
    get isCurrent() {
      return sampledChanges === changes
    },
    changed: () => {
      changes += 1
    },
    waitUntilCurrent: Effect.suspend(() => {
      const now = changes
      return Effect.map(Effect.zipRight(untilAllJobsEnded, waitForSamples), (isSampled) => {
        if (isSampled) {
          sampledChanges = Math.max(sampledChanges, now)
        }
      })
    })
  }
}

/** Gauges are sampled every second; after this time the last sample is newer than the start, on a busy machine too. */
const sampledAfterMs = 2_500

/**
 * Waits until every process has exported samples that were taken after this moment, and one of them the depth of the
 * queue. False when that takes more than a minute, or the receiver is lost.
 */
export const untilSampled = (
  receiver: Receiver,
  processNames: Effect.Effect<ReadonlyArray<string>>
): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const since = BigInt(Date.now() + sampledAfterMs) * 1_000_000n
    const poll: Effect.Effect<boolean> = Effect.flatMap(
      Effect.zip(receiver.poll, processNames),
      ([{ lost, snapshot }, names]) => {
        const isSampled = isSampledSince(snapshot.series, names, since)
        return isSampled || lost !== undefined ? Effect.succeed(isSampled) : Effect.delay(poll, "100 millis")
      }
    )
    return Effect.timeoutTo(poll, { duration: "1 minute", onSuccess: (isSampled) => isSampled, onTimeout: () => false })
  })

const isSampledSince = (series: ReadonlyArray<Series>, names: ReadonlyArray<string>, since: bigint): boolean => {
  const recent = series.filter(({ timeUnixNano }) => timeUnixNano >= since)
  const has = (name: string, metric?: string) =>
    recent.some((one) => processOf(one) === name && (metric === undefined || one.name === metric))
  return names.every((name) => has(name)) && names.some((name) => has(name, "jobs_queue_depth"))
}
