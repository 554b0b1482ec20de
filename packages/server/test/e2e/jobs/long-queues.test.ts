/** A million jobs that wait, and as many errors and finished ones: no statement reads more than what it is about. */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as TestServices from "effect/TestServices"
import { Postgres } from "../../support/postgres.ts"
import { memory, postgresOf, storeOver } from "../../infra/jobs/store/databases.ts"
import { explainOnPostgres, explainOnSqlite } from "../../infra/jobs/store/explain.ts"
import { fill, wanting } from "../../infra/jobs/store/plans.ts"

/** Of six kinds. */
const rows = 170_000

it.effect(
  "reads what it is about on SQLite",
  () =>
    Effect.gen(function* () {
      yield* fill(rows)
      expect(yield* wanting(explainOnSqlite)).toEqual({})
    }).pipe(Effect.provide(storeOver(memory)), TestServices.provideLive),
  300_000
)

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.effect(
    "reads what it is about, with statistics as they come, and with new ones",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* fill(rows)
        expect(yield* wanting(explainOnPostgres)).toEqual({})
        yield* sql`VACUUM ANALYZE`
        expect(yield* wanting(explainOnPostgres)).toEqual({})
      }).pipe(Effect.provide(storeOver(postgresOf("long_queues"))), TestServices.provideLive),
    300_000
  )
})
