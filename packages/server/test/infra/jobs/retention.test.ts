/** Finished jobs are kept for as long as was said, and not for longer. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
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
    ),

  "removes thousands in steps": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const ids = yield* jobs.submitMany(
        Short,
        Array.from({ length: 2500 }, () => true),
        { delay: "1 hour" }
      )
      yield* sql.withTransaction(Effect.forEach(ids.slice(0, 2200), jobs.cancel))
      yield* eventually(Effect.map(totals, ({ enqueued }) => expect(enqueued).toBe(300)))
    }).pipe(Effect.provide(world(handlers, { keepCompleted: "100 millis" }, database)))
})
