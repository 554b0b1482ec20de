/** How it stands with all jobs, in numbers. */
import * as Effect from "effect/Effect"
import type { JobError, Jobs, JobState } from "../jobs.ts"
import type { RunnerSummary, Summary, TypeSummary } from "./api.ts"

/** Reads all numbers. Each is of its own moment: a job that moves meanwhile may be in two of them, or in none. */
export const summaryOf = (jobs: Jobs): Effect.Effect<Summary, JobError> =>
  Effect.gen(function* () {
    // Before the others, so that what is older than this time is counted.
    const now = yield* jobs.now
    const { depth, oldest, paused, runners, types } = yield* Effect.all({
      depth: jobs.depth,
      oldest: jobs.oldestReady,
      paused: jobs.paused,
      runners: jobs.runners,
      types: jobs.types
    })
    const known = new Set([...types, ...paused, ...depth.map(({ jobType }) => jobType)])
    const readings = {
      depth: new Map(depth.map(({ jobType, jobs: many, state }) => [placeOf(jobType, state), many])),
      oldest: new Map(oldest.map(({ ageMs, jobType }) => [jobType, ageMs])),
      paused: new Set(paused)
    }
    return {
      now,
      types: Array.from(known)
        .toSorted()
        .map((jobType) => typeOf(jobType, readings)),
      runners: runners.map(({ heartbeatAgeMs, name, running, slots }): RunnerSummary => ({
        name,
        running,
        ...(slots === undefined ? {} : { slots }),
        heartbeatAgeMs: Math.max(0, heartbeatAgeMs)
      }))
    }
  })

interface Readings {
  readonly depth: ReadonlyMap<string, number>
  readonly oldest: ReadonlyMap<string, number>
  readonly paused: ReadonlySet<string>
}

const placeOf = (jobType: string, state: JobState): string => `${state} ${jobType}`

const typeOf = (jobType: string, { depth, oldest, paused }: Readings): TypeSummary => {
  const inState = (state: JobState): number => depth.get(placeOf(jobType, state)) ?? 0
  const age = oldest.get(jobType)
  return {
    jobType,
    isPaused: paused.has(jobType),
    ready: inState("ready"),
    scheduled: inState("scheduled"),
    retrying: inState("retrying"),
    running: inState("running"),
    dead: inState("dead"),
    ...(age === undefined ? {} : { oldestReadyAgeMs: Math.max(0, age) })
  }
}
