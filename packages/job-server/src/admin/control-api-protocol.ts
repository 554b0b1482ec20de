/** What a running job server is asked from another terminal, and what it answers: JSON over HTTP on the loopback. */
import type * as Jobs from "@parametric-portal/server/infra/jobs"
import * as Schema from "effect/Schema"
import { JobType } from "../server/work.ts"

// The library's own schemas would load the whole cluster into a command that is over in a moment: their types hold these.
const states = ["ready", "scheduled", "running", "retrying", "completed", "cancelled", "dead"] as const
const JobState: Schema.Schema<Jobs.JobState> = Schema.Literal(...states)

/** The priorities of jobs, most urgent first. */
export const priorities = ["critical", "high", "normal", "low"] as const satisfies ReadonlyArray<Jobs.Priority>
const Priority: Schema.Schema<Jobs.Priority> = Schema.Literal(...priorities)

/** One thing that is asked for. Files are absolute paths. */
export const Question = Schema.Union(
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
export type Question = typeof Question.Type

const Failure = Schema.Struct({
  attempt: Schema.Number,
  failedAt: Schema.Number,
  reason: Schema.String,
  message: Schema.String
})

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(schema)

/** A job as it stands, with the result of a completed one. Times are epoch milliseconds. */
export const JobAnswer = Schema.Struct({
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
export type JobAnswer = typeof JobAnswer.Type

const DeadAnswer = Schema.Struct({
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

export const Answer = Schema.Union(
  Schema.TaggedStruct("Job", { job: JobAnswer }),
  Schema.TaggedStruct("DeadLetters", { items: Schema.Array(DeadAnswer), next: maybe(Schema.String) }),
  Schema.TaggedStruct("Depths", {
    depths: Schema.Array(Schema.Struct({ jobType: Schema.String, state: JobState, jobs: Schema.Number }))
  }),
  /** It could not be done; `message` is one line that says what was given, what was expected, and the mend. */
  Schema.TaggedStruct("Refusal", { message: Schema.String })
)
export type Answer = typeof Answer.Type

export const QuestionJson = Schema.parseJson(Question)
export const AnswerJson = Schema.parseJson(Answer)
