/**
 * The tables of jobs, the same on SQLite and PostgreSQL. Times are epoch milliseconds. Every index that work goes
 * through is partial, so that finished jobs cost the living ones nothing.
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

const createTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE jobs (
      id TEXT NOT NULL PRIMARY KEY,
      job_type TEXT NOT NULL,
      lane INTEGER NOT NULL,
      priority TEXT NOT NULL,
      state TEXT NOT NULL,
      rank BIGINT NOT NULL,
      due_at BIGINT NOT NULL,
      accepted_at BIGINT NOT NULL,
      started_at BIGINT,
      finished_at BIGINT,
      attempt INTEGER NOT NULL DEFAULT 0,
      run INTEGER NOT NULL DEFAULT 0,
      redeliver INTEGER NOT NULL DEFAULT 0,
      redeliveries INTEGER NOT NULL DEFAULT 0,
      losses INTEGER NOT NULL DEFAULT 0,
      retries INTEGER NOT NULL DEFAULT 0,
      replays INTEGER NOT NULL DEFAULT 0,
      held_by TEXT,
      dedupe_key TEXT,
      payload TEXT NOT NULL,
      result TEXT,
      reason TEXT
    )`
  yield* sql`
    CREATE TABLE job_errors (
      job_id TEXT NOT NULL,
      run INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      failed_at BIGINT NOT NULL,
      reason TEXT NOT NULL,
      message TEXT NOT NULL,
      error TEXT,
      PRIMARY KEY (job_id, run)
    )`
  yield* sql`CREATE INDEX jobs_ready ON jobs (lane, job_type, rank, id) WHERE state = 'ready'`
  yield* sql`CREATE INDEX jobs_due ON jobs (lane, due_at) WHERE state IN ('scheduled', 'retrying')`
  yield* sql`CREATE INDEX jobs_running ON jobs (lane) WHERE state = 'running'`
  yield* sql`CREATE INDEX jobs_dead ON jobs (finished_at, id) WHERE state = 'dead'`
  yield* sql`CREATE INDEX jobs_dead_by_type ON jobs (job_type, finished_at, id) WHERE state = 'dead'`
  yield* sql`
    CREATE UNIQUE INDEX jobs_dedupe ON jobs (job_type, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND state IN ('ready', 'scheduled', 'running', 'retrying')`
})

/** The indexes of what waits hold all that the gauges ask for: sampling a long queue reads no row of the table. */
const coverSamples = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP INDEX jobs_ready`
  yield* sql`CREATE INDEX jobs_ready ON jobs (lane, job_type, rank, id, due_at) WHERE state = 'ready'`
  yield* sql`DROP INDEX jobs_due`
  yield* sql`CREATE INDEX jobs_due ON jobs (lane, due_at, job_type, state) WHERE state IN ('scheduled', 'retrying')`
})

/** Brings the tables up to date; several runners may do so at the same time. */
export const migrate: Effect.Effect<void, Migrator.MigrationError | SqlError, SqlClient.SqlClient> = Migrator.make({})({
  loader: Effect.succeed([
    [1, "create_tables", Effect.succeed(createTables)],
    [2, "cover_samples", Effect.succeed(coverSamples)]
  ]),
  table: "jobs_migrations"
}).pipe(
  // Two runners that both find no table of migrations both create it, and one of them fails.
  Effect.retry(Schedule.intersect(Schedule.recurs(5), Schedule.jittered(Schedule.spaced("200 millis")))),
  Effect.asVoid
)
