/** Services of jobs in this process, on real databases and by their clock; metrics in registries of their own. */
import * as SingleRunner from "@effect/cluster/SingleRunner"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestServices from "effect/TestServices"
import { JobService, type JobsOptions } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Postgres } from "../../support/postgres.ts"

/** A database with nothing in it. */
export type Database = Layer.Layer<SqlClient.SqlClient>

export const sqlite: Database = Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))

/** A cluster of one over a database. */
export const cluster = Layer.orDie(
  SingleRunner.layer({
    runnerStorage: "memory",
    shardingConfig: { shardsPerGroup: 8, simulateRemoteSerialization: false }
  })
)

const quick: JobsOptions = {
  partitions: 4,
  pollInterval: "100 millis",
  lease: "1 second",
  sampleInterval: "100 millis"
}

/** Everything for one runner, with its handlers and schedules. */
export const world = <A, E, R>(handlers: Layer.Layer<A, E, R>, options?: JobsOptions, database = sqlite) =>
  handlers.pipe(
    Layer.provideMerge(JobService.layer({ ...quick, ...options })),
    Layer.provideMerge(cluster),
    Layer.provideMerge(database),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )

/** A service that only submits. */
export const client = (options?: JobsOptions, database = sqlite) =>
  JobService.layerClient(options).pipe(Layer.provideMerge(database), Layer.provideMerge(Testing.layer()), Layer.orDie)

/** What is promised, by its sentence, of whatever database. */
export type Promises = Record<string, (database: Database) => Effect.Effect<void, unknown>>

/** Tests each promise on SQLite and on PostgreSQL, by the real clock. */
export const onBoth = (name: string, promises: Promises): void => {
  describe("on SQLite", () => {
    for (const [title, promise] of Object.entries(promises)) {
      // oxlint-disable-next-line rooms/expects -- each of the promises expects
      it.effect(title, () => TestServices.provideLive(promise(sqlite)))
    }
  })
  it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
    for (const [index, [title, promise]] of Object.entries(promises).entries()) {
      // oxlint-disable-next-line rooms/expects -- each of the promises expects
      it.effect(title, () =>
        Effect.flatMap(Postgres, (server) => {
          const database = Postgres.client(`${name}_${index}`).pipe(
            Layer.provide(Layer.succeed(Postgres, server)),
            Layer.orDie
          )
          return TestServices.provideLive(promise(database))
        })
      )
    }
  })
}

/** Looks again until it passes, for some seconds; then it is as it was the last time. */
export const eventually = <A, E, R>(look: Effect.Effect<A, E, R>): Effect.Effect<A, unknown, R> =>
  Effect.sandbox(look).pipe(
    Effect.retry(Schedule.intersect(Schedule.spaced("20 millis"), Schedule.recurs(400))),
    Effect.unsandbox
  )

/** What the tables say, in the terms of the law. */
export const totals = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Record<string, number | string>>`
    SELECT count(*) AS enqueued, sum(replays) AS replays, sum(retries) AS retries, sum(redeliveries) AS redelivered,
      sum(CASE WHEN state = 2 THEN 1 ELSE 0 END) AS completions,
      sum(CASE WHEN state = 3 THEN 1 ELSE 0 END) AS cancellations,
      sum(CASE WHEN state = 4 THEN 1 ELSE 0 END) + sum(replays) AS "deadLettered",
      sum(CASE WHEN state IN (0, 1) THEN 1 ELSE 0 END) AS held,
      (SELECT count(*) FROM job_errors) AS failures
    FROM (SELECT state, replays, retries, redeliveries FROM jobs
      UNION ALL SELECT state, replays, retries, redeliveries FROM jobs_done) every_job`
  const number = (name: string): number => Number(row?.[name] ?? 0)
  return {
    enqueued: number("enqueued"),
    replays: number("replays"),
    retries: number("retries"),
    redelivered: number("redelivered"),
    completions: number("completions"),
    cancellations: number("cancellations"),
    deadLettered: number("deadLettered"),
    failures: number("failures"),
    held: number("held")
  }
})

/** The sum of a counter over those of its series whose text passes. */
export const totalOf = (snapshot: Testing.Snapshot, name: string, passes = (_text: string) => true): number =>
  Object.entries(snapshot)
    .filter(([text]) => text.startsWith(`${name}{`) && passes(text))
    .reduce((sum, [, value]) => sum + (typeof value === "number" ? value : value.count), 0)

/** How often a counter of job operations moved, over all its series. */
export const counted = (name: string) => Effect.map(Testing.snapshot, (now) => totalOf(now, name))
