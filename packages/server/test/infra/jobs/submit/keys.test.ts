/** A key that a transaction has which does not end: who submits another with it waits, and nobody else does. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestServices from "effect/TestServices"
import { Job, JobService } from "../../../../src/infra/jobs.ts"
import { Postgres } from "../../../support/postgres.ts"
import { client, counted, totals } from "../world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Number, success: Schema.Void, error: Schema.Never })

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.effect("delays a submission with the key, and no other", () =>
    Effect.flatMap(Postgres, (server) =>
      Effect.gen(function* () {
        const jobs = yield* JobService
        const sql = yield* SqlClient.SqlClient
        const isHeld = yield* Deferred.make<string>()
        const ends = yield* Deferred.make<void>()
        const holder = yield* Effect.fork(
          sql.withTransaction(
            Effect.gen(function* () {
              yield* Deferred.succeed(isHeld, yield* jobs.submit(Plain, 0, { dedupeKey: "held" }))
              yield* Deferred.await(ends)
            })
          )
        )
        const first = yield* Deferred.await(isHeld)
        const waits = yield* Effect.forkAll([1, 2, 3, 4].map((n) => jobs.submit(Plain, n, { dedupeKey: "held" })))
        const began = Date.now()
        yield* Effect.forEach(
          Array.from({ length: 20 }, (_, n) => n),
          (n) => jobs.submit(Plain, n, n % 2 === 0 ? { dedupeKey: `free ${n}` } : {}),
          { concurrency: "unbounded" }
        )
        expect(Date.now() - began).toBeLessThan(1500)
        expect(yield* counted("jobs_duplicates_total")).toBe(0)
        yield* Deferred.succeed(ends, undefined)
        yield* Fiber.join(holder)
        expect(yield* Fiber.join(waits)).toEqual([first, first, first, first])
        expect(yield* counted("jobs_duplicates_total")).toBe(4)
        expect(yield* totals).toMatchObject({ enqueued: 21 })
      }).pipe(
        Effect.provide(
          client({}, Postgres.client("keys").pipe(Layer.provide(Layer.succeed(Postgres, server)), Layer.orDie))
        ),
        TestServices.provideLive
      )
    )
  )
})
