/** Handing jobs to the server, cancelling those that the plan has cancelled, and waiting until nothing is left to do. */
import { JobService } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { jobTypes } from "./job-types.ts"
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
    const runs = (id: string) =>
      Effect.repeat(service.status(id), { until: ({ state }) => state === "running", schedule: look })
    const submitAndCancel = (job: PlannedJob) =>
      Effect.tap(submit(job), ({ id }) => Effect.zipRight(runs(id), service.cancel(id)))
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

/** How many jobs are alive: waiting or running. */
export const alive = Effect.flatMap(JobService, ({ depth }) =>
  Effect.map(depth, (depths) => depths.filter(({ state }) => state !== "dead").reduce((sum, { jobs }) => sum + jobs, 0))
)

/** Waits until no job is alive. */
export const untilIdle = Effect.asVoid(Effect.repeat(alive, { until: (jobs) => jobs === 0, schedule: look }))
