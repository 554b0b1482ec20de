/** The jobs that are waiting or running, and waiting until there are none. */
import { JobService } from "@parametric-portal/server/infra/jobs"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { TimedOut } from "../server/time-limit.ts"

const depths = Effect.flatMap(JobService, ({ depth }) =>
  Effect.map(depth, (all) => all.filter(({ state }) => state !== "dead"))
)

export const countUnfinishedJobs = Effect.map(depths, (all) => all.reduce((sum, { jobs }) => sum + jobs, 0))

/** No job of the demo takes longer than two minutes, and those of a lost runner continue within seconds. */
const stallTimeoutMs = 300_000

/** Waits until all jobs have ended. It fails when the numbers of jobs have not changed for five minutes. */
export const untilAllJobsEnded = Effect.suspend(() => {
  let before = ""
  let since = performance.now()
  return depths.pipe(
    Effect.tap((all) => {
      const now = all
        .map(({ jobType, jobs, state }) => `${jobs} ${jobType} ${state}`)
        .sort()
        .join(", ")
      if (now !== before) {
        since = performance.now()
      }
      before = now
      return performance.now() - since < stallTimeoutMs
        ? Effect.void
        : new TimedOut({ message: `no job has made progress for ${stallTimeoutMs / 60_000} minutes: ${now}` })
    }),
    Effect.repeat({ until: (all) => all.length === 0, schedule: Schedule.spaced("100 millis") }),
    Effect.asVoid
  )
})
