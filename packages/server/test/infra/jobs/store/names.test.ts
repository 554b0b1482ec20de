/** How the tables come to be: beside those of an application, several times in one database, and from older ones. */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestServices from "effect/TestServices"
import { JobStore, make } from "../../../../src/infra/jobs/store.ts"
import { tablesOf } from "../../../../src/infra/jobs/store/dialect.ts"
import { databaseFunction } from "../../../../src/infra/jobs/store/postgres-functions.ts"
import type { TableOptions } from "../../../../src/infra/jobs/store/names.ts"
import { Postgres } from "../../../support/postgres.ts"
import { completed, inside, jobOf, memory, outside, postgresOf, requestOf, Second, sqliteFile } from "./databases.ts"
import { firstStates, makeFirstTables } from "./first-tables.ts"

/** A job goes through these tables. */
const goThrough = (store: typeof JobStore.Service) =>
  Effect.gen(function* () {
    yield* store.begin({ id: "me", name: "me", slots: 1 })
    yield* store.insert([jobOf("a", { dedupeKey: "k" })], outside)
    const { jobs } = yield* store.claim(requestOf({ types: [{ type: "t", most: 1 }] }))
    const written = yield* store.end(
      "me",
      jobs.map((job) => ({ ...job, settlement: completed }))
    )
    return [written, Option.getOrThrow(yield* store.status("a")).state]
  })

const went = [["written"], "completed"]

const openWith = (options: TableOptions) => Effect.flatMap(SqlClient.SqlClient, (client) => make(client, options))

const refusal = (options: TableOptions = {}) =>
  Effect.map(Effect.flip(Effect.asVoid(openWith(options))), (error) => {
    expect(error._tag).toBe("OptionsError")
    return error.message
  })

const idOf = (state: string) => `01J00000000000000000000${state}`

/** As if the tables were made by a version that has none of these functions. */
const dropFunctions = (schema: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const found = yield* sql<{ readonly name: string }>`
      SELECT oid::regprocedure::text AS name FROM pg_proc WHERE pronamespace = to_regnamespace(${schema})`
    expect(found).toHaveLength(9)
    yield* Effect.forEach(found, ({ name }) => sql.unsafe(`DROP FUNCTION ${name}`), { discard: true })
  })

/** What becomes of the jobs of the older tables. */
const takenAlong = Effect.gen(function* () {
  yield* makeFirstTables
  const sql = yield* SqlClient.SqlClient
  const store = yield* openWith({})
  const found = yield* Effect.forEach(firstStates, (state) => Effect.map(store.status(idOf(state)), Option.getOrThrow))
  expect(found.map(({ id, state }) => [id, state])).toEqual(
    firstStates.map((state) => [idOf(state), state === "running" ? "ready" : state])
  )
  expect(found.map(({ priority }) => priority)).toEqual(firstStates.map((_, n) => (n % 2 === 0 ? "critical" : "low")))
  expect(found.map(({ acceptedAt }) => acceptedAt)).toEqual(firstStates.map((_, n) => 1000 + n))
  expect(found.map(({ attempt }) => attempt)).toEqual([0, 0, 2, 2, 2, 2, 2])
  expect(found.map(({ errors }) => errors.length)).toEqual([0, 0, 1, 0, 0, 0, 1])
  expect(Option.getOrThrow(yield* store.ending(idOf("completed")))).toMatchObject({ result: "42" })
  expect(Option.getOrThrow(yield* store.ending(idOf("dead")))).toMatchObject({ reason: "Boom", error: "[1]" })
  // The law holds as it did, and each live key is still taken.
  const again = yield* store.insert([jobOf("x", { dedupeKey: "key of scheduled" })], outside)
  expect(again).toEqual([{ id: idOf("scheduled"), isDuplicate: true }])
  yield* store.begin({ id: "me", name: "me", slots: 1 })
  const { jobs } = yield* store.claim(requestOf({ types: [{ type: "t", most: 9 }] }))
  expect(
    jobs.map(({ attempt, id, isRedelivered, payload, run }) => [id, attempt, isRedelivered, payload, run])
  ).toEqual([
    [idOf("ready"), 1, false, '"ready"', 1],
    [idOf("running"), 2, true, '"running"', 4]
  ])
  expect(Option.isSome(yield* store.replay(idOf("dead"), outside))).toBe(true)
  // Opened once more, they are what they are.
  yield* openWith({})
  expect(yield* sql`SELECT migration_id FROM jobs_migrations ORDER BY migration_id`).toEqual(
    [1, 2, 3, 4, 5].map((id) => ({ migration_id: id }))
  )
})

const three = (open: Effect.Effect<unknown, unknown, SqlClient.SqlClient>) =>
  Effect.exit(Effect.all([open, open, open], { concurrency: 3, discard: true }))

it.effect("goes beside an application's own tables on SQLite, with a prefix, and is refused without", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE jobs (title TEXT)`
    expect(yield* refusal()).toBe(
      'tablePrefix: given ""; expected names that nothing else has, but the database has another "jobs". Give a tablePrefix.'
    )
    expect(yield* goThrough(yield* openWith({ tablePrefix: "app_" }))).toEqual(went)
    expect(yield* goThrough(yield* openWith({ tablePrefix: "other_" }))).toEqual(went)
    expect(yield* sql`SELECT * FROM jobs`).toEqual([])
    expect(yield* refusal({ tablePrefix: "1'" })).toMatch(/^tablePrefix: given 1'; expected at most 32 small letters/)
    expect(yield* refusal({ schema: "app" })).toMatch(/^schema: given app; expected none/)
  }).pipe(Effect.provide(memory), TestServices.provideLive)
)

it.effect("is refused where a table of migrations is another's, or only one of the tables is", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TABLE jobs_migrations (version TEXT)`
    expect(yield* refusal()).toMatch(/another "jobs_migrations"/)
    yield* sql`CREATE TABLE a_jobs_migrations (migration_id INTEGER, name TEXT)`
    yield* sql`INSERT INTO a_jobs_migrations VALUES (1, 'create_users')`
    expect(yield* refusal({ tablePrefix: "a_" })).toMatch(/another "a_jobs_migrations"/)
    yield* sql`CREATE VIEW b_job_runners AS SELECT 1 AS id`
    expect(yield* refusal({ tablePrefix: "b_" })).toMatch(/another "b_job_runners"/)
    yield* sql`CREATE INDEX c_jobs_held ON a_jobs_migrations (name)`
    expect(yield* refusal({ tablePrefix: "c_" })).toMatch(/another "c_jobs_held"/)
  }).pipe(Effect.provide(memory), TestServices.provideLive)
)

it.effect("takes tables for its own which a later version has added to, and none whose migrations are others", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* openWith({})
    yield* sql`INSERT INTO jobs_migrations (migration_id, name) VALUES (6, 'of_a_later_version')`
    expect(yield* goThrough(yield* openWith({}))).toEqual(went)
    yield* sql`UPDATE jobs_migrations SET name = 'add_users' WHERE migration_id = 4`
    expect(yield* refusal()).toMatch(/another "job/)
    yield* sql`DELETE FROM jobs_migrations WHERE migration_id < 6`
    expect(yield* refusal()).toMatch(/another "job/)
    yield* sql`CREATE TABLE a_jobs_migrations (migration_id INTEGER, name TEXT)`
    yield* sql`INSERT INTO a_jobs_migrations VALUES (1, 'create_tables'), (2, 'add_users')`
    expect(yield* refusal({ tablePrefix: "a_" })).toMatch(/another "a_jobs_migrations"/)
  }).pipe(Effect.provide(memory), TestServices.provideLive)
)

it.effect("takes the jobs of older tables along on SQLite", () =>
  takenAlong.pipe(Effect.provide(memory), TestServices.provideLive)
)

it.scoped("is made once on SQLite, by three at the same time and two sessions", () =>
  Effect.gen(function* () {
    expect(yield* three(openWith({}))).toEqual(Exit.void)
    const store = yield* make(yield* Second)
    expect(yield* goThrough(store)).toEqual(went)
  }).pipe(Effect.provide(sqliteFile), TestServices.provideLive)
)

it("has another name for a function whose text is another", () => {
  const made = (block: string) =>
    databaseFunction(tablesOf("", "s"), { name: "f", parameters: "int", columns: "n int", block }).bare
  expect(made("BEGIN RETURN; END")).toBe(made("BEGIN RETURN; END"))
  expect(made("BEGIN RETURN; END")).not.toBe(made("BEGIN RETURN QUERY SELECT 1; END"))
})

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.effect("goes beside an application's own tables, with a prefix or in a schema, and is refused without", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE jobs (title TEXT)`
      expect(yield* refusal()).toBe(
        'tablePrefix: given ""; expected names that nothing else has, but the database has another "jobs". ' +
          "Give a tablePrefix or a schema."
      )
      const prefixed = yield* openWith({ tablePrefix: "app_" })
      const inSchema = yield* openWith({ schema: "queue" })
      const both = yield* openWith({ schema: "queue", tablePrefix: "b_" })
      for (const store of [prefixed, inSchema, both]) {
        expect(yield* goThrough(store)).toEqual(went)
      }
      expect(new Set([prefixed, inSchema, both].map(({ hintChannel }) => hintChannel)).size).toBe(3)
      expect(yield* refusal({ schema: 'a"b' })).toMatch(/^schema: given a"b; expected/)
      expect(yield* refusal({ schema: "pg_jobs" })).toMatch(/^schema: given pg_jobs; expected/)
    }).pipe(Effect.provide(postgresOf("names")), TestServices.provideLive)
  )

  it.effect("is refused where a type, a sequence, a view or an index has one of its names", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const taken = {
        a_jobs: "CREATE TYPE a_jobs AS ENUM ('open')",
        b_jobs_done: "CREATE DOMAIN b_jobs_done AS int",
        c_job_identity: "CREATE TYPE c_job_identity AS (id int)",
        d_job_errors: "CREATE SEQUENCE d_job_errors",
        e_jobs_migrations: "CREATE TYPE e_jobs_migrations AS ENUM ('one')",
        f_job_types: "CREATE MATERIALIZED VIEW f_job_types AS SELECT 1 AS id",
        g_jobs_waiting: "CREATE INDEX g_jobs_waiting ON f_job_types (id)"
      }
      for (const [name, text] of Object.entries(taken)) {
        yield* sql.unsafe(text)
        expect(yield* refusal({ tablePrefix: name.slice(0, 2) })).toContain(`another "${name}"`)
      }
      // A type may have the name of an index.
      yield* sql`CREATE TYPE h_jobs_held AS ENUM ('one')`
      expect(yield* goThrough(yield* openWith({ tablePrefix: "h_" }))).toEqual(went)
    }).pipe(Effect.provide(postgresOf("taken")), TestServices.provideLive)
  )

  it.effect("stays where it is when the search path changes", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flatMap(openWith({}), ({ insert }) => insert([jobOf("a")], outside))
      const inNewer = Effect.flatMap(openWith({}), ({ isKnown }) => isKnown("a"))
      expect(yield* Effect.provide(inNewer, postgresOf("newer", "newer,path"))).toBe(true)
      // A transaction may have another one: the tables are named in full.
      const { isKnown, insert } = yield* openWith({})
      yield* sql.withTransaction(Effect.zipRight(sql`SET LOCAL search_path = newer`, insert([jobOf("b")], inside)))
      expect(yield* isKnown("b")).toBe(true)
    }).pipe(Effect.provide(postgresOf("path")), TestServices.provideLive)
  )

  it.effect("makes the functions that are not there, beside those of another version", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* openWith({ schema: "versions" })
      const functions = Effect.map(
        sql<{ readonly name: string }>`
          SELECT proname::text AS name FROM pg_proc WHERE pronamespace = to_regnamespace('versions') ORDER BY 1`,
        (rows) => rows.map(({ name }) => name)
      )
      const before = yield* functions
      expect(before.map((name) => name.replace(/_[a-z0-9]+$/, ""))).toEqual([
        "job_claim",
        "job_claim_owned",
        ...["completed", "dead", "released", "retrying", "returned"].map((kind) => `job_end_${kind}`),
        "job_next_due",
        "job_submit"
      ])
      const [claim = ""] = before
      yield* sql.unsafe(`ALTER FUNCTION versions.${claim} RENAME TO job_claim_before`)
      expect(yield* goThrough(yield* openWith({ schema: "versions" }))).toEqual(went)
      expect(yield* functions).toEqual([...before, "job_claim_before"].sort())
    }).pipe(Effect.provide(postgresOf("functions")), TestServices.provideLive)
  )

  it.effect("makes its functions once, by three at the same time and a database that is slow", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`
        CREATE FUNCTION be_slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
          IF EXISTS (SELECT 1 FROM pg_event_trigger_ddl_commands() WHERE schema_name = 'slow') THEN
            PERFORM pg_sleep(0.3);
          END IF;
        END $$`
      yield* openWith({ schema: "slow" })
      yield* dropFunctions("slow")
      yield* sql`CREATE EVENT TRIGGER slow ON ddl_command_end WHEN tag IN ('CREATE FUNCTION') EXECUTE FUNCTION be_slow()`
      const opened = yield* three(openWith({ schema: "slow" }))
      yield* sql`DROP EVENT TRIGGER slow`
      expect(opened).toEqual(Exit.void)
      expect(yield* goThrough(yield* openWith({ schema: "slow" }))).toEqual(went)
    }).pipe(Effect.provide(postgresOf("slowly")), TestServices.provideLive)
  )

  it.effect("serves a role that may make nothing, and says so where there is something to make", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* openWith({ schema: "granted" })
      yield* sql`CREATE ROLE limited`
      yield* sql`GRANT USAGE ON SCHEMA granted TO limited`
      yield* sql`GRANT ALL ON ALL TABLES IN SCHEMA granted TO limited`
      const limited = postgresOf("limited", "granted -c role=limited")
      const open = openWith({ schema: "granted" })
      expect(yield* Effect.provide(Effect.flatMap(open, goThrough), limited)).toEqual(went)
      yield* sql`REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA granted FROM PUBLIC`
      expect(yield* Effect.provide(refusal({ schema: "granted" }), limited)).toMatch(
        /^schema: given granted; .* may not call "job_\w+"\. Grant it EXECUTE ON ALL FUNCTIONS IN SCHEMA granted\.$/
      )
      yield* dropFunctions("granted")
      expect(yield* Effect.provide(refusal({ schema: "granted" }), limited)).toBe(
        "schema: given granted; expected one where this role may make what is missing, but permission denied for " +
          "schema granted. Start once as a role that may, or grant this one CREATE on the schema."
      )
      expect(yield* Effect.provide(refusal({ schema: "granted", tablePrefix: "new_" }), limited)).toMatch(
        /may make what is missing, but permission denied for schema granted/
      )
    }).pipe(Effect.provide(postgresOf("roles")), TestServices.provideLive)
  )

  it.effect("takes the jobs of older tables along", () =>
    takenAlong.pipe(Effect.provide(postgresOf("older")), TestServices.provideLive)
  )

  it.effect("is made once, by three at the same time", () =>
    Effect.gen(function* () {
      expect(yield* three(Effect.scoped(Layer.build(Layer.fresh(JobStore.layer()))))).toEqual(Exit.void)
      expect(yield* goThrough(yield* openWith({}))).toEqual(went)
    }).pipe(Effect.provide(postgresOf("three")), TestServices.provideLive)
  )
})
