/**
 * What runners write about their jobs on SQLite: starts, ends, and taking over from those that are gone. A sign before
 * a column keeps it from being looked for in an index: what is given is found by its id.
 */
import {
  endOf,
  keptColumns,
  lastSpanColumns,
  lostReason,
  notStarted,
  overForMs,
  type Queries,
  type Query,
  runColumns,
  type Tables,
  traceColumns
} from "./dialect.ts"
import type { End, Fence } from "./operations.ts"

export const now = "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)"

/** A member of the object that a row of `json_each` has. */
export const field = (name: string): string => `value->>'$.${name}'`

/**
 * Whether a row is among the given ones, and still held by the given runner in that run. The signs keep it from being
 * looked for among all that the runner holds.
 */
const isFenced = `+state = 1 AND +held_by = ? AND id IN (SELECT ${field("id")} FROM json_each(?))
  AND (id, run) IN (SELECT ${field("id")}, ${field("run")} FROM json_each(?))`

const fencedValues = (runnerId: string, fences: ReadonlyArray<Fence>): ReadonlyArray<unknown> => {
  const rows = JSON.stringify(fences.map(({ id, run }) => ({ id, run })))
  return [runnerId, rows, rows]
}

export const start =
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

export const acquit =
  (tables: Tables) =>
  (runnerId: string, fence: Fence): Queries => [
    {
      text: `UPDATE ${tables.jobs} SET alone = 0, is_suspect = 0 WHERE ${isFenced}`,
      values: fencedValues(runnerId, [fence])
    }
  ]

export const end =
  (tables: Tables) =>
  (runnerId: string, kind: End["settlement"]["_tag"], ends: ReadonlyArray<End>): Queries => {
    const values: EndValues = [JSON.stringify(ends.map(endOf)), runnerId]
    switch (kind) {
      case "Completed":
        return [completed(tables, values), gone(tables, ends)]
      case "Dead":
        return [recorded(tables, values), buried(tables, values), gone(tables, ends)]
      case "Retrying":
        return [recorded(tables, values), retried(tables, values)]
      case "Released":
        return [released(tables, values)]
      case "Returned":
        return [
          {
            text: `
            UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0, ${notStarted}
            WHERE ${isFenced} AND started_at IS NOT NULL RETURNING id`,
            values: fencedValues(runnerId, ends)
          }
        ]
    }
  }

/** The given ends beside the jobs that are still held in that run, each found by its id. */
const ended = (tables: Tables): string => `
  (SELECT value, ${field("of")} AS of, ${field("of_run")} AS of_run FROM json_each(?)) e CROSS JOIN ${tables.jobs}
  WHERE id = e.of AND run = e.of_run AND +held_by = ? AND +state = 1`

type EndValues = readonly [ends: string, runnerId: string]

const completed = (tables: Tables, values: EndValues): Query => ({
  text: `
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, finished_at, state, result)
    SELECT ${keptColumns}, ${runColumns}, token, ${now}, 2, e.${field("result")}
    FROM ${ended(tables)} RETURNING id`,
  values
})

const buried = (tables: Tables, values: EndValues): Query => ({
  text: `
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, ${traceColumns}, token, finished_at, state, reason)
    SELECT ${keptColumns}, ${runColumns}, ${lastSpanColumns(`e.${field("span")}`)}, token, ${now}, 4,
      e.${field("reason")}
    FROM ${ended(tables)} RETURNING id`,
  values
})

/** Only what this transaction has just moved is in both tables. */
const gone = (tables: Tables, ends: ReadonlyArray<Fence>): Query => ({
  text: `
    DELETE FROM ${tables.jobs} WHERE id IN (SELECT value FROM json_each(?))
      AND EXISTS (SELECT 1 FROM ${tables.done} d WHERE d.id = ${tables.jobs}.id)`,
  values: [JSON.stringify(ends.map(({ id }) => id))]
})

const recorded = (tables: Tables, values: EndValues): Query => ({
  text: `
    INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message, error)
    SELECT id, run, e.${field("of_attempt")}, ${now}, e.${field("reason")}, e.${field("message")}, e.${field("error")}
    FROM ${ended(tables)}`,
  values
})

const retried = (tables: Tables, [ends, runnerId]: EndValues): Query => ({
  text: `
    UPDATE ${tables.jobs} SET state = 0, held_by = NULL, is_retry = 1, redeliver = 0, deaths = 0, losses = 0,
      is_suspect = 0, alone = 0, due_at = CAST(${now} + e.pause AS INTEGER), ${ofEnded("pause")}`,
  values: [ends, runnerId]
})

const released = (tables: Tables, [ends, runnerId]: EndValues): Query => ({
  text: `
    UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0,
      redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END, ${ofEnded()}`,
  values: [ends, runnerId]
})

/** Also writes the span of an attempt that has one. */
const ofEnded = (...members: ReadonlyArray<string>): string => `
      last_traceparent = coalesce(e.span, last_traceparent)
    FROM (SELECT ${["of", "of_run", "span", ...members].map((name) => `${field(name)} AS ${name}`).join(", ")}
      FROM json_each(?)) e
    WHERE id = e.of AND run = e.of_run AND +held_by = ? AND +state = 1 RETURNING id`

export const look =
  (tables: Tables) =>
  (runnerId: string, ends: ReadonlyArray<End>): Query => {
    const same = (table: string) => `${table}.id = e.${field("id")} AND ${table}.run = e.${field("run")}`
    return {
      text: `
      SELECT e.${field("id")} AS id, CASE
        WHEN EXISTS (SELECT 1 FROM ${tables.jobs} j WHERE ${same("j")} AND j.state = 1 AND j.held_by = ?) THEN 'locked'
        WHEN CASE
          WHEN e.${field("kind")} IN ('Released', 'Returned') THEN EXISTS (SELECT 1 FROM ${tables.jobs} j WHERE ${same("j")} AND j.state = 0)
          WHEN e.${field("kind")} = 'Completed' THEN EXISTS (SELECT 1 FROM ${tables.done} d WHERE ${same("d")} AND d.state = 2)
          -- What has failed may have been replayed since: its failure stays.
          ELSE EXISTS (
            SELECT 1 FROM ${tables.errors} f WHERE f.job_id = e.${field("id")} AND f.run = e.${field("run")}) END
          THEN 'written'
        ELSE 'lost' END AS outcome
      FROM json_each(?) e`,
      values: [runnerId, JSON.stringify(ends.map(({ id, run, settlement }) => ({ id, run, kind: settlement._tag })))]
    }
  }

export const progress =
  (tables: Tables) =>
  (runnerId: string, fence: Fence, [ratio, note]: readonly [number, string | undefined]): Queries => [
    {
      text: `UPDATE ${tables.jobs} SET progress = ?, progress_note = ? WHERE ${isFenced} RETURNING id`,
      values: [ratio, note ?? null, ...fencedValues(runnerId, [fence])]
    }
  ]

/** A read that finds whether there is something to take over: mostly there is not, and nothing has to be written. */
export const isLost =
  (tables: Tables) =>
  (leaseMs: number): Query => ({
    text: `
    SELECT 1 AS found WHERE
      EXISTS (SELECT 1 FROM ${tables.runners} WHERE heartbeat_at >= 0 AND heartbeat_at <= ${now} - ?)
      OR EXISTS (SELECT 1 FROM ${tables.jobs} WHERE state = 1 AND NOT EXISTS (
        SELECT 1 FROM ${tables.runners} r WHERE r.id = held_by AND r.heartbeat_at >= 0))`,
    values: [leaseMs]
  })

export const takeOver =
  (tables: Tables) =>
  (leaseMs: number, maxLosses: number): Queries => {
    const lost = `state = 1 AND NOT EXISTS (
      SELECT 1 FROM ${tables.runners} r WHERE r.id = held_by AND r.heartbeat_at >= 0)`
    const isDead = `${lost} AND started_at IS NOT NULL AND losses + alone >= ?`
    return [
      {
        text: `UPDATE ${tables.runners} SET heartbeat_at = - ${now} WHERE heartbeat_at >= 0 AND heartbeat_at <= ${now} - ?`,
        values: [leaseMs]
      },
      {
        text: `DELETE FROM ${tables.runners} WHERE heartbeat_at < 0 AND - heartbeat_at < ${now} - ${overForMs}`,
        values: []
      },
      {
        text: `
        INSERT INTO ${tables.uncounted} (operation, type, priority, attempts, age_ms)
        SELECT 'lose', type, priority, attempt, ${now} - accepted_at FROM ${tables.jobs} WHERE ${isDead}`,
        values: [maxLosses]
      },
      {
        text: `
        INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message)
        SELECT id, run + 1, attempt, ${now}, '${lostReason.reason}', '${lostReason.message}'
        FROM ${tables.jobs} WHERE ${isDead}`,
        values: [maxLosses]
      },
      {
        text: `
        INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, ${traceColumns}, token, state, finished_at, reason)
        SELECT ${keptColumns.replace("run,", "run + 1,")}, ${runColumns}, ${traceColumns}, token, 4, ${now},
          '${lostReason.reason}'
        FROM ${tables.jobs} WHERE ${isDead}
        RETURNING 'dead' AS outcome`,
        values: [maxLosses]
      },
      { text: `DELETE FROM ${tables.jobs} WHERE ${isDead}`, values: [maxLosses] },
      {
        text: `
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, run = run + 1, losses = losses + alone, alone = 0,
          is_suspect = CASE WHEN started_at IS NULL THEN is_suspect ELSE 1 END,
          deaths = deaths + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END,
          redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
        WHERE id IN (SELECT id FROM ${tables.jobs} WHERE ${lost} LIMIT 500)
        RETURNING CASE WHEN started_at IS NULL THEN 'untouched' ELSE 'suspect' END AS outcome`,
        values: []
      }
    ]
  }
