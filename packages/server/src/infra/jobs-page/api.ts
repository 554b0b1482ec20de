/**
 * The HTTP API that the page of jobs uses, as a definition: `HttpApiClient.make(JobsApi)` makes a typed client of it for
 * scripts, and its OpenAPI document comes from it as well. Times are epoch milliseconds of the database's clock.
 *
 * @module
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { JobState } from "../jobs/store/state.ts"
import { Priority } from "../jobs/definition/priority.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** What the caller may do, and what the page can show. */
export const Access = Schema.Struct({
  /** `read` shows, `write` also changes. */
  level: Schema.Literal("read", "write"),
  /** Who the application says the caller is; actions are logged with it. */
  who: Schema.String,
  /** Whether payloads are shown: the application gave a formatter. */
  hasPayloads: Schema.Boolean
})
export type Access = typeof Access.Type

/** The jobs of a type by state. */
export const TypeSummary = Schema.Struct({
  jobType: Schema.String,
  isPaused: Schema.Boolean,
  ready: Schema.Number,
  scheduled: Schema.Number,
  retrying: Schema.Number,
  running: Schema.Number,
  dead: Schema.Number,
  /** How long the oldest one that could run has waited. */
  oldestReadyAgeMs: optional(Schema.Number)
})
export type TypeSummary = typeof TypeSummary.Type

/** A process that runs jobs. */
export const RunnerSummary = Schema.Struct({
  name: Schema.String,
  running: Schema.Number,
  /** How many it runs at once at most, of all types together, where that is known. */
  slots: optional(Schema.Number),
  /** How long ago it last said that it lives. */
  heartbeatAgeMs: Schema.Number
})
export type RunnerSummary = typeof RunnerSummary.Type

/** How it stands with all jobs. */
export const Summary = Schema.Struct({
  /** The time of the database. */
  now: Schema.Number,
  types: Schema.Array(TypeSummary),
  runners: Schema.Array(RunnerSummary)
})
export type Summary = typeof Summary.Type

/** A failed attempt. */
export const Failure = Schema.Struct({
  attempt: Schema.Number,
  failedAt: Schema.Number,
  reason: Schema.String,
  message: Schema.String
})
export type Failure = typeof Failure.Type

/** A job as it stands. */
export const JobView = Schema.Struct({
  id: Schema.String,
  jobType: Schema.String,
  state: JobState,
  priority: Priority,
  /** The number of the last attempt that began, since the last replay; 0 before the first. */
  attempt: Schema.Number,
  acceptedAt: Schema.Number,
  dueAt: Schema.Number,
  /** When its last attempt began. */
  startedAt: optional(Schema.Number),
  finishedAt: optional(Schema.Number),
  replays: Schema.Number,
  redeliveries: Schema.Number,
  /** The runner that holds it. */
  heldBy: optional(Schema.String),
  /** Why it is dead. */
  reason: optional(Schema.String),
  progress: optional(Schema.Struct({ ratio: Schema.Number, note: optional(Schema.String) })),
  /** Oldest first, over replays. */
  errors: Schema.Array(Failure),
  /** The trace that it was submitted in. */
  traceId: optional(Schema.String),
  /** Where that trace can be read: what the application's `traceUrl` makes of it. */
  traceUrl: optional(Schema.String),
  /** The trace of its last attempt that has ended, of a job that may run again or is dead. */
  lastTraceId: optional(Schema.String),
  lastTraceUrl: optional(Schema.String)
})
export type JobView = typeof JobView.Type

/** One job with what only its own screen shows. */
export const JobDetail = Schema.Struct({
  now: Schema.Number,
  job: JobView,
  /** What the application's formatter makes of its payload; absent without a formatter. */
  payload: optional(Schema.String)
})
export type JobDetail = typeof JobDetail.Type

/** A page of jobs. */
export const JobPage = Schema.Struct({
  now: Schema.Number,
  items: Schema.Array(JobView),
  /** The `after` of the next page; absent on the last one. */
  next: optional(Schema.String)
})
export type JobPage = typeof JobPage.Type

/** Which page of jobs. */
export const ListParameters = Schema.Struct({
  state: JobState,
  type: optional(Schema.String),
  order: optional(Schema.Literal("oldest", "newest")),
  limit: optional(Schema.NumberFromString),
  after: optional(Schema.String)
})

/**
 * Which dead letters: those of these ids, 10,000 at most, or all that match. Nothing is done where more match than
 * `expected`, which is what the person has confirmed.
 */
export const DeadLetterSelection = Schema.Union(
  Schema.Struct({ ids: Schema.Array(Schema.String) }),
  Schema.Struct({
    type: optional(Schema.String),
    /** Those that died before this time, which has passed: the `now` of an answer, say. */
    before: Schema.Number,
    expected: Schema.Number
  })
)
export type DeadLetterSelection = typeof DeadLetterSelection.Type

/** What was done, and what was not. */
export const Done = Schema.Struct({
  done: Schema.Number,
  /** Why some were left: by the time they were no dead letters, say. At most a hundred. */
  left: Schema.Array(Schema.Struct({ id: Schema.String, message: Schema.String })),
  /** How many were left, those without a reason here included. */
  leftCount: Schema.Number,
  /** How many more were chosen, and not come to within 20 seconds: ask again for them. */
  remaining: Schema.Number
})
export type Done = typeof Done.Type

/** The caller may not do this. */
export class Forbidden extends Schema.TaggedError<Forbidden>()(
  "Forbidden",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 403 })
) {}

/** There is no such job. */
export class NotFound extends Schema.TaggedError<NotFound>()(
  "NotFound",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 404 })
) {}

/** The job, or the request, is not one that this can be done with. */
export class Refused extends Schema.TaggedError<Refused>()(
  "Refused",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 409 })
) {}

/** The database can't be reached: try again later. */
export class Unavailable extends Schema.TaggedError<Unavailable>()(
  "Unavailable",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 503 })
) {}

const id = HttpApiSchema.param("id", Schema.String)
const type = HttpApiSchema.param("type", Schema.String)

/** The API, relative to where the page is mounted. */
export class JobsApi extends HttpApi.make("jobs")
  .add(
    HttpApiGroup.make("jobs")
      .add(HttpApiEndpoint.get("access", "/access").addSuccess(Access))
      .add(HttpApiEndpoint.get("summary", "/summary").addSuccess(Summary))
      .add(HttpApiEndpoint.get("list", "/list").setUrlParams(ListParameters).addSuccess(JobPage))
      .add(HttpApiEndpoint.get("job")`/job/${id}`.addSuccess(JobDetail).addError(NotFound))
      .add(HttpApiEndpoint.post("cancel")`/job/${id}/cancel`.addSuccess(JobDetail).addError(NotFound))
      .add(HttpApiEndpoint.post("replay")`/job/${id}/replay`.addSuccess(JobDetail).addError(NotFound))
      .add(HttpApiEndpoint.post("replayDead", "/dead/replay").setPayload(DeadLetterSelection).addSuccess(Done))
      .add(HttpApiEndpoint.post("deleteDead", "/dead/delete").setPayload(DeadLetterSelection).addSuccess(Done))
      .add(HttpApiEndpoint.post("pause")`/type/${type}/pause`.addSuccess(Summary))
      .add(HttpApiEndpoint.post("resume")`/type/${type}/resume`.addSuccess(Summary))
      .addError(Forbidden)
      .addError(Refused)
      .addError(Unavailable)
  )
  .prefix("/jobs") {}
