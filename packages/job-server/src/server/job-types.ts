/** The three types of jobs, and the handlers that do their work. */
import { type Attempt, Job } from "@parametric-portal/server/infra/jobs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { endingOf } from "../audit/exit-outcome.ts"
import type { Ledger } from "../audit/event-log.ts"
import { type JobType, work, WorkFailed } from "./work.ts"

/** What a job is told. */
export const JobPayload = Schema.Struct({
  file: Schema.String,
  /** How many attempts find the file busy before one gets to work. */
  busyAttempts: Schema.Number,
  /** How long it waits, running, before it works. */
  waitMs: Schema.Number
})
export type JobPayload = typeof JobPayload.Type

/** The most attempts that a job gets. */
export const maxAttempts = 3

/** How many jobs of a type a runner works on at once. */
export const slots = 4

const define = <const Type extends JobType>(type: Type, priority: "high" | "normal" | "low") =>
  Job.make({
    type,
    priority,
    payload: JobPayload,
    success: Schema.String,
    error: WorkFailed,
    maxAttempts,
    slots,
    backoff: { base: Duration.millis(50), jitter: 0 },
    isRetryable: ({ reason }) => reason === "Busy"
  })

/** What people wait for first comes first. */
export const jobTypes = {
  digest: define("digest", "normal"),
  compress: define("compress", "low"),
  parse: define("parse", "high")
} as const satisfies Record<JobType, unknown>

/** The handlers of all types, which write into the ledger when they begin and finish. */
export const handlersLayer = (ledger: Ledger) => {
  const handler =
    (type: JobType) =>
    (payload: JobPayload, { attempt, jobId }: Attempt) =>
      Effect.suspend(() => {
        const began = performance.now()
        ledger.write({ _tag: "Began", job: jobId })
        return Effect.onExit(attemptAt(type, payload, attempt), (exit) =>
          Effect.sync(() =>
            ledger.write({ _tag: "Finished", job: jobId, ...endingOf(exit), tookMs: performance.now() - began })
          )
        )
      })
  return Layer.mergeAll(
    jobTypes.digest.toLayer(handler("digest")),
    jobTypes.compress.toLayer(handler("compress")),
    jobTypes.parse.toLayer(handler("parse"))
  )
}

const attemptAt = (type: JobType, payload: JobPayload, attempt: number): Effect.Effect<string, WorkFailed> => {
  const { busyAttempts, file, waitMs } = payload
  if (attempt <= busyAttempts) return new WorkFailed({ reason: "Busy", message: `${file} is busy` })
  return waitMs === 0 ? work(type, file) : Effect.delay(work(type, file), waitMs)
}
