/** The depth of the queue, the ages and the dead letters, read from the tables by one runner of the cluster. */
import * as Singleton from "@effect/cluster/Singleton"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { jobStates } from "../../observe/catalogue/jobs.ts"
import { MetricsService, type Sample } from "../../observe/metrics.ts"
import { JobsConfig } from "./config.ts"
import { JobHandlers } from "./handlers.ts"
import type { Depth, Oldest } from "./store/depth.ts"
import { JobStore } from "./store.ts"

/**
 * Samples the four gauges of the whole cluster on whichever runner the singleton lives. A type that has a handler here
 * is there with zeros; another one while it has jobs.
 */
export const depthSampler = Singleton.make(
  "parametric-portal/jobs-depth",
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const store = yield* JobStore
    const handlers = yield* JobHandlers
    const { sampleEvery: every } = yield* JobsConfig
    const types = Effect.map(handlers.all, (all) => all.map(({ type }) => type))
    const ages = (oldest: Effect.Effect<ReadonlyArray<Oldest>, unknown>) =>
      Effect.map(Effect.all([types, oldest, Clock.currentTimeMillis]), agesOf)
    yield* MetricsService.sample({
      gauge: jobs.queueDepth,
      every,
      read: Effect.map(Effect.all([types, store.depth]), depthsOf)
    })
    yield* MetricsService.sample({ gauge: jobs.queueOldestAge, every, read: ages(store.oldestWaiting) })
    yield* MetricsService.sample({
      gauge: jobs.dlqSize,
      every,
      read: Effect.map(Effect.all([types, store.dead]), ([known, dead]) => countsOf(known, dead))
    })
    yield* MetricsService.sample({ gauge: jobs.dlqOldestAge, every, read: ages(store.oldestDead) })
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

const agesOf = ([types, oldest, now]: readonly [ReadonlyArray<string>, ReadonlyArray<Oldest>, number]): Array<
  Sample<"job_type">
> => {
  const since = new Map(oldest.map(({ jobType, since: ms }) => [jobType, ms]))
  return Array.from(new Set([...types, ...since.keys()]), (job_type) => ({
    labels: { job_type },
    value: Math.max(0, now - (since.get(job_type) ?? now)) / 1000
  }))
}

const sum = (depths: ReadonlyArray<Depth>): number => depths.reduce((total, { jobs }) => total + jobs, 0)
