/** Recurring jobs: `ClusterCron` submits them, and each tick is one job however often its message is delivered. */
import * as ClusterCron from "@effect/cluster/ClusterCron"
import * as SingleRunner from "@effect/cluster/SingleRunner"
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Cron from "effect/Cron"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { totals, pass, sqlite } from "./world.ts"

const Report = Job.make({ type: "report", payload: Schema.Void, success: Schema.Void, error: Schema.Never })

const everyMinute = ClusterCron.make({
  name: "report",
  cron: Cron.unsafeParse("* * * * *"),
  execute: Effect.gen(function* () {
    const jobs = yield* JobService
    const minute = Math.floor((yield* Clock.currentTimeMillis) / 60_000)
    yield* jobs.submit(Report, undefined, { dedupeKey: `minute ${minute}` })
  })
})

const world = Layer.mergeAll(
  everyMinute,
  Report.toLayer(() => Effect.void)
).pipe(
  Layer.provideMerge(JobService.layer({ lanes: 2, wakeEvery: "5 seconds", sampleEvery: "1 hour" })),
  Layer.provide(SingleRunner.layer({ runnerStorage: "memory", shardingConfig: { shardsPerGroup: 4 } })),
  Layer.provideMerge(sqlite),
  Layer.provideMerge(Testing.layer()),
  Layer.orDie
)

it.effect("submits one job a tick", () =>
  Effect.gen(function* () {
    yield* pass(200_000, 5000)
    expect(yield* totals).toMatchObject({ enqueued: 3, completions: 3, held: 0 })
  }).pipe(Effect.provide(world))
)
