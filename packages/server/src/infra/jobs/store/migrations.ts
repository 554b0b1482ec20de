/**
 * Makes the tables of jobs, and brings the jobs of those tables along that had a lane for each job (migrations 1 and
 * 2). Times are epoch milliseconds of the database's clock. The table that work goes through holds only what waits or
 * is held, and each index of it is partial: a further one would cost every step of every job. From migration 4 on each
 * only adds, so that runners of the version before work on.
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { priorities } from "../../../observe/catalogue.ts"
import { indexNames, priorityNumber, quoted, tableNames, type Tables, traceColumns } from "./dialect.ts"
import { forbidden } from "./session.ts"

/** All migrations that there ever were; the first has the id 1. */
export const migrationNames = [
  "create_tables",
  "cover_samples",
  "queue_in_tables",
  "slots_of_runners",
  "spans_of_jobs"
] as const

const last = migrationNames.length

/** Brings the tables up to date; several runners may do so at the same time. */
export const migrate = (
  sql: SqlClient.SqlClient,
  tables: Tables,
  migrationsTable: string
): Effect.Effect<void, Migrator.MigrationError | SqlError> =>
  Migrator.make({})({
    loader: Effect.succeed([
      [3, migrationNames[2], Effect.succeed(queueInTables(sql, tables))],
      [4, migrationNames[3], Effect.succeed(slotsOfRunners(sql, tables))],
      [5, migrationNames[4], Effect.succeed(spansOfJobs(sql, tables))]
    ]),
    table: migrationsTable
  }).pipe(
    Effect.provideService(SqlClient.SqlClient, sql),
    // The migrator dies of a migration that failed.
    Effect.catchSomeDefect((defect) =>
      defect instanceof Migrator.MigrationError ? Option.some(Effect.fail(defect)) : Option.none()
    ),
    Effect.zipRight(refuseUnmade(sql, tables)),
    // Two runners that both find no table of migrations both create it, and one of them fails.
    Effect.retry({
      schedule: Schedule.intersect(Schedule.recurs(10), Schedule.jittered(Schedule.spaced("200 millis"))),
      while: (error) => Option.isNone(forbidden(error))
    })
  )

/**
 * The migrator takes whatever keeps it from noting a migration for another process that makes it. On SQLite that is
 * also a runner at work which has written between its two statements.
 */
const refuseUnmade = (
  sql: SqlClient.SqlClient,
  tables: Tables
): Effect.Effect<void, Migrator.MigrationError | SqlError> =>
  Effect.flatMap(sql.unsafe(`SELECT 1 AS found FROM ${tables.migrations} WHERE migration_id >= ${last}`), ([found]) =>
    found === undefined
      ? new Migrator.MigrationError({ reason: "locked", message: `Migration ${last} could not be made` })
      : Effect.void
  )

/** Runners are at work meanwhile: while this waits for one of their statements, their next ones wait for it. */
const slotsOfRunners = (sql: SqlClient.SqlClient, tables: Tables) =>
  Effect.gen(function* () {
    yield* sql.onDialectOrElse({ pg: () => sql`SET LOCAL lock_timeout = '1s'`, orElse: () => Effect.void })
    yield* sql.unsafe(`ALTER TABLE ${tables.runners} ADD COLUMN slots BIGINT`)
  })

/**
 * As above, with both tables: less patient than the database is before it looks for a deadlock, as a replay that comes
 * between the two has the second and waits for the first.
 */
const spansOfJobs = (sql: SqlClient.SqlClient, tables: Tables) =>
  Effect.gen(function* () {
    yield* sql.onDialectOrElse({ pg: () => sql`SET LOCAL lock_timeout = '500ms'`, orElse: () => Effect.void })
    const columns = traceColumns.split(", ").map((column) => `ADD COLUMN ${column} TEXT`)
    const altered = sql.onDialectOrElse({ pg: () => [columns.join(", ")], orElse: () => columns })
    for (const table of [tables.jobs, tables.done]) {
      yield* Effect.forEach(altered, (added) => sql.unsafe(`ALTER TABLE ${table} ${added}`), { discard: true })
    }
  })

const queueInTables = (sql: SqlClient.SqlClient, tables: Tables) =>
  Effect.gen(function* () {
    const [before] = yield* sql.unsafe(`SELECT 1 AS found FROM ${tables.migrations} WHERE migration_id = 1`)
    const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
    const statements = [
      ...(before === undefined ? [] : setAside(tables, isPostgres)),
      ...creation(tables, isPostgres, before !== undefined),
      ...(before === undefined ? [] : takenAlong(tables))
    ]
    yield* Effect.forEach(statements, (text) => sql.unsafe(text), { discard: true })
    yield* sql.unsafe(`INSERT INTO ${tables.identity} (id) VALUES ('${globalThis.crypto.randomUUID()}')`)
  })

const tail = `
  attempt INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0, redeliveries INTEGER NOT NULL DEFAULT 0,
  replays INTEGER NOT NULL DEFAULT 0, retries INTEGER NOT NULL DEFAULT 0, started_at BIGINT, held_by TEXT,
  dedupe_key TEXT, limit_key TEXT, is_limited SMALLINT NOT NULL DEFAULT 0, max_attempts INTEGER, timeout_ms BIGINT,
  backoff TEXT, traceparent TEXT, progress DOUBLE PRECISION, progress_note TEXT, token TEXT, payload TEXT NOT NULL`

const creation = (tables: Tables, isPostgres: boolean, hasErrors: boolean): ReadonlyArray<string> => {
  const id = isPostgres ? 'TEXT COLLATE "C"' : "TEXT"
  const settings = isPostgres
    ? "WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)"
    : ""
  const index = (name: keyof typeof indexNames) => quoted(tables.prefix + indexNames[name])
  const head = `id ${id} NOT NULL PRIMARY KEY, type TEXT NOT NULL, partition SMALLINT NOT NULL, priority SMALLINT NOT NULL`
  return [
    `CREATE TABLE ${tables.jobs} (${head}, state SMALLINT NOT NULL DEFAULT 0, due_at BIGINT NOT NULL,
      is_retry SMALLINT NOT NULL DEFAULT 0, accepted_at BIGINT NOT NULL, redeliver SMALLINT NOT NULL DEFAULT 0,
      deaths INTEGER NOT NULL DEFAULT 0, losses INTEGER NOT NULL DEFAULT 0, is_suspect SMALLINT NOT NULL DEFAULT 0,
      alone SMALLINT NOT NULL DEFAULT 0, ${tail}) ${settings}`,
    `CREATE INDEX ${index("waiting")} ON ${tables.jobs} (type, priority, due_at, id, is_retry)
      WHERE state = 0 AND is_suspect = 0`,
    `CREATE INDEX ${index("suspect")} ON ${tables.jobs} (deaths, due_at, id) WHERE state = 0 AND is_suspect = 1`,
    `CREATE INDEX ${index("held")} ON ${tables.jobs} (held_by) WHERE state = 1`,
    `CREATE INDEX ${index("limited")} ON ${tables.jobs} (type, limit_key) WHERE state = 1 AND is_limited = 1`,
    `CREATE INDEX ${index("byKey")} ON ${tables.jobs} (type, (coalesce(limit_key, '')), priority, due_at, id)
      WHERE state = 0 AND is_limited = 1`,
    `CREATE UNIQUE INDEX ${index("dedupeKey")} ON ${tables.jobs} (type, dedupe_key)
      WHERE dedupe_key IS NOT NULL`,
    `CREATE TABLE ${tables.done} (${head}, state SMALLINT NOT NULL, due_at BIGINT NOT NULL,
      accepted_at BIGINT NOT NULL, finished_at BIGINT NOT NULL, ${tail}, result TEXT, reason TEXT)`,
    `CREATE INDEX ${index("finished")} ON ${tables.done} (state, type, finished_at, id)`,
    ...(hasErrors
      ? []
      : [
          `CREATE TABLE ${tables.errors} (job_id ${id} NOT NULL, run INTEGER NOT NULL, attempt INTEGER NOT NULL,
            failed_at BIGINT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, error TEXT,
            PRIMARY KEY (job_id, run))`
        ]),
    `CREATE TABLE ${tables.runners} (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, heartbeat_at BIGINT NOT NULL,
      ledger_token TEXT)`,
    `CREATE TABLE ${tables.types} (type TEXT NOT NULL PRIMARY KEY, is_paused SMALLINT NOT NULL DEFAULT 0,
      tokens DOUBLE PRECISION, tokens_at BIGINT)`,
    `CREATE TABLE ${tables.unique} (type TEXT NOT NULL, key TEXT NOT NULL, job_id ${id} NOT NULL,
      until BIGINT NOT NULL, PRIMARY KEY (type, key))`,
    `CREATE INDEX ${index("until")} ON ${tables.unique} (until)`,
    `CREATE TABLE ${tables.uncounted} (
      seq ${isPostgres ? "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY" : "INTEGER PRIMARY KEY"},
      operation TEXT NOT NULL, type TEXT NOT NULL, priority SMALLINT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
      age_ms BIGINT NOT NULL DEFAULT 0, times INTEGER NOT NULL DEFAULT 1)`,
    `CREATE TABLE ${tables.identity} (id TEXT NOT NULL PRIMARY KEY)`
  ]
}

/** The table as it was, under a name that nothing has. */
const asideName = (tables: Tables): string => `${tables.prefix}${tableNames.jobs}_before_3`

const setAside = (tables: Tables, isPostgres: boolean): ReadonlyArray<string> => [
  `ALTER TABLE ${tables.jobs} RENAME TO ${quoted(asideName(tables))}`,
  ...(isPostgres ? [`ALTER TABLE ${tables.errors} ALTER COLUMN job_id TYPE TEXT COLLATE "C"`] : [])
]

const takenAlong = (tables: Tables): ReadonlyArray<string> => {
  const aside = tables.jobs.replace(quoted(tables.prefix + tableNames.jobs), quoted(asideName(tables)))
  const number = `CASE priority ${priorities.map((name, index) => `WHEN '${name}' THEN ${index}`).join(" ")}
    ELSE ${priorityNumber("normal")} END`
  const columns = "id, type, partition, priority, due_at, accepted_at, attempt, run, redeliveries, replays, retries"
  const values = `id, job_type, lane % 32768, ${number}, due_at, accepted_at, attempt, run, redeliveries, replays, retries`
  const rest = "started_at, dedupe_key, payload"
  return [
    // What ran was handed over by a runner that stopped: its attempt goes on.
    `INSERT INTO ${tables.jobs} (${columns}, ${rest}, state, is_retry, redeliver, deaths)
      SELECT ${values}, ${rest}, 0, CASE state WHEN 'retrying' THEN 1 ELSE 0 END,
        CASE state WHEN 'running' THEN 1 ELSE redeliver END, losses
      FROM ${aside} WHERE state IN ('ready', 'scheduled', 'running', 'retrying')`,
    `INSERT INTO ${tables.done} (${columns}, ${rest}, held_by, state, finished_at, result, reason)
      SELECT ${values}, ${rest}, held_by, CASE state WHEN 'completed' THEN 2 WHEN 'cancelled' THEN 3 ELSE 4 END,
        coalesce(finished_at, accepted_at), result, reason
      FROM ${aside} WHERE state IN ('completed', 'cancelled', 'dead')`,
    `DROP TABLE ${aside}`
  ]
}
