/** Submits planned jobs, and cancels those that the plan wants cancelled. */
import { type JobError, JobService, type JobState } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import { jobTypes } from "../server/job-types.ts"
import type { PlannedJob } from "./plan.ts"

const concurrentSubmissions = 16

export interface SubmittedJob extends PlannedJob {
  readonly id: string
}

/** Submits jobs, runs `submitted` after each, and cancels those to be cancelled as soon as they run. */
export const submitJobs = (jobs: ReadonlyArray<PlannedJob>, submitted: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const service = yield* JobService
    const submit = (job: PlannedJob) =>
      Effect.map(Effect.zipLeft(service.submit(jobTypes[job.type], job.payload), submitted), (id): SubmittedJob => ({
        ...job,
        id
      }))
    const stateOnceStarted = (id: string): Effect.Effect<JobState, JobError> =>
      Effect.flatMap(service.status(id), ({ state }) =>
        isWaiting(state) ? Effect.delay(stateOnceStarted(id), "100 millis") : Effect.succeed(state)
      )
    const submitAndCancel = (job: PlannedJob) =>
      Effect.tap(submit(job), ({ id }) =>
        Effect.flatMap(stateOnceStarted(id), (state) =>
          state === "running" ? ignoreEnded(service.cancel(id)) : Effect.void
        )
      )
    const groups = yield* Effect.all(
      [
        Effect.forEach(
          jobs.filter(({ isCancelled }) => !isCancelled),
          submit,
          { concurrency: concurrentSubmissions }
        ),
        Effect.forEach(
          jobs.filter(({ isCancelled }) => isCancelled),
          submitAndCancel,
          { concurrency: "unbounded" }
        )
      ],
      { concurrency: "unbounded" }
    )
    return groups.flat()
  })

/** The job may have ended, or may have been cancelled from another terminal. */
const ignoreEnded = (cancel: Effect.Effect<void, JobError>) =>
  Effect.catchIf(
    cancel,
    ({ reason }) => reason === "NotFound" || reason === "AlreadyCancelled",
    () => Effect.void
  )

const isWaiting = (state: JobState): boolean => state === "ready" || state === "scheduled" || state === "retrying"
