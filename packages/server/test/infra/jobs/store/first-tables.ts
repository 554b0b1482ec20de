/** The tables as migrations 1 and 2 made them, with a job in every state: what an application may still have. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const tables = [
  `CREATE TABLE jobs (
    id TEXT NOT NULL PRIMARY KEY, job_type TEXT NOT NULL, lane INTEGER NOT NULL, priority TEXT NOT NULL,
    state TEXT NOT NULL, rank BIGINT NOT NULL, due_at BIGINT NOT NULL, accepted_at BIGINT NOT NULL, started_at BIGINT,
    finished_at BIGINT, attempt INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0,
    redeliver INTEGER NOT NULL DEFAULT 0, redeliveries INTEGER NOT NULL DEFAULT 0, losses INTEGER NOT NULL DEFAULT 0,
    retries INTEGER NOT NULL DEFAULT 0, replays INTEGER NOT NULL DEFAULT 0, held_by TEXT, dedupe_key TEXT,
    payload TEXT NOT NULL, result TEXT, reason TEXT)`,
  `CREATE TABLE job_errors (
    job_id TEXT NOT NULL, run INTEGER NOT NULL, attempt INTEGER NOT NULL, failed_at BIGINT NOT NULL,
    reason TEXT NOT NULL, message TEXT NOT NULL, error TEXT, PRIMARY KEY (job_id, run))`,
  `CREATE INDEX jobs_running ON jobs (lane) WHERE state = 'running'`,
  `CREATE INDEX jobs_dead ON jobs (finished_at, id) WHERE state = 'dead'`,
  `CREATE INDEX jobs_dead_by_type ON jobs (job_type, finished_at, id) WHERE state = 'dead'`,
  `CREATE UNIQUE INDEX jobs_dedupe ON jobs (job_type, dedupe_key)
    WHERE dedupe_key IS NOT NULL AND state IN ('ready', 'scheduled', 'running', 'retrying')`,
  `CREATE INDEX jobs_ready ON jobs (lane, job_type, rank, id, due_at) WHERE state = 'ready'`,
  `CREATE INDEX jobs_due ON jobs (lane, due_at, job_type, state) WHERE state IN ('scheduled', 'retrying')`
]

/** The states of those tables, each with its job of the same name. */
export const firstStates = ["ready", "scheduled", "retrying", "running", "completed", "cancelled", "dead"] as const

/** Makes those tables, in the first schema of the search path, and their jobs. */
export const makeFirstTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forEach(tables, (text) => sql.unsafe(text))
  const stamp = sql.onDialectOrElse({
    pg: () => "timestamp with time zone not null default now()",
    orElse: () => "datetime NOT NULL DEFAULT current_timestamp"
  })
  yield* sql.unsafe(
    `CREATE TABLE jobs_migrations (migration_id integer PRIMARY KEY NOT NULL, created_at ${stamp}, name text NOT NULL)`
  )
  yield* sql`INSERT INTO jobs_migrations (migration_id, name) VALUES (1, 'create_tables'), (2, 'cover_samples')`
  const later = Date.now() + 3_600_000
  for (const [index, state] of firstStates.entries()) {
    const isDone = index > 3
    const isBegun = state !== "ready" && state !== "scheduled"
    yield* sql`INSERT INTO jobs ${sql.insert({
      id: `01J00000000000000000000${state}`,
      job_type: "t",
      lane: 60 + index,
      priority: index % 2 === 0 ? "critical" : "low",
      state,
      rank: 0,
      due_at: state === "scheduled" || state === "retrying" ? later : 2000,
      accepted_at: 1000 + index,
      started_at: isBegun ? 2500 : null,
      finished_at: isDone ? 3000 + index : null,
      attempt: isBegun ? 2 : 0,
      run: isBegun ? 3 : 0,
      redeliveries: isBegun ? 1 : 0,
      retries: isBegun ? 1 : 0,
      losses: state === "running" ? 1 : 0,
      held_by: isBegun ? "runner" : null,
      dedupe_key: `key of ${state}`,
      payload: `"${state}"`,
      result: state === "completed" ? "42" : null,
      reason: state === "dead" ? "Boom" : null
    })}`
  }
  yield* sql`
    INSERT INTO job_errors (job_id, run, attempt, failed_at, reason, message, error)
    SELECT id, 2, 1, 2600, 'Boom', 'first', '[1]' FROM jobs WHERE state IN ('dead', 'retrying')`
})
