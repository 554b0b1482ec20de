/**
 * The statements of SQLite: those of callers, and of runners in `sqlite-claims.ts` and `sqlite-runs.ts`. One session
 * writes at a time: what takes several statements is one transaction and begins with a write, so that it never waits
 * for the lock with a view of the tables that has become old.
 */
import {
  type Change,
  type Dialect,
  keptColumns,
  type KeyedJob,
  keysOf,
  type Queries,
  type Query,
  replayedColumns,
  runColumns,
  submissionOf,
  type Tables,
  traceColumns
} from "./dialect.ts"
import type { CallOptions, NewJob } from "./operations.ts"
import { candidates, claimLimited, claimSuspect, lastKey, nextDue, take } from "./sqlite-claims.ts"
import { acquit, end, field, isLost, look, now, progress, start, takeOver } from "./sqlite-runs.ts"

/** The statements over these tables; `identity` is that of the database. */
export const sqlite = (tables: Tables, identity: string): Dialect => ({
  now,
  real: "REAL",
  lockFree: "",
  groupSize: 64,
  hintChannel: undefined,
  ownHint: undefined,
  insert: insert(tables, identity),
  find: find(tables),
  cancel: cancel(tables),
  replay: replay(tables),
  changed: changed(tables),
  claim: { _tag: "InTwo", candidates: candidates(tables), take: take(tables) },
  nextDue: nextDue(tables),
  lastKey: lastKey(tables),
  claimLimited: claimLimited(tables),
  claimSuspect: claimSuspect(tables),
  start: start(tables),
  acquit: acquit(tables),
  end: end(tables),
  look: look(tables),
  progress: progress(tables),
  isLost: isLost(tables),
  takeOver: takeOver(tables)
})

const insert =
  (tables: Tables, identity: string) =>
  (jobs: ReadonlyArray<NewJob>, { isInTransaction }: CallOptions): Queries => {
    const submissions = JSON.stringify(jobs.map(submissionOf))
    const takesKeys = jobs.some(({ unique }) => unique !== undefined)
    const isTaken = `(${field("unique_key")} IS NULL OR EXISTS (SELECT 1 FROM ${tables.unique} u
      WHERE u.type = ${field("type")} AND u.key = ${field("unique_key")} AND u.job_id = ${field("id")}))`
    const insertion: Query = {
      text: `
      INSERT INTO ${tables.jobs} (id, type, partition, priority, due_at, accepted_at, dedupe_key, limit_key, is_limited,
        max_attempts, timeout_ms, backoff, traceparent, tracestate, baggage, payload)
      SELECT ${field("id")}, ${field("type")}, ${field("partition")}, ${field("priority")},
        CAST(CASE WHEN ${field("delay")} IS NULL THEN max(${now}, coalesce(${field("at")}, 0))
          ELSE ${now} + ${field("delay")} END AS INTEGER), ${now},
        ${field("dedupe_key")}, ${field("limit_key")}, ${field("is_limited")}, ${field("max_attempts")},
        ${field("timeout_ms")}, ${field("backoff")}, ${field("traceparent")}, ${field("tracestate")},
        ${field("baggage")}, ${field("payload")}
      FROM json_each(?)
      WHERE EXISTS (SELECT 1 FROM ${tables.identity} WHERE id = ?) ${takesKeys ? `AND ${isTaken}` : ""}
      ON CONFLICT DO NOTHING RETURNING id`,
      values: [submissions, identity]
    }
    const counting = isInTransaction ? [countSubmitted(tables, submissions)] : []
    return takesKeys ? [takeKeys(tables, identity, submissions), insertion, ...counting] : [insertion, ...counting]
  }

/** Takes keys that are unique for a period: those that are free, or whose period is over. */
const takeKeys = (tables: Tables, identity: string, submissions: string): Query => ({
  text: `
    INSERT INTO ${tables.unique} AS held (type, key, job_id, until)
    SELECT ${field("type")}, ${field("unique_key")}, ${field("id")},
      CAST(${now} + ${field("unique_for")} AS INTEGER)
    FROM json_each(?)
    WHERE ${field("unique_key")} IS NOT NULL AND EXISTS (SELECT 1 FROM ${tables.identity} WHERE id = ?)
    ON CONFLICT (type, key) DO UPDATE SET job_id = excluded.job_id, until = excluded.until
      WHERE held.until <= ${now} OR held.job_id = excluded.job_id`,
  values: [submissions, identity]
})

const find =
  (tables: Tables) =>
  (jobs: ReadonlyArray<KeyedJob>): Query => ({
    text: `
    SELECT e.${field("id")} AS id, coalesce(
      (SELECT j.id FROM ${tables.jobs} j WHERE j.id = e.${field("id")}),
      (SELECT d.id FROM ${tables.done} d WHERE d.id = e.${field("id")}),
      (SELECT j.id FROM ${tables.jobs} j WHERE j.type = e.${field("type")} AND j.dedupe_key = e.${field("dedupe")}
        AND j.dedupe_key IS NOT NULL),
      (SELECT u.job_id FROM ${tables.unique} u WHERE u.type = e.${field("type")} AND u.key = e.${field("once")}
        AND u.until > ${now} AND u.job_id <> e.${field("id")})
    ) AS found FROM json_each(?) e`,
    values: [JSON.stringify(jobs.map(keysOf))]
  })

const countSubmitted = (tables: Tables, submissions: string): Query => ({
  text: `
    INSERT INTO ${tables.uncounted} (operation, type, priority, times)
    SELECT 'submit', type, priority, count(*) FROM ${tables.jobs}
    WHERE id IN (SELECT ${field("id")} FROM json_each(?)) GROUP BY type, priority`,
  values: [submissions]
})

const countChanged = (tables: Tables, from: string, { id, token }: Change): Query => ({
  text: `
    INSERT INTO ${tables.uncounted} (operation, type, priority, attempts)
    SELECT ${from} WHERE id = ? AND token = ?`,
  values: [id, token]
})

const cancel =
  (tables: Tables) =>
  (change: Change, { isInTransaction }: CallOptions): Queries => {
    const { id, token } = change
    return [
      {
        text: `
        INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, state, finished_at, token)
        SELECT ${keptColumns}, ${runColumns}, 3, ${now}, ? FROM ${tables.jobs} WHERE id = ?
        RETURNING id, type, priority, attempt, held_by`,
        values: [token, id]
      },
      { text: `DELETE FROM ${tables.jobs} WHERE id = ?`, values: [id] },
      ...(isInTransaction
        ? [countChanged(tables, `'cancel', type, priority, attempt FROM ${tables.done}`, change)]
        : [])
    ]
  }

const replay =
  (tables: Tables) =>
  (change: Change, { isInTransaction, traceparent }: CallOptions): Queries => {
    const { id, token } = change
    return [
      {
        text: `
        INSERT INTO ${tables.jobs} (${keptColumns}, ${traceColumns}, token)
        SELECT ${replayedColumns(now, "?")}, ? FROM ${tables.done} WHERE id = ? AND state = 4
        ON CONFLICT DO NOTHING RETURNING id, type, priority`,
        values: [traceparent ?? null, token, id]
      },
      {
        text: `DELETE FROM ${tables.done} WHERE id = ? AND EXISTS (SELECT 1 FROM ${tables.jobs} WHERE id = ?)`,
        values: [id, id]
      },
      ...(isInTransaction ? [countChanged(tables, `'replay', type, priority, 0 FROM ${tables.jobs}`, change)] : [])
    ]
  }

const changed =
  (tables: Tables) =>
  (kind: "cancel" | "replay", { id, token }: Change): Query => {
    const from = (table: string) =>
      `SELECT id, type, priority, attempt, held_by FROM ${table} WHERE id = ? AND token = ?`
    return kind === "cancel"
      ? { text: from(tables.done), values: [id, token] }
      : { text: `${from(tables.done)} UNION ALL ${from(tables.jobs)}`, values: [id, token, id, token] }
  }
