import { SqlClient } from "@effect/sql"
import { expect, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { Postgres, startPostgresWith } from "./postgres.ts"

it.layer(Postgres.layer)("a PostgreSQL for tests", (it) => {
  it.effect("answers on a database of its own", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ readonly name: string }>`SELECT current_database() AS name`
      expect(row?.name).toMatch(new RegExp(`^one_${process.pid}_\\d+$`))
    }).pipe(Effect.provide(Postgres.client("one")))
  )
})

it.scopedLive("a PostgreSQL that crashed has what was committed", () =>
  Effect.gen(function* () {
    const server = yield* startPostgresWith({})
    const url = yield* server.database("crashed")
    const asked = <A, E>(ask: Effect.Effect<A, E, PgClient.PgClient>) =>
      Effect.provide(ask, PgClient.layer({ url: Redacted.make(url) }))
    yield* asked(Effect.flatMap(PgClient.PgClient, (sql) => sql`CREATE TABLE kept AS SELECT 1 AS one`))
    yield* server.crash
    yield* server.start
    expect(yield* asked(Effect.flatMap(PgClient.PgClient, (sql) => sql`SELECT one FROM kept`))).toEqual([{ one: 1 }])
  })
)
