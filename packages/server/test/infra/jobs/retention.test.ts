/** Finished jobs are kept for as long as was said, and not for longer. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { removeOld } from "../../../src/infra/jobs/retention.ts"
import { eventually, onBoth, totals, world } from "./world.ts"

const kind = (type: string) =>
  Job.make({ type, payload: Schema.Boolean, success: Schema.Void, error: Schema.Never, maxAttempts: 1 })

const [Short, Long] = [kind("short"), kind("long")]
const handle = (works: boolean) => (works ? Effect.void : Effect.die("no"))
const handlers = Layer.mergeAll(Short.toLayer(handle), Long.toLayer(handle))

onBoth("retention", {
  "removes what is finished for long enough, by type and state, and no other": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const submit = (job: typeof Short, works: boolean) => jobs.submit(job, works)
      const gone = [yield* submit(Short, true), yield* submit(Long, false)]
      const kept = [yield* submit(Long, true), yield* submit(Short, false)]
      const cancelled = yield* jobs.submit(Short, true, { delay: "1 hour" })
      yield* jobs.cancel(cancelled)
      yield* jobs.submit(Short, true, { unique: { key: "k", for: 1 } })
      yield* eventually(
        Effect.gen(function* () {
          for (const id of [...gone, cancelled]) {
            expect(yield* Effect.flip(jobs.status(id))).toMatchObject({ reason: "NotFound" })
          }
          expect(yield* sql`SELECT key FROM job_unique`).toEqual([])
          expect(yield* totals).toMatchObject({ enqueued: 2, failures: 1 })
        })
      )
      expect(yield* Effect.forEach(kept, (id) => Effect.map(jobs.status(id), ({ state }) => state))).toEqual([
        "completed",
        "dead"
      ])
    }).pipe(
      Effect.provide(
        world(
          handlers,
          {
            keepCompleted: "200 millis",
            keepDead: "1 hour",
            keep: { long: { completed: "1 hour", dead: "200 millis" } }
          },
          database
        )
      )
    )
})

it.effect("goes on until a step finds less than it may remove, with pauses for others", () => {
  const removed: Array<readonly [type: string, state: string, olderThanMs: number]> = []
  const left = { completed: 2500, cancelled: 1000, dead: 1, keys: 1001 }
  const take = (what: keyof typeof left) =>
    Effect.sync(() => {
      const some = Math.min(1000, left[what])
      left[what] -= some
      return some
    })
  const tables: Parameters<typeof removeOld>[0] = {
    finishedTypes: () => Effect.succeed(["t"]),
    purge: ({ olderThanMs = 0, state, type = "" }) =>
      Effect.suspend(() => {
        removed.push([type, state, olderThanMs])
        return take(state)
      }),
    purgeKeys: Effect.suspend(() => take("keys"))
  }
  const keep = { completed: Duration.hours(1), dead: Duration.infinity }
  return Effect.gen(function* () {
    const round = yield* Effect.fork(removeOld(tables, { keepOf: () => keep }))
    yield* TestClock.adjust(0)
    expect(left).toEqual({ completed: 1500, cancelled: 1000, dead: 1, keys: 1001 })
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(round)
    expect(left).toEqual({ completed: 0, cancelled: 0, dead: 1, keys: 0 })
    const of = (state: string, times: number) => Array.from({ length: times }, () => ["t", state, 3_600_000])
    expect(removed).toEqual([...of("completed", 3), ...of("cancelled", 2)])
  })
})
