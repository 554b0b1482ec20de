/** Clients that are copies of a watched one, or keep their transactions in a way of their own. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { expect, it } from "@effect/vitest"
import { Context, Effect, Layer, Scope } from "effect"
import { SqlMetrics } from "../../../src/infra/sql.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { active, statements, transactions } from "./recorded.ts"

const plain = SqliteClient.layer({ filename: ":memory:", transformResultNames: (name) => name }).pipe(Layer.orDie)

const withClient = (change: (client: SqlClient.SqlClient) => SqlClient.SqlClient) =>
  Layer.effect(SqlClient.SqlClient, Effect.map(SqlClient.SqlClient, change))

it.scopedLive("a copy of a watched client is watched once", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql.withTransaction(sql`SELECT 1`)
    expect(yield* statements).toEqual({ '{db_operation_name="SELECT",db_system_name="sqlite"}': 1 })
    expect(yield* transactions).toEqual({ '{db_system_name="sqlite"}': 1 })
  }).pipe(
    Effect.provide(
      SqlMetrics.layer().pipe(
        Layer.provide(withClient((sql) => sql.withoutTransforms())),
        Layer.provide(SqlMetrics.layer().pipe(Layer.provide(plain))),
        Layer.provideMerge(Testing.layer())
      )
    )
  )
)

const LibsqlTransaction = Context.GenericTag<readonly [connection: Connection, depth: number]>(
  "@effect/sql-libsql/LibsqlClient/LibsqlTransaction"
)

/** A client with its transactions under the tag of the driver of libSQL, made as that makes it. */
const libsql = (sql: SqlClient.SqlClient): SqlClient.SqlClient =>
  Object.assign(sql, {
    [Symbol.for("@effect/sql-libsql/LibsqlClient")]: true,
    withTransaction: SqlClient.makeWithTransaction({
      transactionTag: LibsqlTransaction,
      spanAttributes: [],
      acquireConnection: Effect.flatMap(Scope.make(), (scope) =>
        Effect.map(Scope.extend(sql.reserve, scope), (connection) => [scope, connection] as const)
      ),
      begin: (connection) => connection.executeUnprepared("BEGIN", [], undefined),
      savepoint: (connection, id) => connection.executeUnprepared(`SAVEPOINT s${id}`, [], undefined),
      commit: (connection) => connection.executeUnprepared("COMMIT", [], undefined),
      rollback: (connection) => connection.executeUnprepared("ROLLBACK", [], undefined),
      rollbackSavepoint: (connection, id) => connection.executeUnprepared(`ROLLBACK TO s${id}`, [], undefined)
    })
  })

const watchedLibsql = SqlMetrics.layer().pipe(Layer.provide(withClient(libsql)), Layer.provide(Layer.fresh(plain)))

it.scopedLive("a savepoint of libSQL is no transaction", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql.withTransaction(sql.withTransaction(Effect.exit(sql.withTransaction(Effect.fail("no")))))
    expect(yield* transactions).toEqual({ '{db_system_name="sqlite"}': 1 })
    expect(yield* active).toEqual({})
  }).pipe(Effect.provide(watchedLibsql.pipe(Layer.provideMerge(Testing.layer()))))
)

it.scopedLive("a transaction of libSQL within one of another client is one", () =>
  Effect.gen(function* () {
    const metrics = yield* Layer.build(Testing.layer())
    const other = yield* Layer.build(SqlMetrics.layer().pipe(Layer.provide(Layer.fresh(plain)))).pipe(
      Effect.provide(metrics)
    )
    const outer = Context.get(other, SqlClient.SqlClient)
    const inner = Context.get(yield* Layer.build(watchedLibsql).pipe(Effect.provide(metrics)), SqlClient.SqlClient)
    yield* outer.withTransaction(inner.withTransaction(outer.withTransaction(Effect.void)))
    expect(yield* transactions.pipe(Effect.provide(metrics))).toEqual({ '{db_system_name="sqlite"}': 2 })
    expect(yield* active.pipe(Effect.provide(metrics))).toEqual({})
  })
)
