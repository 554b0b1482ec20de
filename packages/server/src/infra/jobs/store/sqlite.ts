/**
 * The statements of SQLite, where one session writes at a time. What takes several statements is one transaction, and
 * begins with a write, so that it never waits for the lock with a view of the tables that has become old.
 */
import {
  type Change,
  type Dialect,
  endOf,
  headStarts,
  heldColumns,
  keptColumns,
  lostReason,
  type Queries,
  type Query,
  runColumns,
  submissionOf,
  type Tables
} from "./dialect.ts"
import type { CallOptions, ClaimRequest, End, Fence, NewJob, TypeClaim } from "./operations.ts"

const now = "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)"
const priorities = `(SELECT column1 AS priority, column2 AS head_start FROM (VALUES ${headStarts}))`

/** The statements over these tables; `identity` is that of the database. */
export const sqlite = (tables: Tables, identity: string): Dialect => ({
  now,
  real: "REAL",
  groupSize: 64,
  hintChannel: undefined,
  insert: insert(tables, identity),
  find: find(tables),
  cancel: cancel(tables),
  replay: replay(tables),
  changed: changed(tables),
  claim: claim(tables),
  nextDue: nextDue(tables),
  claimSuspect: claimSuspect(tables),
  start: start(tables),
  end: end(tables),
  look: look(tables),
  progress: progress(tables),
  takeOver: takeOver(tables)
})

const field = (name: string): string => `value->>'$.${name}'`

const insert =
  (tables: Tables, identity: string) =>
  (jobs: ReadonlyArray<NewJob>, { isInTransaction }: CallOptions): Queries => {
    const submissions = JSON.stringify(jobs.map(submissionOf))
    const insertion: Query = {
      text: `
      INSERT INTO ${tables.jobs} (id, type, partition, priority, due_at, accepted_at, dedupe_key, limit_key, is_limited,
        max_attempts, timeout_ms, backoff, traceparent, payload)
      SELECT ${field("id")}, ${field("type")}, ${field("partition")}, ${field("priority")},
        CAST(CASE WHEN ${field("delay")} IS NULL THEN max(${now}, coalesce(${field("at")}, 0))
          ELSE ${now} + ${field("delay")} END AS INTEGER), ${now},
        ${field("dedupe_key")}, ${field("limit_key")}, ${field("is_limited")}, ${field("max_attempts")},
        ${field("timeout_ms")}, ${field("backoff")}, ${field("traceparent")}, ${field("payload")}
      FROM json_each(?) WHERE EXISTS (SELECT 1 FROM ${tables.identity} WHERE id = ?)
      ON CONFLICT DO NOTHING RETURNING id`,
      values: [submissions, identity]
    }
    return isInTransaction ? [insertion, countInserted(tables, submissions)] : [insertion]
  }

const find =
  (tables: Tables) =>
  (jobs: ReadonlyArray<Pick<NewJob, "id" | "type" | "dedupeKey">>): Query => ({
    text: `
    SELECT e.${field("id")} AS id, coalesce(
      (SELECT j.id FROM ${tables.jobs} j WHERE j.id = e.${field("id")}),
      (SELECT d.id FROM ${tables.done} d WHERE d.id = e.${field("id")}),
      (SELECT j.id FROM ${tables.jobs} j WHERE j.type = e.${field("type")} AND j.dedupe_key = e.${field("key")}
        AND j.dedupe_key IS NOT NULL)
    ) AS found FROM json_each(?) e`,
    values: [JSON.stringify(jobs.map(({ dedupeKey: key, id, type }) => ({ id, type, key })))]
  })

const countInserted = (tables: Tables, submissions: string): Query => ({
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
  (change: Change, { isInTransaction }: CallOptions): Queries => {
    const { id, token } = change
    const columns = keptColumns.replace("due_at", now).replace("attempt,", "0,").replace("replays", "replays + 1")
    return [
      {
        text: `
        INSERT INTO ${tables.jobs} (${keptColumns}, token)
        SELECT ${columns}, ? FROM ${tables.done} WHERE id = ? AND state = 4
        ON CONFLICT DO NOTHING RETURNING id, type, priority`,
        values: [token, id]
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

const isAlive = (tables: Tables): string =>
  `EXISTS (SELECT 1 FROM ${tables.runners} WHERE id = ? AND heartbeat_at > ${now} - ?)`

const isPaused = (tables: Tables, type: string): string =>
  `EXISTS (SELECT 1 FROM ${tables.types} paused WHERE paused.type = ${type} AND paused.is_paused = 1)`

const wanted = (types: ReadonlyArray<TypeClaim>): string => JSON.stringify(types)

const ownedValues = (partitions: number, owned: ReadonlyArray<number> | undefined): ReadonlyArray<unknown> =>
  owned === undefined ? [] : [partitions, JSON.stringify(owned)]

const isOwned = (owned: ReadonlyArray<number> | undefined): string =>
  owned === undefined ? "" : "AND partition % ? IN (SELECT value FROM json_each(?))"

const claim =
  (tables: Tables) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest): Queries => {
    // No limit can depend on the row: the window below keeps to that of each type.
    const widest = types.reduce((least, of) => Math.max(least, of.most), 0)
    const begins = "EXISTS (SELECT 1 FROM picked p WHERE p.id = jobs.id AND p.turn <= p.start_now)"
    return [
      {
        text: `
        WITH picked AS MATERIALIZED (
          SELECT id, turn, start_now FROM (
            SELECT w.id, w.due_at + p.head_start AS place, ${field("startNow")} AS start_now, ${field("most")} AS most,
              row_number() OVER (PARTITION BY w.type ORDER BY w.due_at + p.head_start, w.id) AS turn
            FROM json_each(?) t CROSS JOIN ${priorities} p CROSS JOIN ${tables.jobs} w
            WHERE w.id IN (
              SELECT id FROM ${tables.jobs} WHERE state = 0 AND is_suspect = 0 AND type = t.${field("type")}
                AND priority = p.priority AND due_at <= ${now} ${isOwned(owned)}
              ORDER BY due_at, id LIMIT ?)
              AND NOT ${isPaused(tables, `t.${field("type")}`)})
          WHERE turn <= most AND ${isAlive(tables)}
          ORDER BY place, id LIMIT ?)
        UPDATE ${tables.jobs} AS jobs SET state = 1, held_by = ?, run = run + 1, alone = 0,
          started_at = CASE WHEN ${begins} THEN ${now} END,
          attempt = attempt + CASE WHEN ${begins} THEN 1 - redeliver ELSE 0 END,
          redeliveries = redeliveries + CASE WHEN ${begins} THEN redeliver ELSE 0 END,
          retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 AND ${begins} THEN 1 ELSE 0 END
        WHERE id IN (SELECT id FROM picked)
        RETURNING ${heldColumns(now, "REAL")}`,
        values: [wanted(types), ...ownedValues(partitions, owned), widest, runnerId, leaseMs, most, runnerId]
      }
    ]
  }

const nextDue =
  (tables: Tables) =>
  ({ types }: ClaimRequest): Query => ({
    text: `
    SELECT min(due) - ${now} AS next_due FROM (
      SELECT (SELECT due_at FROM ${tables.jobs} WHERE state = 0 AND is_suspect = 0 AND type = t.${field("type")}
        AND priority = p.priority AND due_at > ${now} ORDER BY due_at, id LIMIT 1) AS due
      FROM json_each(?) t CROSS JOIN ${priorities} p)`,
    values: [wanted(types)]
  })

const claimSuspect =
  (tables: Tables) =>
  ({ leaseMs, owned, partitions, runnerId, types }: Omit<ClaimRequest, "most">): Queries => [
    {
      text: `
      UPDATE ${tables.jobs} SET state = 1, held_by = ?, run = run + 1, alone = 0, started_at = NULL
      WHERE id IN (
        SELECT id FROM ${tables.jobs} j WHERE state = 0 AND is_suspect = 1 AND due_at <= ${now}
          AND type IN (SELECT ${field("type")} FROM json_each(?)) ${isOwned(owned)}
          AND ${isAlive(tables)} AND NOT ${isPaused(tables, "j.type")}
        ORDER BY deaths, due_at, id LIMIT 1)
      RETURNING ${heldColumns(now, "REAL")}`,
      values: [runnerId, wanted(types), ...ownedValues(partitions, owned), runnerId, leaseMs]
    }
  ]

/** Whether a row is among the given ones, and still held by the given runner in that run. */
const isFenced = `state = 1 AND held_by = ? AND id IN (SELECT ${field("id")} FROM json_each(?))
  AND (id, run) IN (SELECT ${field("id")}, ${field("run")} FROM json_each(?))`

const fencedValues = (runnerId: string, fences: ReadonlyArray<Fence>): ReadonlyArray<unknown> => {
  const rows = JSON.stringify(fences.map(({ id, run }) => ({ id, run })))
  return [runnerId, rows, rows]
}

const start =
  (tables: Tables) =>
  (runnerId: string, fences: ReadonlyArray<Fence>, isAlone: boolean): Queries => {
    const isNew = "started_at IS NULL"
    return [
      {
        text: `
        UPDATE ${tables.jobs} SET alone = ?, started_at = coalesce(started_at, ${now}),
          attempt = attempt + CASE WHEN ${isNew} THEN 1 - redeliver ELSE 0 END,
          redeliveries = redeliveries + CASE WHEN ${isNew} THEN redeliver ELSE 0 END,
          retries = retries + CASE WHEN ${isNew} AND redeliver = 0 AND attempt > 0 THEN 1 ELSE 0 END
        WHERE ${isFenced} RETURNING id`,
        values: [isAlone ? 1 : 0, ...fencedValues(runnerId, fences)]
      }
    ]
  }

const end =
  (tables: Tables) =>
  (runnerId: string, kind: End["settlement"]["_tag"], ends: ReadonlyArray<End>): Queries => {
    const fences = fencedValues(runnerId, ends)
    const rows = JSON.stringify(ends.map(endOf))
    switch (kind) {
      case "Completed":
        return [moved(tables, [2, "result"], [rows, ...fences]), gone(tables, fences)]
      case "Dead":
        return [
          recorded(tables, [rows, ...fences]),
          moved(tables, [4, "reason"], [rows, ...fences]),
          gone(tables, fences)
        ]
      case "Retrying":
        return [recorded(tables, [rows, ...fences]), retried(tables, [rows, ...fences])]
      case "Released":
        return [
          {
            text: `
            UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0,
              redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
            WHERE ${isFenced} RETURNING id`,
            values: fences
          }
        ]
    }
  }

/** The given ends with the columns of their jobs. */
const ended = (tables: Tables): string =>
  `(SELECT value, ${field("id")} AS job_id FROM json_each(?)) e CROSS JOIN ${tables.jobs} ON id = e.job_id`

const moved = (tables: Tables, [state, column]: readonly [number, string], values: ReadonlyArray<unknown>): Query => ({
  text: `
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, state, finished_at, ${column})
    SELECT ${keptColumns}, ${runColumns}, token, ${state}, ${now}, e.${field(column)}
    FROM ${ended(tables)} WHERE ${isFenced} RETURNING id`,
  values
})

const gone = (tables: Tables, values: ReadonlyArray<unknown>): Query => ({
  text: `DELETE FROM ${tables.jobs} WHERE ${isFenced}`,
  values
})

const recorded = (tables: Tables, values: ReadonlyArray<unknown>): Query => ({
  text: `
    INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message, error)
    SELECT id, run, e.${field("attempt")}, ${now}, e.${field("reason")}, e.${field("message")},
      e.${field("error")}
    FROM ${ended(tables)} WHERE ${isFenced}`,
  values
})

const retried = (tables: Tables, values: ReadonlyArray<unknown>): Query => ({
  text: `
    UPDATE ${tables.jobs} SET state = 0, held_by = NULL, is_retry = 1, redeliver = 0, deaths = 0, losses = 0,
      is_suspect = 0, alone = 0, due_at = CAST(${now} + e.pause AS INTEGER)
    FROM (SELECT ${field("id")} AS job_id, ${field("pause")} AS pause FROM json_each(?)) e
    WHERE id = e.job_id AND ${isFenced} RETURNING id`,
  values
})

const look =
  (tables: Tables) =>
  (runnerId: string, ends: ReadonlyArray<End>): Query => {
    const same = (table: string) => `${table}.id = e.${field("id")} AND ${table}.run = e.${field("run")}`
    return {
      text: `
      SELECT e.${field("id")} AS id, CASE
        WHEN EXISTS (SELECT 1 FROM ${tables.jobs} j WHERE ${same("j")} AND j.state = 1 AND j.held_by = ?) THEN 'locked'
        WHEN CASE e.${field("kind")}
          WHEN 'Retrying' THEN EXISTS (
            SELECT 1 FROM ${tables.errors} f WHERE f.job_id = e.${field("id")} AND f.run = e.${field("run")})
          WHEN 'Released' THEN EXISTS (SELECT 1 FROM ${tables.jobs} j WHERE ${same("j")} AND j.state = 0)
          ELSE EXISTS (SELECT 1 FROM ${tables.done} d WHERE ${same("d")}
            AND d.state = CASE e.${field("kind")} WHEN 'Completed' THEN 2 ELSE 4 END) END
          THEN 'written'
        ELSE 'lost' END AS outcome
      FROM json_each(?) e`,
      values: [runnerId, JSON.stringify(ends.map(({ id, run, settlement }) => ({ id, run, kind: settlement._tag })))]
    }
  }

const progress =
  (tables: Tables) =>
  (runnerId: string, fence: Fence, [ratio, note]: readonly [number, string | undefined]): Queries => [
    {
      text: `UPDATE ${tables.jobs} SET progress = ?, progress_note = ? WHERE ${isFenced} RETURNING id`,
      values: [ratio, note ?? null, ...fencedValues(runnerId, [fence])]
    }
  ]

const takeOver =
  (tables: Tables) =>
  (leaseMs: number, maxLosses: number): Queries => {
    const isLost = `state = 1 AND NOT EXISTS (SELECT 1 FROM ${tables.runners} r WHERE r.id = held_by)`
    const isDead = `${isLost} AND started_at IS NOT NULL AND losses + alone >= ?`
    return [
      { text: `DELETE FROM ${tables.runners} WHERE heartbeat_at <= ${now} - ?`, values: [leaseMs] },
      {
        text: `
        INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message)
        SELECT id, run + 1, attempt, ${now}, '${lostReason.reason}', '${lostReason.message}'
        FROM ${tables.jobs} WHERE ${isDead}`,
        values: [maxLosses]
      },
      {
        text: `
        INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, state, finished_at, reason)
        SELECT ${keptColumns.replace("run,", "run + 1,")}, ${runColumns}, token, 4, ${now}, '${lostReason.reason}'
        FROM ${tables.jobs} WHERE ${isDead}
        RETURNING 'dead' AS outcome, type, priority, attempt, CAST(${now} - accepted_at AS REAL) AS age`,
        values: [maxLosses]
      },
      { text: `DELETE FROM ${tables.jobs} WHERE ${isDead}`, values: [maxLosses] },
      {
        text: `
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, run = run + 1, losses = losses + alone, alone = 0,
          is_suspect = CASE WHEN started_at IS NULL THEN is_suspect ELSE 1 END,
          deaths = deaths + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END,
          redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
        WHERE id IN (SELECT id FROM ${tables.jobs} WHERE ${isLost} LIMIT 500)
        RETURNING CASE WHEN started_at IS NULL THEN 'untouched' ELSE 'suspect' END AS outcome, type, priority, attempt,
          0.0 AS age`,
        values: []
      }
    ]
  }
