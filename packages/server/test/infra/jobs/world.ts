/** Runners of jobs in this process: SQLite in memory, a cluster of one each, metrics in registries of their own. */
import * as SingleRunner from "@effect/cluster/SingleRunner"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import {
  JobEntityLive,
  JobHandlers,
  JobsConfig,
  JobService,
  type JobsOptions,
  JobStore,
  settingsOf
} from "../../../src/infra/jobs.ts"
import { service } from "../../../src/infra/jobs/service.ts"
import * as Testing from "../../../src/observe/testing.ts"

export const sqlite = Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))

/** A cluster of one over a database. */
export const cluster = Layer.orDie(
  SingleRunner.layer({
    runnerStorage: "memory",
    // The test's clock stops at each thing that is to be done at a time, so let there be few.
    shardingConfig: {
      shardsPerGroup: 8,
      simulateRemoteSerialization: false,
      refreshAssignmentsInterval: "1 hour",
      entityMessagePollInterval: "1 hour",
      shardLockRefreshInterval: "1 hour",
      shardLockExpiration: "10 hours"
    }
  })
)

/** Everything for one runner, with its handlers. */
export const world = <A, E, R>(handlers: Layer.Layer<A, E, R>, options?: JobsOptions) =>
  handlers.pipe(
    Layer.provideMerge(JobService.layer({ lanes: 4, wakeEvery: "2 seconds", ...options })),
    Layer.provideMerge(cluster),
    Layer.provideMerge(sqlite),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )

type Store = typeof JobStore.Service

/** The same with a store of which some members do something else. */
export const worldWith = <A, E, R>(
  handlers: Layer.Layer<A, E, R>,
  changed: (store: Store) => Partial<Store>,
  options?: JobsOptions
) =>
  handlers.pipe(
    Layer.provideMerge(Layer.merge(service, JobEntityLive)),
    Layer.provideMerge(JobHandlers.layer),
    Layer.provide(
      Layer.effect(
        JobStore,
        Effect.map(JobStore, (store) => ({ ...store, ...changed(store) }))
      ).pipe(Layer.provide(JobStore.layer))
    ),
    Layer.provide(Layer.succeed(JobsConfig, settingsOf({ lanes: 4, wakeEvery: "2 seconds", ...options }))),
    Layer.provideMerge(cluster),
    Layer.provideMerge(sqlite),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )

/** Lets fibers run that have something to do at once. */
export const breathe: Effect.Effect<void> = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 0)))

/** Lets so much time pass, in steps, with pauses for what goes on in between. */
export const pass = (ms: number, step = 250): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* breathe
    for (let passed = 0; passed < ms; passed += step) {
      yield* TestClock.adjust(Math.min(step, ms - passed))
      yield* breathe
    }
  })

/** Runs an effect and lets time pass until it has ended; one that does not end is a defect and no test that hangs. */
export const within = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* breathe
    for (let step = 0; step < 400 && fiber.unsafePoll() === null; step += 1) {
      yield* pass(100, 100)
    }
    if (fiber.unsafePoll() === null) {
      return yield* Effect.dieMessage("did not end within 40 seconds of the test's clock")
    }
    return yield* Fiber.join(fiber)
  })

/** What the tables say, in the terms of the law. */
export const totals = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<Record<string, number | string>>`
    SELECT count(*) AS enqueued, sum(replays) AS replays, sum(retries) AS retries, sum(redeliveries) AS redelivered,
      sum(CASE WHEN state = 'completed' THEN 1 ELSE 0 END) AS completions,
      sum(CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END) AS cancellations,
      sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END) + sum(replays) AS "deadLettered",
      sum(CASE WHEN state IN ('ready', 'scheduled', 'running', 'retrying') THEN 1 ELSE 0 END) AS held,
      (SELECT count(*) FROM job_errors) AS failures
    FROM jobs`
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
