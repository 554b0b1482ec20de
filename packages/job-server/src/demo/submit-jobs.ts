/** Handing jobs to the server, cancelling those that the plan has cancelled, and waiting until nothing is left to do. */
import { type JobError, JobService, type JobState } from "@parametric-portal/server/infra/jobs"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { jobTypes } from "../server/job-types.ts"
import type { PlannedJob } from "./plan.ts"

/** How many submissions are on their way at once. */
const atOnce = 16

/** How often to look whether a job runs, or whether any is left. */
const look = Schedule.spaced("100 millis")

/** A job that was submitted. */
export interface FedJob extends PlannedJob {
  readonly id: string
}

/** Submits jobs, `fed` running after each, and cancels those that are to be cancelled as soon as they run. */
export const feed = (jobs: ReadonlyArray<PlannedJob>, fed: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const service = yield* JobService
    const submit = (job: PlannedJob) =>
      Effect.map(Effect.zipLeft(service.submit(jobTypes[job.type], job.payload), fed), (id): FedJob => ({ ...job, id }))
    // One that was cancelled from elsewhere, or has ended, won't run any more.
    const begun = (id: string): Effect.Effect<JobState, JobError> =>
      Effect.flatMap(service.status(id), ({ state }) =>
        isWaiting(state) ? Effect.delay(begun(id), "100 millis") : Effect.succeed(state)
      )
    const submitAndCancel = (job: PlannedJob) =>
      Effect.tap(submit(job), ({ id }) =>
        Effect.flatMap(begun(id), (state) => (state === "running" ? cancelled(service.cancel(id)) : Effect.void))
      )
    const groups = yield* Effect.all(
      [
        Effect.forEach(
          jobs.filter(({ isCancelled }) => !isCancelled),
          submit,
          { concurrency: atOnce }
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

/** A job that has ended by then has nothing left to cancel. */
const cancelled = (cancel: Effect.Effect<void, JobError>) =>
  Effect.catchIf(
    cancel,
    ({ reason }) => reason === "NotFound" || reason === "AlreadyCancelled",
    () => Effect.void
  )

const isWaiting = (state: JobState): boolean => state === "ready" || state === "scheduled" || state === "retrying"

const depths = Effect.flatMap(JobService, ({ depth }) =>
  Effect.map(depth, (all) => all.filter(({ state }) => state !== "dead"))
)

/** How many jobs are alive: waiting or running. */
export const alive = Effect.map(depths, (all) => all.reduce((sum, { jobs }) => sum + jobs, 0))

/** Jobs were left, and nothing moved any more; `message` says which. */
export class Stuck extends Data.TaggedError("Stuck")<{ readonly message: string }> {}

/** No job of the demo's own takes longer than two minutes, and those of a lost runner go on within seconds. */
const patienceMs = 300_000

/** Waits until no job is alive. It fails when the numbers of jobs have been the same for five minutes. */
export const untilIdle = Effect.suspend(() => {
  let before = ""
  let since = performance.now()
  return depths.pipe(
    Effect.tap((all) => {
      const now = all
        .map(({ jobType, jobs, state }) => `${jobs} ${jobType} ${state}`)
        .sort()
        .join(", ")
      if (now !== before) since = performance.now()
      before = now
      return performance.now() - since < patienceMs
        ? Effect.void
        : new Stuck({ message: `nothing moved for ${patienceMs / 60_000} minutes while jobs were left: ${now}` })
    }),
    Effect.repeat({ until: (all) => all.length === 0, schedule: look }),
    Effect.asVoid
  )
})
