/** Recurring jobs: `ClusterCron` tells of the ticks, and each tick is one job however often it is told. */
import * as ClusterCron from "@effect/cluster/ClusterCron"
import * as SingleRunner from "@effect/cluster/SingleRunner"
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Cron from "effect/Cron"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { eventually, sqlite } from "./world.ts"

const Report = Job.make({ type: "report", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
const Digest = Job.make({ type: "digest", payload: Schema.Number, success: Schema.Void, error: Schema.Never })

const everySecond = "* * * * * *"

const world = <A, E, R>(
  schedules: Layer.Layer<A, E, R>,
  entityMessagePollInterval: "100 millis" | "1 hour" = "100 millis"
) =>
  schedules.pipe(
    Layer.provideMerge(JobService.layer({ partitions: 2 })),
    Layer.provide(
      SingleRunner.layer({
        runnerStorage: "memory",
        shardingConfig: { shardsPerGroup: 4, entityMessagePollInterval }
      })
    ),
    Layer.provideMerge(sqlite),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie,
    // The cluster logs each tick that fails.
    Layer.provide(Logger.remove(Logger.defaultLogger))
  )

const payloads = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly payload: string }>`
      SELECT payload FROM jobs UNION ALL SELECT payload FROM jobs_done ORDER BY payload`,
    (rows) => rows.map(({ payload }) => payload)
  )
)

it.live("submits one job a tick, with the payload of the tick", () =>
  Effect.gen(function* () {
    yield* eventually(Effect.map(payloads, (all) => expect(all.length).toBeGreaterThanOrEqual(3)))
    const ticks = (yield* payloads).map(Number)
    expect(ticks.every((tick) => tick % 1000 === 0)).toBe(true)
    expect(ticks.map((tick) => tick - (ticks[0] ?? 0))).toEqual(ticks.map((_, index) => index * 1000))
  }).pipe(Effect.provide(world(Digest.schedule(everySecond, { payload: (tick) => tick }))))
)

it.live("submits at the tick, however seldom the cluster looks for messages", () =>
  Effect.gen(function* () {
    yield* eventually(Effect.map(payloads, (all) => expect(all.length).toBeGreaterThanOrEqual(3)))
    const ticks = (yield* payloads).map(Number)
    expect(ticks.map((tick) => tick - (ticks[0] ?? 0))).toEqual(ticks.map((_, index) => index * 1000))
  }).pipe(Effect.provide(world(Digest.schedule(everySecond, { payload: (tick) => tick }), "1 hour")))
)

it.live("tells schedules of one kind apart by their names, and makes no payload where there is none", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    yield* eventually(
      Effect.map(jobs.depth, (depth) =>
        expect(depth.find(({ jobType }) => jobType === "report")?.jobs).toBeGreaterThanOrEqual(4)
      )
    )
  }).pipe(
    Effect.provide(
      world(
        Layer.mergeAll(Report.schedule(everySecond), Report.schedule(Cron.unsafeParse(everySecond), { name: "two" }))
      )
    )
  )
)

it.live("makes one job of a tick that is told twice, also where the job is done", () =>
  Effect.gen(function* () {
    // Two schedules that the cluster holds for two, and jobs for one: what a message does that is delivered again.
    const ticks = yield* payloads
    expect(ticks).toEqual([])
    yield* eventually(Effect.map(payloads, (all) => expect(all.length).toBeGreaterThanOrEqual(3)))
    const all = yield* payloads
    expect(new Set(all).size).toBe(all.length)
  }).pipe(
    Effect.provide(
      world(
        Layer.mergeAll(
          Digest.schedule(everySecond, { payload: (tick) => tick }),
          Digest.toLayer(() => Effect.void),
          ClusterCron.make({
            name: "again",
            cron: Cron.unsafeParse(everySecond),
            execute: Effect.flatMap(JobService, (jobs) => {
              const tick = Cron.prev(Cron.unsafeParse(everySecond), Date.now() + 1).getTime()
              return jobs.submit(Digest, tick, { unique: { key: `schedule  ${tick}`, for: "1 day" } })
            })
          })
        )
      )
    )
  )
)

it.live("counts a tick whose payload can't be made, and goes on", () =>
  Effect.gen(function* () {
    yield* eventually(
      Effect.gen(function* () {
        const now = yield* Testing.snapshot
        expect(now['jobs_failed_total{job_type="digest",reason="Validation"}']).toBeGreaterThanOrEqual(2)
      })
    )
  }).pipe(
    Effect.provide(
      world(
        Digest.schedule(everySecond, {
          payload: () => {
            throw new Error("no payload")
          }
        })
      )
    )
  )
)
