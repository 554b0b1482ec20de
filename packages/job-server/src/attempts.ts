/** Working on one job: attempt after attempt, with a growing pause between them, until one decides. */
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Board } from "./board.ts"
import type { JobPayload } from "./job-payload.ts"
import { maxAttempts } from "./plan.ts"
import { work, WorkFailed } from "./work.ts"

/** The pause after the first attempt; it doubles from attempt to attempt. */
const firstPauseMs = 50

/** How long a job that is there to be cancelled waits for it. */
const patience = Duration.seconds(30)

/** Works on a job, each attempt in a slot, tracked by the library and witnessed by the ledger. */
export const attempts = (
  job: JobPayload,
  attempt = 1,
  deliverAt = job.enqueuedAt
): Effect.Effect<string, WorkFailed, Board | MetricsService> =>
  Effect.flatMap(Board, ({ inSlot, ledger, start }) => {
    const { enqueuedAt, priority, type } = job
    // Only a busy file is worth another attempt, and the plan knows how often a job meets one.
    const isLast = attempt === maxAttempts || attempt > job.busyAttempts
    const track = MetricsService.trackJob({
      jobType: type,
      operation: "process",
      priority,
      attempt,
      enqueuedAt,
      deliverAt,
      final: isLast,
      interruption: "elsewhere"
    })
    const facts = { job: job.id, type, priority, attempt, enqueuedAt, deliverAt, isLast } as const
    const once = Effect.zipRight(start(job.id), attemptOnce(job, attempt)).pipe(
      ledger.witness(track, { of: "job", operation: "process", ...facts }),
      inSlot
    )
    return isLast ? once : Effect.catchAll(once, (error) => (error.reason === "Busy" ? again(job, attempt) : error))
  })

const attemptOnce = (job: JobPayload, attempt: number): Effect.Effect<string, WorkFailed> => {
  if (attempt <= job.busyAttempts) {
    return new WorkFailed({ reason: "Busy", message: `${job.file} is busy` })
  }
  return job.isCancelled ? Effect.zipRight(Effect.sleep(patience), work(job.type, job.file)) : work(job.type, job.file)
}

const again = (job: JobPayload, attempt: number): Effect.Effect<string, WorkFailed, Board | MetricsService> =>
  Effect.gen(function* () {
    const pauseMs = firstPauseMs * 2 ** (attempt - 1)
    const dueAt = (yield* Clock.currentTimeMillis) + pauseMs
    yield* Effect.sleep(Duration.millis(pauseMs))
    return yield* attempts(job, attempt + 1, dueAt)
  })
