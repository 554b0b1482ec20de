/** The shop's tables on a temporary PostgreSQL, and the client of it. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import pg from "pg"

/** How many products there are; their numbers begin at 1. */
export const productCount = 400

/** The driver's pool, which is closed with the scope. */
export const connections = (url: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new pg.Pool({ connectionString: url, application_name: "shop", max: 8 })),
    (pool) => Effect.promise(() => pool.end())
  )

/** The client, as Effect makes it. */
export const client = (pool: pg.Pool) => PgClient.layerFromPool({ acquire: Effect.succeed(pool) })

const create = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL, sold INTEGER NOT NULL)`
  yield* sql`CREATE TABLE orders (reference TEXT PRIMARY KEY, product INTEGER NOT NULL, cents INTEGER NOT NULL)`
  yield* sql`CREATE TABLE revenue (cents BIGINT NOT NULL)`
  yield* sql`INSERT INTO revenue VALUES (0)`
  const products = Array.from({ length: productCount }, (_, index) => ({
    id: index + 1,
    name: `Product ${index + 1}`,
    cents: 500 + index,
    sold: 0
  }))
  yield* sql`INSERT INTO products ${sql.insert(products)}`
})

/** Creates the tables, and fills them. */
export const tables = Layer.effectDiscard(create)
