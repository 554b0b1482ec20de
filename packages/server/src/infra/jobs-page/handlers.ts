/** The endpoints of the API over a service of jobs. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { JobError, Jobs, JobStatus } from "../jobs.ts"
import { logged } from "./actions.ts"
import { answered, answeredOf } from "./answers.ts"
import { type JobDetail, type JobPage, JobsApi, type ListParameters, type Summary } from "./api.ts"
import { Caller } from "./caller.ts"
import { many } from "./dead-letters.ts"
import type { SharedRead } from "./shared-read.ts"
import { payloadOf, type ViewOptions, viewOf } from "./views.ts"

/** What the endpoints answer from. */
export interface HandlerOptions {
  readonly jobs: Jobs
  readonly summary: SharedRead<Summary, JobError>
  readonly view: ViewOptions
}

/** The endpoints. That a caller may use them was found before. */
export const handlers = (options: HandlerOptions): Layer.Layer<HttpApiGroup.ApiGroup<"jobs", "jobs">> => {
  const { jobs, summary } = options
  const { deadLetters } = jobs
  const oneOf = (action: "cancel" | "replay", make: (id: string) => Effect.Effect<void, JobError>) => (id: string) =>
    Effect.zipRight(logged({ action, job: id }, answeredOf(make(id))), answeredOf(detail(options, id)))
  const cancel = oneOf("cancel", jobs.cancel)
  const replay = oneOf("replay", deadLetters.replay)
  const ofType = (action: "pause" | "resume") => (jobType: string) =>
    Effect.zipRight(logged({ action, jobType }, answered(jobs[action](jobType))), answered(summary.renew))
  return HttpApiBuilder.group(JobsApi, "jobs", (group) =>
    group
      .handle("access", () => access(options))
      .handle("summary", () => answered(summary.get))
      .handle("list", ({ urlParams }) => answered(list(options, urlParams)))
      .handle("job", ({ path }) => answeredOf(detail(options, path.id)))
      .handle("cancel", ({ path }) => cancel(path.id))
      .handle("replay", ({ path }) => replay(path.id))
      .handle("replayDead", ({ payload }) => many("replay", jobs, payload))
      .handle("deleteDead", ({ payload }) => many("delete", jobs, payload))
      .handle("pause", ({ path }) => ofType("pause")(path.type))
      .handle("resume", ({ path }) => ofType("resume")(path.type))
  )
}

const access = ({ view }: HandlerOptions) =>
  Effect.map(Caller, ({ level, who }) => ({
    level: level === "write" ? ("write" as const) : ("read" as const),
    who,
    hasPayloads: view.formatPayload !== undefined
  }))

const list = (
  { jobs, view }: HandlerOptions,
  { after, limit, order, state, type: jobType }: typeof ListParameters.Type
): Effect.Effect<JobPage, JobError> =>
  Effect.gen(function* () {
    const { items, next } = yield* jobs.list(state, { jobType, order, limit, after })
    return { now: yield* jobs.now, items: yield* views(items, view), ...(next === undefined ? {} : { next }) }
  })

const views = (items: ReadonlyArray<JobStatus>, view: ViewOptions) => Effect.forEach(items, (job) => viewOf(job, view))

const detail = ({ jobs, view }: HandlerOptions, id: string): Effect.Effect<JobDetail, JobError> =>
  Effect.gen(function* () {
    const status = yield* jobs.status(id)
    const { formatPayload } = view
    const job = yield* viewOf(status, view)
    const now = yield* jobs.now
    return formatPayload === undefined
      ? { now, job }
      : { now, job, payload: yield* payloadOf(formatPayload, status.jobType, yield* jobs.payload(id)) }
  })
