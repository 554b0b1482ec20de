import { SqlClient } from "@effect/sql"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Postgres } from "./postgres.ts"

it.layer(Postgres.layer)("a PostgreSQL for tests", (it) => {
  it.effect("answers on a database of its own", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ readonly name: string }>`SELECT current_database() AS name`
      expect(row?.name).toMatch(new RegExp(`^one_${process.pid}_\\d+$`))
    }).pipe(Effect.provide(Postgres.client("one")))
  )
})
