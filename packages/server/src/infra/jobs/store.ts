/** Jobs in SQL: every durable fact about them. Each write is one transaction, and says whether it made its fact true. */
import type * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { migrate } from "./migrations.ts"
import { acceptance } from "./store/accept.ts"
import { claiming } from "./store/claim.ts"
import { listing } from "./store/dead-letters.ts"
import { counting } from "./store/depth.ts"
import { reading } from "./store/read.ts"
import { settling } from "./store/settle.ts"

/** The store over a SQL client, as it is: neither the names of its tables nor those of its columns are transformed. */
export const make = (client: SqlClient.SqlClient) => {
  const sql = client.withoutTransforms()
  return { ...acceptance(sql), ...claiming(sql), ...settling(sql), ...reading(sql), ...listing(sql), ...counting(sql) }
}

/** Jobs in SQL. */
export class JobStore extends Context.Tag("@parametric-portal/server/JobStore")<JobStore, ReturnType<typeof make>>() {
  /** Brings the tables up to date, then serves them. */
  static readonly layer: Layer.Layer<JobStore, Migrator.MigrationError | SqlError, SqlClient.SqlClient> = Layer.effect(
    JobStore,
    Effect.zipRight(migrate, Effect.map(SqlClient.SqlClient, make))
  )
}
