/** The entities of partitions: what they do over the wire, and that they come to life by themselves. */
import * as Sharding from "@effect/cluster/Sharding"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobEntity, JobService } from "../../../src/infra/jobs.ts"
import { partitionId } from "../../../src/infra/jobs/entity.ts"
import { next } from "../../../src/infra/jobs/submit/id.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { cluster, counted, eventually, sqlite, totals, world } from "./world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Number, success: Schema.Void, error: Schema.Never })
const PlainLive = Plain.toLayer((n) => (n === 0 ? Effect.die("no") : Effect.void))

it.live("submits, shows, cancels and replays jobs by messages, each counted once", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const client = yield* JobEntity.client
    const partition = client(partitionId(3))
    const job = (payload: string, more = {}) => ({
      id: next(0),
      jobType: "plain",
      priority: "high" as const,
      payload,
      ...more
    })
    const later = job("1", { delayMs: 3_600_000 })
    expect(yield* partition.submit(later)).toMatchObject({ id: later.id, isDuplicate: false })
    // The same message again is the same job.
    expect(yield* partition.submit(later)).toMatchObject({ id: later.id })
    const status = yield* partition.status({ id: later.id })
    expect(status).toEqual(yield* jobs.status(later.id))
    expect(status).toMatchObject({ state: "scheduled", jobType: "plain", priority: "high" })
    yield* partition.cancel({ id: later.id })
    expect(yield* Effect.flip(partition.cancel({ id: later.id }))).toMatchObject({ reason: "AlreadyCancelled" })
    const dead = job("0", { maxAttempts: 1 })
    yield* partition.submit(dead)
    yield* eventually(Effect.map(partition.status({ id: dead.id }), ({ state }) => expect(state).toBe("dead")))
    yield* partition.replay({ id: dead.id })
    yield* eventually(
      Effect.map(partition.status({ id: dead.id }), ({ replays, state }) =>
        expect([state, replays]).toEqual(["dead", 1])
      )
    )
    expect(yield* Effect.flip(partition.status({ id: "none" }))).toMatchObject({ reason: "NotFound" })
    expect(yield* totals).toMatchObject({ enqueued: 2, cancellations: 1, replays: 1 })
    expect([yield* counted("jobs_cancelled_total"), yield* counted("jobs_replayed_total")]).toEqual([1, 1])
  }).pipe(Effect.provide(world(PlainLive)))
)

it.live("runs what lies outside of the partitions that are configured now", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const ids = yield* jobs.submitMany(
      Plain,
      Array.from({ length: 40 }, () => 1)
    )
    yield* Effect.forEach(ids, (id) => jobs.awaitResult(Plain, id), { concurrency: "unbounded" })
    expect(yield* totals).toMatchObject({ completions: 40, held: 0 })
  }).pipe(Effect.provide(world(PlainLive, { partitions: 1 })))
)

/** A cluster whose first calls of `wake` end so; a call each for four partitions. */
const clusterWhereWaking = (ends: Effect.Effect<never>) => {
  let calls = 0
  const flaky = Layer.effect(
    Sharding.Sharding,
    Effect.map(Sharding.Sharding, (sharding) => ({
      ...sharding,
      makeClient: ((entity) =>
        Effect.map(
          sharding.makeClient(entity),
          (client) => (id: string) =>
            new Proxy(client(id), {
              get: (target, name) => (name === "wake" && (calls += 1) <= 4 ? () => ends : Reflect.get(target, name))
            })
        )) satisfies Sharding.Sharding["Type"]["makeClient"]
    }))
  )
  return Layer.provideMerge(flaky, cluster)
}

for (const [title, ends] of Object.entries({
  "a defect": Effect.die("the connection broke"),
  "an interruption": Effect.interrupt
})) {
  it.live(`goes on waking partitions after ${title}`, () =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const ids = yield* jobs.submitMany(
        Plain,
        Array.from({ length: 20 }, () => 1)
      )
      yield* Effect.forEach(ids, (id) => jobs.awaitResult(Plain, id), { concurrency: "unbounded" })
      expect((yield* totals).completions).toBe(20)
    }).pipe(
      Effect.provide(
        PlainLive.pipe(
          Layer.provideMerge(JobService.layer({ partitions: 4, pollInterval: "100 millis" })),
          Layer.provideMerge(clusterWhereWaking(ends)),
          Layer.provideMerge(sqlite),
          Layer.provideMerge(Testing.layer()),
          Layer.orDie
        )
      )
    )
  )
}
