/** Statements and transactions on SQLite: what is counted, and that the decorated client is what it was. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Inspectable, Layer, Option, Stream } from "effect"
import { SqlMetrics } from "../../../src/infra/sql.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { active, statements, transactions } from "./recorded.ts"

const plain = SqliteClient.layer({
  filename: ":memory:",
  transformQueryNames: (name) => (name === "person" ? "persons" : name)
}).pipe(Layer.orDie)

const watched = SqlMetrics.layer().pipe(Layer.provideMerge(plain), Layer.provideMerge(Testing.layer()))

const people = Effect.tap(
  SqlClient.SqlClient,
  (sql) => sql`CREATE TABLE persons (id INTEGER PRIMARY KEY, name TEXT UNIQUE)`
)

it.scopedLive("counts each way of running a statement once, by its table", () =>
  Effect.gen(function* () {
    const sql = yield* people
    yield* sql`INSERT INTO ${sql("person")} ${sql.insert([{ id: 1 }, { id: 2 }])}`.unprepared
    const one = sql`SELECT * FROM ${sql("person")} WHERE ${sql.in("id", [1, 2])}`
    yield* one
    yield* one.values
    yield* one.raw.pipe(Effect.exit)
    yield* one.withoutTransform.pipe(Effect.exit)
    yield* sql.unsafe("SELECT * FROM persons")
    yield* sql.withoutTransforms()`SELECT * FROM persons`
    yield* sql.safe`DELETE FROM persons`
    const table = sql`persons`
    yield* sql`SELECT * FROM ${table}`
    // Upstream calls the table what the program does where it does not transform.
    expect(yield* statements).toEqual({
      '{db_operation_name="CREATE",db_system_name="sqlite"}': 1,
      '{db_collection_name="persons",db_operation_name="INSERT",db_system_name="sqlite"}': 1,
      '{db_collection_name="persons",db_operation_name="SELECT",db_system_name="sqlite"}': 5,
      '{db_collection_name="person",db_operation_name="SELECT",db_system_name="sqlite",error_type="SQLITE_ERROR"}': 2,
      '{db_collection_name="persons",db_operation_name="DELETE",db_system_name="sqlite"}': 1
    })
  }).pipe(Effect.provide(watched))
)

it.scopedLive("names the error by the code of the driver, and a defect by its class", () =>
  Effect.gen(function* () {
    const sql = yield* people
    yield* sql`INSERT INTO persons VALUES (1, 'a')`
    yield* Effect.exit(sql`INSERT INTO persons VALUES (1, 'b')`)
    yield* Effect.exit(sql`SELECT * FROM nowhere`)
    yield* Effect.exit(sql`INSERT INTO persons ${sql.insert({ id: 1, name: Object.create(null) })}`)
    expect(yield* statements).toMatchObject({
      '{db_collection_name="persons",db_operation_name="INSERT",db_system_name="sqlite",error_type="SQLITE_CONSTRAINT_PRIMARYKEY"}': 1,
      '{db_collection_name="nowhere",db_operation_name="SELECT",db_system_name="sqlite",error_type="SQLITE_ERROR"}': 1
    })
    expect(Object.values(yield* statements).reduce((sum, count) => sum + count, 0)).toBe(5)
  }).pipe(Effect.provide(watched))
)

it.scopedLive("counts a transaction once, by how it ended; a savepoint is none", () =>
  Effect.gen(function* () {
    const sql = yield* people
    const insert = sql`INSERT INTO persons (id) VALUES (1)`
    yield* sql.withTransaction(sql.withTransaction(insert))
    yield* sql.withTransaction(Effect.zipRight(insert, Effect.fail("no"))).pipe(Effect.exit)
    yield* sql.withTransaction(Effect.die(new Error("no"))).pipe(Effect.exit)
    const fiber = yield* Effect.fork(sql.withTransaction(Effect.never))
    yield* Testing.eventually(active, (now) => now['{db_system_name="sqlite"}'] === 1)
    yield* Fiber.interrupt(fiber)
    yield* sql.withTransaction(Effect.void)
    expect(yield* transactions).toEqual({
      '{db_system_name="sqlite"}': 2,
      '{db_system_name="sqlite",outcome="failure"}': 1,
      '{db_system_name="sqlite",outcome="defect"}': 1,
      '{db_system_name="sqlite",outcome="interrupted"}': 1
    })
    expect(yield* active).toEqual({})
    expect(yield* sql`SELECT id FROM persons`).toEqual([{ id: 1 }])
  }).pipe(Effect.provide(watched))
)

it.scopedLive("counts what is executed on a reserved connection, once also where it is that of a transaction", () =>
  Effect.gen(function* () {
    const sql = yield* people
    yield* Effect.gen(function* () {
      const connection = yield* sql.reserve
      expect(yield* connection.executeValues("SELECT 1", [])).toEqual([[1]])
      yield* Effect.provideService(sql`SELECT 2 AS two`, SqlClient.TransactionConnection, [connection, 0])
    }).pipe(Effect.scoped)
    expect(yield* statements).toEqual({
      '{db_operation_name="CREATE",db_system_name="sqlite"}': 1,
      '{db_operation_name="SELECT",db_system_name="sqlite"}': 2
    })
  }).pipe(Effect.provide(watched))
)

it.scopedLive("leaves the client what it was", () =>
  Effect.gen(function* () {
    const given = yield* SqlClient.SqlClient.pipe(Effect.provide(plain))
    const sql = yield* SqlClient.SqlClient
    expect(Object.keys(sql)).toEqual(Object.keys(given))
    expect(sql.safe).toBe(sql)
    expect(sql.withoutTransforms()).toBe(sql.withoutTransforms())
    const statement = sql`SELECT ${1} AS one`
    expect(Statement.isFragment(statement)).toBe(true)
    expect(statement.compile()).toEqual(["SELECT ? AS one", [1]])
    expect(JSON.stringify(statement)).toBe(JSON.stringify(given`SELECT ${1} AS one`))
    expect(Inspectable.toJSON(sql`SELECT ${1n}`)).toEqual(Inspectable.toJSON(given`SELECT ${1n}`))
    expect(sql.onDialectOrElse({ sqlite: () => 1, orElse: () => 2 })).toBe(1)
  }).pipe(Effect.provide(watched))
)

it.scopedLive("is decorated once, and warns of a second layer", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`SELECT 1`
    expect(yield* statements).toEqual({ '{db_operation_name="SELECT",db_system_name="sqlite"}': 1 })
  }).pipe(Effect.provide(SqlMetrics.layer().pipe(Layer.provideMerge(watched))))
)

it.scopedLive("leaves tables out where it is told so", () =>
  Effect.gen(function* () {
    const sql = yield* people
    yield* sql`SELECT * FROM persons`
    expect(yield* statements).toMatchObject({ '{db_operation_name="SELECT",db_system_name="sqlite"}': 1 })
  }).pipe(
    Effect.provide(
      SqlMetrics.layer({ collections: false }).pipe(Layer.provideMerge(plain), Layer.provideMerge(Testing.layer()))
    )
  )
)

it.scopedLive("adds the labels of Effect.tagMetrics", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`SELECT 1`.pipe(Effect.tagMetrics("tenant", "a"))
    yield* sql.withTransaction(Effect.void).pipe(Effect.tagMetrics("tenant", "a"))
    expect(yield* statements).toEqual({ '{db_operation_name="SELECT",db_system_name="sqlite",tenant="a"}': 1 })
    expect(yield* transactions).toEqual({ '{db_system_name="sqlite",tenant="a"}': 1 })
  }).pipe(Effect.provide(watched))
)

it.scopedLive("a stream that its driver can't do is a defect, as without", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const plainSql = yield* SqlClient.SqlClient.pipe(Effect.provide(plain))
    const run = (client: SqlClient.SqlClient) => Effect.exit(Stream.runCollect(client`SELECT 1 AS one`.stream))
    const [ours, theirs] = yield* Effect.all([run(sql), run(plainSql)])
    expect(Exit.causeOption(ours).pipe(Option.map(({ _tag }) => _tag))).toEqual(
      Exit.causeOption(theirs).pipe(Option.map(({ _tag }) => _tag))
    )
    expect(Object.values(yield* statements)).toEqual([1])
  }).pipe(Effect.provide(watched))
)
