/**
 * What runners write about their jobs on PostgreSQL: starts, ends, and taking over from those that are gone. A job is
 * found by its id, however few the statistics take to be held.
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
import { type DatabaseFunction, databaseFunction, rowsOf } from "./postgres-functions.ts"

/** Once a statement, so that it bounds an index as a value does. */
export const now = "(SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint)"

export const one = (text: string, values: ReadonlyArray<unknown>): Queries => [{ text, values }]

/**
 * That a row has a state, in words that no partial index answers: the row is found by its id, whatever the statistics.
 */
export const isState = (row: string, state: number): string => `${row}.state + 0 = ${state}`

/**
 * The rows of `$2` that the runner `$1` still holds in that run, and that no other session has locked, with these
 * columns of the job as it stands when it is locked.
 */
const fenced = (tables: Tables, given: string, columns = "id"): string => `WITH fenced AS MATERIALIZED (
  SELECT held.*${given === "" ? "" : ", e.*"} FROM json_to_recordset($2::json) AS e(of text, of_run int${given})
  CROSS JOIN LATERAL (
    SELECT ${columns} FROM ${tables.jobs} j
    WHERE j.id = e.of AND j.run = e.of_run AND j.held_by = $1 AND ${isState("j", 1)} LIMIT 1 FOR UPDATE SKIP LOCKED) held)`

const fences = (ends: ReadonlyArray<Fence>): string =>
  JSON.stringify(ends.map(({ id, run }) => ({ of: id, of_run: run })))

const these = "id = ANY(ARRAY(SELECT id FROM fenced))"

export const start =
  (tables: Tables) =>
  (runnerId: string, started: ReadonlyArray<Fence>, isAlone: boolean): Queries =>
    one(
      `${fenced(tables, "")}, fresh AS (
        UPDATE ${tables.jobs} SET started_at = ${now}, alone = $3, attempt = attempt + 1 - redeliver,
          redeliveries = redeliveries + redeliver,
          retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 THEN 1 ELSE 0 END
        WHERE ${these} AND started_at IS NULL)
      SELECT id FROM fenced`,
      [runnerId, fences(started), isAlone ? 1 : 0]
    )

export const acquit =
  (tables: Tables) =>
  (runnerId: string, fence: Fence): Queries =>
    one(`${fenced(tables, "")} UPDATE ${tables.jobs} SET alone = 0, is_suspect = 0 WHERE ${these}`, [
      runnerId,
      fences([fence])
    ])

type Kind = End["settlement"]["_tag"]

/** The functions that write ends of a kind. */
export const endFunctions = (tables: Tables): Readonly<Record<Kind, DatabaseFunction>> => {
  const of = (kind: Kind) =>
    databaseFunction(tables, {
      name: `job_end_${kind.toLowerCase()}`,
      parameters: parametersOf[kind],
      columns: "id text",
      block: rowsOf(endText(tables, kind))
    })
  return {
    Completed: of("Completed"),
    Retrying: of("Retrying"),
    Dead: of("Dead"),
    Released: of("Released"),
    Returned: of("Returned")
  }
}

/** After the runner and its ends: pauses and spans by the ids of the jobs. */
const parametersOf: Readonly<Record<Kind, string>> = {
  Completed: "text, json",
  Retrying: "text, json, jsonb, jsonb",
  Dead: "text, json",
  Released: "text, json, jsonb",
  Returned: "text, json"
}

export const end =
  (functions: Readonly<Record<Kind, DatabaseFunction>>) =>
  (runnerId: string, kind: Kind, ends: ReadonlyArray<End>): Queries => {
    const values = [runnerId, JSON.stringify(ends.map(endOf))]
    const pauses = kind === "Retrying" ? [byId(ends, pauseOf)] : []
    const spans = kind === "Retrying" || kind === "Released" ? [byId(ends, ({ traceparent }) => traceparent)] : []
    return [functions[kind].call([...values, ...pauses, ...spans])]
  }

const pauseOf = ({ settlement }: End): number => (settlement._tag === "Retrying" ? settlement.pauseMs : 0)

const byId = (ends: ReadonlyArray<End>, of: (end: End) => unknown): string =>
  JSON.stringify(Object.fromEntries(ends.map((end) => [end.id, of(end)])))

const endText = (tables: Tables, kind: Kind): string => {
  switch (kind) {
    case "Completed":
      return `${completed(tables)} SELECT id FROM fenced`
    case "Dead":
      return `${buried(tables)}${recorded(tables)} SELECT id FROM fenced`
    case "Retrying":
      return `${fenced(tables, failureColumns, "id, run")}${recorded(tables)}
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, is_retry = 1, redeliver = 0, deaths = 0, losses = 0,
          is_suspect = 0, alone = 0, due_at = ${now} + ($3::jsonb ->> id)::float8::bigint,
          last_traceparent = coalesce($4::jsonb ->> id, last_traceparent)
        WHERE ${these} RETURNING id`
    case "Released":
      return `${fenced(tables, "")}
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0,
          redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END,
          last_traceparent = coalesce($3::jsonb ->> id, last_traceparent)
        WHERE ${these} RETURNING id`
    case "Returned":
      return `${fenced(tables, "")}
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0, ${notStarted}
        WHERE ${these} AND started_at IS NOT NULL RETURNING id`
  }
}

const failureColumns = ", of_attempt int, reason text, message text, error text, span text"

const recorded = (tables: Tables): string => `, failures AS (
  INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message, error)
  SELECT id, run, of_attempt, ${now}, reason, message, error FROM fenced)`

/** Moves what is fenced to the table of what is done. */
const completed = (tables: Tables): string => `
  ${fenced(tables, ", result text", `${keptColumns}, ${runColumns}, token`)},
  gone AS (DELETE FROM ${tables.jobs} WHERE ${these}),
  moved AS (
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, finished_at, state, result)
    SELECT ${keptColumns}, ${runColumns}, token, ${now}, 2, result FROM fenced)`

const buried = (tables: Tables): string => `
  ${fenced(tables, failureColumns, `${keptColumns}, ${runColumns}, ${traceColumns}, token`)},
  gone AS (DELETE FROM ${tables.jobs} WHERE ${these}),
  moved AS (
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, ${traceColumns}, token, finished_at, state, reason)
    SELECT ${keptColumns}, ${runColumns}, ${lastSpanColumns("span")}, token, ${now}, 4, reason FROM fenced)`

// Single values, and no EXISTS: that one may be answered by hashing the whole of a table.
export const look =
  (tables: Tables) =>
  (runnerId: string, ends: ReadonlyArray<End>): Query => ({
    text: `
    SELECT e.id, CASE
      WHEN (SELECT 1 FROM ${tables.jobs} j WHERE j.id = e.id AND j.run = e.run AND j.held_by = $1
        AND ${isState("j", 1)} LIMIT 1) = 1 THEN 'locked'
      WHEN CASE
        WHEN e.kind IN ('Released', 'Returned') THEN (
          SELECT 1 FROM ${tables.jobs} j WHERE j.id = e.id AND j.run = e.run AND ${isState("j", 0)} LIMIT 1)
        WHEN e.kind = 'Completed' THEN (
          SELECT 1 FROM ${tables.done} d WHERE d.id = e.id AND d.run = e.run AND d.state = 2 LIMIT 1)
        -- What has failed may have been replayed since: its failure stays.
        ELSE (SELECT 1 FROM ${tables.errors} f WHERE f.job_id = e.id AND f.run = e.run LIMIT 1) END = 1
        THEN 'written'
      ELSE 'lost' END AS outcome
    FROM json_to_recordset($2::json) AS e(id text, run int, kind text)`,
    values: [runnerId, JSON.stringify(ends.map(({ id, run, settlement }) => ({ id, run, kind: settlement._tag })))]
  })

export const progress =
  (tables: Tables) =>
  (runnerId: string, { id, run }: Fence, [ratio, note]: readonly [number, string | undefined]): Queries =>
    one(
      `${fenced(tables, "")}, changed AS (
        UPDATE ${tables.jobs} SET progress = $3::float8, progress_note = $4::text WHERE ${these})
      SELECT id FROM ${tables.jobs} j WHERE id = $5 AND run = $6 AND held_by = $1 AND ${isState("j", 1)}`,
      [runnerId, fences([{ id, run }]), ratio, note ?? null, id, run]
    )

/**
 * A runner whose lease is over is marked first, by a time below zero, so that its heartbeat and what is taken from it
 * exclude each other; one whose row another session has locked is given as long again, and no heartbeat of it can
 * succeed then. Holders are found by skipping through their index: what is held by the living is not read.
 */
export const takeOver =
  (tables: Tables) =>
  (leaseMs: number, maxLosses: number): Queries =>
    one(
      `WITH RECURSIVE expired AS (
        UPDATE ${tables.runners} SET heartbeat_at = - ${now} WHERE id IN (
          SELECT id FROM ${tables.runners}
          WHERE heartbeat_at >= 0 AND heartbeat_at <= ${now} - $1::float8 FOR UPDATE SKIP LOCKED)
        RETURNING id),
      forgotten AS (
        DELETE FROM ${tables.runners} WHERE heartbeat_at < 0 AND - heartbeat_at < ${now} - ${overForMs}),
      holders(held_by) AS (
        (SELECT held_by FROM ${tables.jobs} WHERE state = 1 ORDER BY held_by LIMIT 1)
        UNION ALL
        SELECT (SELECT j.held_by FROM ${tables.jobs} j WHERE j.state = 1 AND j.held_by > holders.held_by
          ORDER BY j.held_by LIMIT 1)
        FROM holders WHERE holders.held_by IS NOT NULL),
      lost AS MATERIALIZED (
        SELECT id, started_at IS NOT NULL AS is_started, losses + alone AS losses FROM ${tables.jobs}
        WHERE state = 1 AND held_by = ANY(ARRAY(
          SELECT held_by FROM holders WHERE held_by IS NOT NULL AND (
            held_by IN (SELECT id FROM expired) OR NOT EXISTS (
              SELECT 1 FROM ${tables.runners} r WHERE r.id = holders.held_by
                AND r.heartbeat_at > ${now} - 2 * $1::float8))))
        LIMIT 500 FOR UPDATE SKIP LOCKED),
      gone AS (
        DELETE FROM ${tables.jobs} WHERE id = ANY(ARRAY(
          SELECT id FROM lost WHERE is_started AND losses >= $2::int)) RETURNING *),
      dead AS (
        INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, ${traceColumns}, token, state, finished_at, reason)
        SELECT ${keptColumns.replace("run,", "run + 1,")}, ${runColumns}, ${traceColumns}, token, 4, ${now},
          '${lostReason.reason}' FROM gone
        RETURNING id, run, type, priority, attempt, accepted_at),
      failures AS (
        INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message)
        SELECT id, run, attempt, ${now}, '${lostReason.reason}', '${lostReason.message}' FROM dead),
      uncounted AS (
        INSERT INTO ${tables.uncounted} (operation, type, priority, attempts, age_ms)
        SELECT 'lose', type, priority, attempt, ${now} - accepted_at FROM dead),
      waiting AS (
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, run = run + 1, losses = losses + alone, alone = 0,
          is_suspect = CASE WHEN started_at IS NULL THEN is_suspect ELSE 1 END,
          deaths = deaths + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END,
          redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
        WHERE id = ANY(ARRAY(SELECT id FROM lost WHERE NOT (is_started AND losses >= $2::int)))
        RETURNING CASE WHEN started_at IS NULL THEN 'untouched' ELSE 'suspect' END AS outcome)
      SELECT outcome FROM waiting UNION ALL SELECT 'dead' FROM dead`,
      [leaseMs, maxLosses]
    )
