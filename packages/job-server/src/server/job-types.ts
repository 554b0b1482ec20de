/** The three types of jobs and their handlers. */
import { type Attempt, Job } from "@parametric-portal/server/infra/jobs"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { recordedAttempt } from "./attempt-record.ts"
import type { AroundAttempt } from "./recorder.ts"
import { JobType, work, WorkFailed } from "./work.ts"

export const JobPayload = Schema.Struct({
  file: Schema.String,
  /** How many attempts fail with `Busy` before one does the work. */
  busyAttempts: Schema.Number,
  /** How long the handler waits before it does the work. */
  waitMs: Schema.Number
})
export type JobPayload = typeof JobPayload.Type

export const maxAttempts = 3

/** How many jobs of a type a runner works on at once. */
export const concurrency = 4

const define = <const Type extends JobType>(type: Type, priority: "high" | "normal" | "low") =>
  Job.make({
    type,
    priority,
    payload: JobPayload,
    success: Schema.String,
    error: WorkFailed,
    maxAttempts,
    concurrency,
    backoff: { base: Duration.millis(50), jitter: 0 },
    isRetryable: ({ reason }) => reason === "Busy"
  })

export const jobTypes = {
  digest: define("digest", "normal"),
  compress: define("compress", "low"),
  parse: define("parse", "high")
} as const satisfies Record<JobType, unknown>

/** The handlers of all types. */
export const handlersLayer = (around: AroundAttempt) => {
  const handler = (type: JobType) => (payload: JobPayload, attempt: Attempt) =>
    recordedAttempt(attempt, runAttempt(type, payload, attempt.attempt), around)
  return Layer.mergeAll(...Arr.map(JobType.literals, (type) => jobTypes[type].toLayer(handler(type))))
}

const runAttempt = (type: JobType, payload: JobPayload, attempt: number): Effect.Effect<string, WorkFailed> => {
  const { busyAttempts, file, waitMs } = payload
  if (attempt <= busyAttempts) {
    return new WorkFailed({ reason: "Busy", message: `${file} is busy` })
  }
  return waitMs === 0 ? work(type, file) : Effect.delay(work(type, file), waitMs)
}
