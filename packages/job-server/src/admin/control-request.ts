/** Carries out one request of the control API. */
import { type JobError, JobService, type JobStatus } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { jobTypes } from "../server/job-types.ts"
import { JobType } from "../server/work.ts"
import type { ControlRequest, ControlResponse, JobReport, RequestOf } from "./control-api-protocol.ts"

export interface HandleOptions {
  /** Writes a line to the terminal of the server. */
  readonly say: (line: string) => Effect.Effect<void>
  /** Called for each job that is submitted. */
  readonly submitted: () => void
  /** Called before and after each request that changes a job. */
  readonly changed: () => void
}

export const rejected = (message: string): ControlResponse => ({ _tag: "Rejected", message })

export const handle = (
  request: ControlRequest,
  options: HandleOptions
): Effect.Effect<ControlResponse, JobError, JobService> => {
  switch (request._tag) {
    case "Submit":
      return reportingChange(submit(request, options), options)
    case "Cancel":
      return reportingChange(change(request, options), options)
    case "Replay":
      return reportingChange(change(request, options), options)
    case "Status":
      return status(request.id)
    case "Dead":
      return Effect.flatMap(JobService, ({ deadLetters }) =>
        Effect.map(
          deadLetters.list({ jobType: request.type, limit: request.limit, after: request.after }),
          (page): ControlResponse => ({ _tag: "DeadLetters", ...page })
        )
      )
    case "Depth":
      return Effect.flatMap(JobService, ({ depth }) =>
        Effect.map(depth, (depths): ControlResponse => ({ _tag: "Depths", depths }))
      )
  }
}

const reportingChange = <A, E, R>(effect: Effect.Effect<A, E, R>, options: HandleOptions): Effect.Effect<A, E, R> => {
  const changed = Effect.sync(options.changed)
  return Effect.ensuring(Effect.zipRight(changed, effect), changed)
}

const submit = ({ file, priority, type }: RequestOf<"Submit">, { say, submitted }: HandleOptions) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* jobs.submit(jobTypes[type], { file, busyAttempts: 0, waitMs: 0 }, { priority })
    submitted()
    yield* say(`${type} ${file} was submitted from another terminal: ${id}`)
    return yield* status(id)
  })

const changes = {
  Cancel: { done: "cancelled", hint: "Only a waiting or running job can be cancelled." },
  Replay: { done: "replayed", hint: "Only a dead letter can be replayed; npm run jobs -- dead lists them." }
} as const

const change = ({ _tag, id }: RequestOf<"Cancel" | "Replay">, { say }: HandleOptions) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const result = yield* Effect.either(_tag === "Cancel" ? jobs.cancel(id) : jobs.deadLetters.replay(id))
    const now = yield* status(id)
    if (result._tag === "Right") {
      yield* say(`${id} was ${changes[_tag].done} from another terminal.`)
      return now
    }
    if (now._tag === "Rejected") {
      return now
    }
    const { message, reason } = result.left
    return reason === "NotFound" || reason === "AlreadyCancelled"
      ? rejected(`Job ${id} is ${now.job.state}. ${changes[_tag].hint}`)
      : rejected(`${id}: ${message}`)
  })

const status = (id: string) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const job: JobReport = { ...(yield* jobs.status(id)) }
    const result = yield* resultOf(job)
    const response = { _tag: "Job" as const, job: result === undefined ? job : { ...job, result } }
    return response satisfies ControlResponse
  }).pipe(
    Effect.catchIf(
      ({ reason }) => reason === "NotFound",
      () =>
        Effect.succeed({
          _tag: "Rejected" as const,
          message:
            `There is no job ${JSON.stringify(id)}. ` +
            "Use an id that submit printed, or one that npm run jobs -- dead lists."
        })
    )
  )

const resultOf = ({ id, jobType, state }: Pick<JobStatus, "id" | "jobType" | "state">) =>
  Effect.gen(function* () {
    if (state !== "completed" || !Schema.is(JobType)(jobType)) {
      return undefined
    }
    const result = yield* Effect.flatMap(JobService, (jobs) => jobs.result(jobTypes[jobType], id))
    return result._tag === "Completed" ? result.value : undefined
  })
