/** A runner of jobs in this process: SQLite in memory, a cluster of one, metrics in a registry of their own. */
import * as SingleRunner from "@effect/cluster/SingleRunner"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { type Job, JobService, type JobsOptions } from "../../../src/infra/jobs.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"

export const sqlite = SqliteClient.layer({ filename: ":memory:" })

/** A runner over a database that outlives it. */
export const runner = (options: JobsOptions = {}) =>
  JobService.layer({ lanes: 4, ...options }).pipe(
    Layer.provide(Layer.orDie(SingleRunner.layer({ runnerStorage: "memory" })))
  )

/** Everything, with the handlers. */
export const world = <A, E, R>(handlers: Layer.Layer<A, E, R>, options?: JobsOptions) =>
  handlers.pipe(
    Layer.provideMerge(runner(options)),
    Layer.provideMerge(sqlite),
    Layer.provideMerge(MetricsService.layer({ registry: "own" })),
    Layer.orDie
  )

/** Lets so much time pass, in steps, with pauses for what goes on in between. */
export const pass = (ms: number, step = 100): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let passed = 0; passed < ms; passed += step) {
      yield* TestClock.adjust(Math.min(step, ms - passed))
      yield* breathe
    }
  })

/** Lets fibers run that have something to do at once. */
export const breathe: Effect.Effect<void> = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** What the tables say, in the terms of the law. */
export const ledger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Record<string, number>>`
    SELECT count(*) AS enqueued, coalesce(sum(replays), 0) AS replays, coalesce(sum(retries), 0) AS retries,
      coalesce(sum(redeliveries), 0) AS redelivered,
      coalesce(sum(CASE WHEN state = 'completed' THEN 1 ELSE 0 END), 0) AS completed,
      coalesce(sum(CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END), 0) AS cancelled,
      coalesce(sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) + coalesce(sum(replays), 0) AS "deadLettered",
      coalesce(sum(CASE WHEN state IN ('ready', 'scheduled', 'running', 'retrying') THEN 1 ELSE 0 END), 0) AS held,
      (SELECT count(*) FROM job_errors) AS failed
    FROM jobs`
  return Object.fromEntries(Object.entries(row ?? {}).map(([key, value]) => [key, Number(value)]))
})

/** The sum of a counter over all of its series. */
export const total = (
  handle:
    | "enqueued"
    | "replays"
    | "retries"
    | "redelivered"
    | "completions"
    | "cancellations"
    | "deadLettered"
    | "failures"
    | "duplicates"
) =>
  Effect.map(MetricsService, ({ jobs }) => {
    const { row } = jobs[handle]
    return { name: row.name, handle: jobs[handle] }
  })

export type AnyJob = Job.Job<string, unknown, unknown, unknown>
