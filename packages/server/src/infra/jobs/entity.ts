/** The protocol of a lane: what its one entity in the cluster does for jobs. */
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { JobError } from "./error.ts"
import { Priority } from "./priority.ts"

/** A job that was accepted, or the live one with the same dedupe key. */
export class Accepted extends Schema.Class<Accepted>("@parametric-portal/server/JobAccepted")({
  id: Schema.String,
  isDuplicate: Schema.Boolean
}) {}

/** What is to be done to one job: what it is counted as, and whether this call was made before and not answered. */
const change = { id: Schema.String, jobType: Schema.String, priority: Priority, isRepeated: Schema.Boolean }

/**
 * One entity a lane; its id is the number of the lane. The messages are not persisted: what they bring about is durable
 * in the tables of jobs, and sending one again changes nothing more.
 */
export const JobEntity = Entity.make("Job", [
  Rpc.make("submit", {
    payload: {
      id: Schema.String,
      jobType: Schema.String,
      priority: Priority,
      payload: Schema.String,
      dedupeKey: Schema.optional(Schema.String),
      deliverAt: Schema.optional(Schema.Number),
      isRepeated: Schema.optional(Schema.Boolean)
    },
    success: Accepted,
    error: JobError
  }),
  Rpc.make("cancel", { payload: change, error: JobError }),
  Rpc.make("replay", { payload: change, error: JobError }),
  /** Brings the entity to life, so that its runner works on the lane. */
  Rpc.make("wake", {})
])
