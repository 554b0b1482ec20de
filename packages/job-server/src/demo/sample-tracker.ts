/** Waiting until what is sampled has settled: gauges say what was true a moment ago, and an export of it takes another. */
import type { Series } from "@parametric-portal/dashboard/receiver"
import type { JobError, JobService } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import { type Stuck, untilIdle } from "./submit-jobs.ts"
import { processAttribute, type WatchedReceiver } from "./receiver.ts"

/** Whether what is sampled has settled since somebody last did something. */
export interface Rest {
  readonly isSettled: boolean
  /** Somebody does something: what was settled is not any more. */
  readonly stir: () => void
  /** Waits until everything has settled. */
  readonly settle: Effect.Effect<void, JobError | Stuck, JobService>
}

/** `wait` says whether what was true when it began, and nothing has stirred since, has been sampled. */
export const makeRest = (wait: Effect.Effect<boolean>): Rest => {
  let stirred = 0
  let settled = -1
  return {
    get isSettled() {
      return settled === stirred
    },
    stir: () => {
      stirred += 1
    },
    settle: Effect.suspend(() => {
      const now = stirred
      return Effect.map(Effect.zipRight(untilIdle, wait), (is) => {
        if (is) settled = Math.max(settled, now)
      })
    })
  }
}

/** Samples are taken every second; by then the last one is younger than what it is to tell of, on a busy machine too. */
const sampledAfterMs = 2_500

/**
 * Waits until every process that lives has exported what it sampled after this moment, and one of them the depth of the
 * queue; false when that does not come within a minute, or the receiver is lost.
 */
export const untilSampled = (
  receiver: WatchedReceiver,
  alive: Effect.Effect<ReadonlyArray<string>>
): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const since = BigInt(Date.now() + sampledAfterMs) * 1_000_000n
    const look: Effect.Effect<boolean> = Effect.flatMap(
      Effect.zip(receiver.look, alive),
      ([{ lost, snapshot }, names]) => {
        const isSampled = isSampledSince(snapshot.series, names, since)
        return isSampled || lost !== undefined ? Effect.succeed(isSampled) : Effect.delay(look, "100 millis")
      }
    )
    return Effect.timeoutTo(look, { duration: "1 minute", onSuccess: (is) => is, onTimeout: () => false })
  })

const isSampledSince = (series: ReadonlyArray<Series>, names: ReadonlyArray<string>, since: bigint): boolean => {
  const recent = series.filter(({ timeUnixNano }) => timeUnixNano >= since)
  const has = (name: string, metric?: string) =>
    recent.some((one) => one.resource[processAttribute] === name && (metric === undefined || one.name === metric))
  return names.every((name) => has(name)) && names.some((name) => has(name, "jobs_queue_depth"))
}
