/** A job as it is sent to its entity. */
import * as Schema from "effect/Schema"
import { JobType } from "./work.ts"

export const JobPayload = Schema.Struct({
  id: Schema.String,
  type: JobType,
  priority: Schema.Literal("high", "normal", "low"),
  file: Schema.String,
  /** How many attempts find the file busy before one gets to work. */
  busyAttempts: Schema.Number,
  /** It waits, running, until it is cancelled. */
  isCancelled: Schema.Boolean,
  /** When it was accepted, in epoch milliseconds. */
  enqueuedAt: Schema.Number
})
export type JobPayload = typeof JobPayload.Type
