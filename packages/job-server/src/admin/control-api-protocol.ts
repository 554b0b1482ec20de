/** The requests and responses of the control API of a running job server: JSON over HTTP on the loopback interface. */
import type * as Jobs from "@parametric-portal/server/infra/jobs"
import { jobStates, priorities } from "@parametric-portal/server/observe/catalogue"
import * as Schema from "effect/Schema"
import { JobType } from "../server/work.ts"

// The schemas of the library would load the whole cluster into a short command; its lists are data alone.
const JobState: Schema.Schema<Jobs.JobState> = Schema.Literal(...jobStates, "completed", "cancelled", "dead")
const Priority: Schema.Schema<Jobs.Priority> = Schema.Literal(...priorities)

/** One command to the server. Files are absolute paths. */
export const ControlRequest = Schema.Union(
  Schema.TaggedStruct("Submit", {
    type: JobType,
    file: Schema.String,
    priority: Schema.optionalWith(Priority, { exact: true })
  }),
  Schema.TaggedStruct("Status", { id: Schema.String }),
  Schema.TaggedStruct("Cancel", { id: Schema.String }),
  Schema.TaggedStruct("Replay", { id: Schema.String }),
  Schema.TaggedStruct("Dead", {
    type: Schema.optionalWith(JobType, { exact: true }),
    limit: Schema.Number,
    after: Schema.optionalWith(Schema.String, { exact: true })
  }),
  Schema.TaggedStruct("Depth", {})
)
export type ControlRequest = typeof ControlRequest.Type

/** Where each command is sent to. */
export const commandPaths = {
  Submit: "/submit",
  Status: "/status",
  Cancel: "/cancel",
  Replay: "/replay",
  Dead: "/dead-letters",
  Depth: "/depth"
} as const satisfies Record<ControlRequest["_tag"], string>

/** The commands that change a job. */
export const changing: ReadonlySet<ControlRequest["_tag"]> = new Set(["Submit", "Cancel", "Replay"])

/** The request with a tag. */
export type RequestOf<Tag extends ControlRequest["_tag"]> = Extract<ControlRequest, { readonly _tag: Tag }>

const Failure = Schema.Struct({
  attempt: Schema.Number,
  failedAt: Schema.Number,
  reason: Schema.String,
  message: Schema.String
})

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

/** The state of a job, and its result once it is completed. Times are epoch milliseconds. */
export const JobReport = Schema.Struct({
  id: Schema.String,
  jobType: Schema.String,
  state: JobState,
  priority: Priority,
  attempt: Schema.Number,
  acceptedAt: Schema.Number,
  dueAt: Schema.Number,
  startedAt: maybe(Schema.Number),
  finishedAt: maybe(Schema.Number),
  replays: Schema.Number,
  redeliveries: Schema.Number,
  heldBy: maybe(Schema.String),
  result: maybe(Schema.String),
  reason: maybe(Schema.String),
  errors: Schema.Array(Failure)
})
export type JobReport = typeof JobReport.Type

const DeadLetterReport = Schema.Struct({
  id: Schema.String,
  jobType: Schema.String,
  priority: Priority,
  reason: Schema.String,
  attempts: Schema.Number,
  replays: Schema.Number,
  acceptedAt: Schema.Number,
  deadAt: Schema.Number,
  errors: Schema.Array(Failure)
})

export const ControlResponse = Schema.Union(
  Schema.TaggedStruct("Job", { job: JobReport }),
  Schema.TaggedStruct("DeadLetters", { items: Schema.Array(DeadLetterReport), next: maybe(Schema.String) }),
  Schema.TaggedStruct("Depths", {
    depths: Schema.Array(Schema.Struct({ jobType: Schema.String, state: JobState, jobs: Schema.Number }))
  }),
  /** The command was not carried out; `message` is one line that says why and what to do. */
  Schema.TaggedStruct("Rejected", { message: Schema.String })
)
export type ControlResponse = typeof ControlResponse.Type

/** The response with a tag. */
export type ResponseOf<Tag extends ControlResponse["_tag"]> = Extract<ControlResponse, { readonly _tag: Tag }>

export const ControlRequestJson = Schema.parseJson(ControlRequest)
export const ControlResponseJson = Schema.parseJson(ControlResponse)
