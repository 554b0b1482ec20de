/** A transaction that stays open elsewhere, such as a backup: PostgreSQL can't remove a dead row that it might see. */
import { expect, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { JobService } from "../../../src/infra/jobs.ts"
import { eventually } from "../../support/eventually.ts"
import { Postgres } from "../../support/postgres.ts"
import { counts, runners, stores } from "./processes.ts"
import { Quick } from "./work.ts"

const parts = 5
const partSize = 12_000

/** A snapshot of the database that is held until the scope closes. */
const snapshot = (url: string) =>
  Effect.gen(function* () {
    const isTaken = yield* Deferred.make<void>()
    yield* Effect.forkScoped(
      Effect.flatMap(PgClient.PgClient, (sql) =>
        sql.withTransaction(
          sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`.pipe(
            Effect.zipRight(sql`SELECT count(*) FROM jobs`),
            Effect.zipRight(Deferred.succeed(isTaken, undefined)),
            Effect.zipRight(Effect.never)
          )
        )
      ).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })))
    )
    yield* Deferred.await(isTaken)
  })

it.scopedLive("jobs go on at no less than a third of their rate beside a transaction that stays open", () =>
  Effect.gen(function* () {
    const { client, store } = yield* stores.postgres("open_transaction")
    const { start } = yield* runners
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        yield* start({ name: "one", store })
        yield* jobs.awaitResult(Quick, yield* jobs.submit(Quick, undefined))
        yield* snapshot(store.url)
        const took: Array<number> = []
        for (let part = 1; part <= parts; part += 1) {
          yield* jobs.submitMany(
            Quick,
            Array.from({ length: partSize }, () => undefined)
          )
          const from = performance.now()
          const all = yield* eventually(counts, ({ completed = 0 }) => completed > part * partSize)
          expect(all).toEqual({ completed: part * partSize + 1 })
          took.push(performance.now() - from)
        }
        const [first = 0] = took
        expect(Math.min(...took.slice(-2))).toBeLessThan(3 * first + 500)
      }),
      client
    )
  }).pipe(Effect.provide(Postgres.layer))
)
