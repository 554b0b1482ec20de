/** Submitting jobs to the cluster, cancelling those that the plan has cancelled, and waiting for all to end. */
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Board } from "./board.ts"
import { JobEntity, tracked } from "./job-entity.ts"
import type { PlannedJob } from "./plan.ts"

/** How many jobs are on their way at once: more than there are slots, so that a queue builds up. */
const inQueue = 64

/** Submits jobs and waits until each has come to its end, whatever that is; `ended` runs at each. */
export const feed = (jobs: ReadonlyArray<PlannedJob>, ended: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const board = yield* Board
    const { ledger } = board
    const clientOf = yield* JobEntity.client
    const submit = (job: PlannedJob, enqueuedAt: number) =>
      clientOf(job.id)
        .Process({ ...job, enqueuedAt }, { discard: true })
        .pipe(
          tracked(ledger, "send", "Process"),
          ledger.witness(MetricsService.trackJob({ jobType: job.type, operation: "submit", priority: job.priority }), {
            of: "job",
            operation: "submit",
            job: job.id,
            type: job.type,
            priority: job.priority,
            attempt: 1,
            isLast: true
          })
        )
    const cancel = (job: PlannedJob, enqueuedAt: number) =>
      Effect.zipRight(
        board.awaitStart(job.id),
        clientOf(job.id)
          .Cancel({ ...job, enqueuedAt })
          .pipe(tracked(ledger, "send", "Cancel"))
      )
    const run = (job: PlannedJob) =>
      Effect.gen(function* () {
        const enqueuedAt = yield* Clock.currentTimeMillis
        yield* submit(job, enqueuedAt)
        if (job.isCancelled) yield* cancel(job, enqueuedAt)
        yield* board.awaitEnd(job.id)
      }).pipe(
        Effect.catchAll((error) =>
          Effect.logWarning(`Job ${job.id} could not be submitted or cancelled: ${error._tag}`)
        ),
        Effect.zipRight(ended)
      )
    yield* Effect.forEach(jobs, run, { concurrency: inQueue, discard: true })
  })
