/** The protocol of a partition: what its one entity in the cluster does for jobs. */
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import { make as makeEntityId, type EntityId } from "@effect/cluster/EntityId"
import * as Schema from "effect/Schema"
import { Priority } from "./definition/priority.ts"
import { JobErrorSchema } from "./error-schema.ts"
import { JobState } from "./store/state.ts"

/** A job that was accepted, or the one that it is a duplicate of. */
export class Accepted extends Schema.Class<Accepted>("@parametric-portal/server/JobAccepted")({
  id: Schema.String,
  isDuplicate: Schema.Boolean
}) {}

/** A job as it stands. Times are epoch milliseconds. */
export const JobStatusSchema = Schema.Struct({
  id: Schema.String,
  jobType: Schema.String,
  state: JobState,
  priority: Priority,
  attempt: Schema.Number,
  acceptedAt: Schema.Number,
  dueAt: Schema.Number,
  startedAt: Schema.UndefinedOr(Schema.Number),
  finishedAt: Schema.UndefinedOr(Schema.Number),
  replays: Schema.Number,
  redeliveries: Schema.Number,
  heldBy: Schema.UndefinedOr(Schema.String),
  reason: Schema.UndefinedOr(Schema.String),
  progress: Schema.UndefinedOr(Schema.Struct({ ratio: Schema.Number, note: Schema.UndefinedOr(Schema.String) })),
  errors: Schema.Array(
    Schema.Struct({
      attempt: Schema.Number,
      failedAt: Schema.Number,
      reason: Schema.String,
      message: Schema.String
    })
  )
})

/** A job to be accepted: what `JobService` makes of a submission. */
const submission = {
  id: Schema.UUID,
  jobType: Schema.NonEmptyString,
  priority: Priority,
  payload: Schema.String,
  dedupeKey: Schema.optional(Schema.String),
  unique: Schema.optional(Schema.Struct({ key: Schema.String, forMs: Schema.NonNegative })),
  delayMs: Schema.optional(Schema.NonNegative),
  at: Schema.optional(Schema.Int),
  maxAttempts: Schema.optional(Schema.Positive.pipe(Schema.int())),
  timeoutMs: Schema.optional(Schema.Positive),
  backoff: Schema.optional(
    Schema.Struct({
      baseMs: Schema.NonNegative,
      factor: Schema.NonNegative,
      maxMs: Schema.NonNegative,
      jitter: Schema.Number.pipe(Schema.between(0, 1))
    })
  ),
  limitKey: Schema.optional(Schema.String),
  isLimited: Schema.optional(Schema.Boolean),
  traceparent: Schema.optional(Schema.String),
  tracestate: Schema.optional(Schema.String)
}

/**
 * One entity a partition; its id is the number of the partition. The messages are not persisted: what they bring about
 * is durable in the tables of jobs, and a submission that is sent again with the same id is accepted once.
 */
export const JobEntity = Entity.make("Job", [
  Rpc.make("submit", { payload: submission, success: Accepted, error: JobErrorSchema }),
  Rpc.make("cancel", { payload: { id: Schema.String }, error: JobErrorSchema }),
  Rpc.make("replay", { payload: { id: Schema.String }, error: JobErrorSchema }),
  Rpc.make("status", { payload: { id: Schema.String }, success: JobStatusSchema, error: JobErrorSchema }),
  /** Brings the entity to life, so that its runner owns the partition. */
  Rpc.make("wake", {})
])

/** The id of the entity of a partition. */
export const partitionId = (partition: number): EntityId => makeEntityId(String(partition))
