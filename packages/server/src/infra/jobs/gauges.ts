/** The depth of the queue, the ages and the dead letters, read from the tables by one runner of the cluster. */
import * as Singleton from "@effect/cluster/Singleton"
import * as Effect from "effect/Effect"
import { jobStates } from "../../observe/catalogue/jobs.ts"
import { MetricsService, type Sample } from "../../observe/metrics.ts"
import { JobsConfig } from "./config.ts"
import { JobHandlers } from "./definition/handlers.ts"
import type { Depth, Oldest } from "./store/operations.ts"
import { seldom } from "./seldom.ts"
import { JobStore } from "./store.ts"

/**
 * Samples the four gauges of the whole cluster on whichever runner the singleton lives. A type that has a handler here
 * is there with zeros; another one while it has jobs.
 */
export const depthSampler = Singleton.make(
  "parametric-portal/jobs-depth",
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const { dead, depth, oldestDead, oldestWaiting } = yield* JobStore
    const handlers = yield* JobHandlers
    const { sampleInterval: every } = yield* JobsConfig
    const types = Effect.map(handlers.all, (all) => all.map(({ type }) => type))
    yield* MetricsService.sample({
      gauge: jobs.queueDepth,
      every,
      read: Effect.map(Effect.all([types, yield* seldom(depth)]), depthsOf)
    })
    yield* MetricsService.sample({
      gauge: jobs.queueOldestAge,
      every,
      read: Effect.map(Effect.all([types, yield* seldom(oldestWaiting)]), agesOf)
    })
    yield* MetricsService.sample({
      gauge: jobs.dlqSize,
      every,
      read: Effect.map(Effect.all([types, yield* seldom(dead)]), ([known, dead]) => countsOf(known, dead))
    })
    yield* MetricsService.sample({
      gauge: jobs.dlqOldestAge,
      every,
      read: Effect.map(Effect.all([types, yield* seldom(oldestDead)]), agesOf)
    })
    return yield* Effect.never
  })
)

const depthsOf = ([types, depths]: readonly [ReadonlyArray<string>, ReadonlyArray<Depth>]): Array<
  Sample<"job_type" | "state">
> => {
  const known = new Set([...types, ...depths.map(({ jobType }) => jobType)])
  return Array.from(known).flatMap((job_type) =>
    jobStates.map((state) => ({
      labels: { job_type, state },
      value: sum(depths.filter((depth) => depth.jobType === job_type && depth.state === state))
    }))
  )
}

const countsOf = (types: ReadonlyArray<string>, counts: ReadonlyArray<Depth>): Array<Sample<"job_type">> =>
  Array.from(new Set([...types, ...counts.map(({ jobType }) => jobType)]), (job_type) => ({
    labels: { job_type },
    value: sum(counts.filter(({ jobType }) => jobType === job_type))
  }))

const agesOf = ([types, oldest]: readonly [ReadonlyArray<string>, ReadonlyArray<Oldest>]): Array<
  Sample<"job_type">
> => {
  const ages = new Map(oldest.map(({ ageMs, jobType }) => [jobType, ageMs]))
  return Array.from(new Set([...types, ...ages.keys()]), (job_type) => ({
    labels: { job_type },
    value: Math.max(0, ages.get(job_type) ?? 0) / 1000
  }))
}

const sum = (depths: ReadonlyArray<Depth>): number => depths.reduce((total, { jobs }) => total + jobs, 0)
