/** A runner that is gone, and whose row another session has locked: its jobs are taken over all the same. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestServices from "effect/TestServices"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import { Postgres } from "../../../support/postgres.ts"
import { accept, jobOf, live, startOne, storeOver } from "./databases.ts"

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.effect("takes over the jobs of a runner whose row is locked a lease later", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { takeOver } = yield* JobStore
      yield* live()
      yield* accept(jobOf("a"))
      yield* startOne()
      const mayGo = yield* Deferred.make<void>()
      const isLocked = yield* Deferred.make<void>()
      const session = yield* Effect.fork(
        sql.withTransaction(
          sql`SELECT id FROM job_runners FOR UPDATE`.pipe(
            Effect.zipRight(Deferred.succeed(isLocked, undefined)),
            Effect.zipRight(Deferred.await(mayGo))
          )
        )
      )
      yield* Deferred.await(isLocked)
      yield* Effect.sleep("1200 millis")
      expect((yield* takeOver(1000, 5)).suspects).toBe(0)
      yield* Effect.sleep("1200 millis")
      expect((yield* takeOver(1000, 5)).suspects).toBe(1)
      yield* Deferred.succeed(mayGo, undefined)
      yield* Fiber.join(session)
    }).pipe(Effect.provide(storeOver(Postgres.client("locked_runner"))), TestServices.provideLive)
  )
})
