import { SqlClient } from "@effect/sql"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Postgres } from "./postgres.ts"

it.layer(Postgres.layer)("a PostgreSQL for tests", (it) => {
  it.effect("answers on a database of its own", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      expect(yield* sql`SELECT current_database() AS name`).toEqual([{ name: "one" }])
    }).pipe(Effect.provide(Postgres.client("one")))
  )
})
