/**
 * The statements of PostgreSQL. Each has one sane plan, whatever the statistics say: laterals that are limited, arrays in
 * place of joins, and one partial index. What another session has locked is skipped, and delays that job only.
 */
import {
  type Change,
  type Dialect,
  endOf,
  headStarts,
  heldColumns,
  keptColumns,
  lostReason,
  priorityNumber,
  type Queries,
  type Query,
  runColumns,
  submissionOf,
  type Tables
} from "./dialect.ts"
import type { CallOptions, ClaimRequest, End, Fence, NewJob } from "./operations.ts"

const epoch = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint"
/** Once a statement, so that it bounds an index as a value does. */
const now = `(SELECT ${epoch})`
const priorities = `(VALUES ${headStarts}) AS p(priority, head_start)`

/** The statements over these tables; `identity` is that of the database. */
export const postgres = (tables: Tables, identity: string): Dialect => {
  const hintChannel = `jobs_${identity.replaceAll("-", "")}`
  const tell = (payload: string) => `pg_notify('${hintChannel}', ${payload})::text`
  return {
    now,
    real: "double precision",
    groupSize: 500,
    hintChannel,
    insert: insert(tables, identity, tell),
    find: find(tables),
    cancel: cancel(tables, tell),
    replay: replay(tables, tell),
    changed: changed(tables),
    claim: claim(tables),
    nextDue: undefined,
    claimSuspect: claimSuspect(tables),
    start: start(tables),
    end: end(tables),
    look: look(tables),
    progress: progress(tables),
    takeOver: takeOver(tables)
  }
}

type Tell = (payload: string) => string

const one = (text: string, values: ReadonlyArray<unknown>): Queries => [{ text, values }]

const submitted = `id text, type text, partition int, priority int, delay float8, at float8, dedupe_key text,
  limit_key text, is_limited int, max_attempts int, timeout_ms float8, backoff text, traceparent text, payload text`

const insert =
  (tables: Tables, identity: string, tell: Tell) =>
  (jobs: ReadonlyArray<NewJob>, { hint, isInTransaction }: CallOptions): Queries => {
    const insertion = `
      INSERT INTO ${tables.jobs} (id, type, partition, priority, due_at, accepted_at, dedupe_key, limit_key, is_limited,
        max_attempts, timeout_ms, backoff, traceparent, payload)
      SELECT id, type, partition, priority,
        CASE WHEN delay IS NULL THEN greatest(${now}, at::bigint) ELSE ${now} + delay::bigint END, ${now},
        dedupe_key, limit_key, is_limited, max_attempts, timeout_ms, backoff, traceparent, payload
      FROM json_to_recordset($1::json) AS r(${submitted})
      ${isInTransaction ? `WHERE EXISTS (SELECT 1 FROM ${tables.identity} WHERE id = $2)` : ""}
      ON CONFLICT DO NOTHING RETURNING id, type, priority`
    const counting = `, uncounted AS (
      INSERT INTO ${tables.uncounted} (operation, type, priority, times)
      SELECT 'submit', type, priority, count(*) FROM inserted GROUP BY type, priority)`
    const told = hint ? `, CASE WHEN row_number() OVER () = 1 THEN ${tell("'1'")} END AS told` : ""
    const text = `WITH inserted AS (${insertion})${isInTransaction ? counting : ""} SELECT id${told} FROM inserted`
    const rows = JSON.stringify(jobs.map(submissionOf))
    return one(text, isInTransaction ? [rows, identity] : [rows])
  }

const find =
  (tables: Tables) =>
  (jobs: ReadonlyArray<Pick<NewJob, "id" | "type" | "dedupeKey">>): Query => ({
    text: `
    SELECT e.id, coalesce(
      (SELECT j.id FROM ${tables.jobs} j WHERE j.id = e.id),
      (SELECT d.id FROM ${tables.done} d WHERE d.id = e.id),
      (SELECT j.id FROM ${tables.jobs} j WHERE j.type = e.type AND j.dedupe_key = e.key AND j.dedupe_key IS NOT NULL)
    ) AS found FROM json_to_recordset($1::json) AS e(id text, type text, key text)`,
    values: [JSON.stringify(jobs.map(({ dedupeKey: key, id, type }) => ({ id, type, key })))]
  })

/** The row that is to be changed; outside of a transaction none is waited for. */
const chosen = (from: string, { isInTransaction }: CallOptions): string =>
  `SELECT id FROM ${from} FOR UPDATE ${isInTransaction ? "" : "SKIP LOCKED"}`

/** Writes down what a transaction has changed, to be counted by a runner. */
const counted = (tables: Tables, operation: string, attempts: string): string => `, uncounted AS (
  INSERT INTO ${tables.uncounted} (operation, type, priority, attempts)
  SELECT '${operation}', type, priority, ${attempts} FROM changed)`

const cancel =
  (tables: Tables, tell: Tell) =>
  ({ id, token }: Change, options: CallOptions): Queries =>
    one(
      `WITH chosen AS MATERIALIZED (${chosen(`${tables.jobs} WHERE id = $1`, options)}),
      gone AS (DELETE FROM ${tables.jobs} WHERE id = ANY(ARRAY(SELECT id FROM chosen)) RETURNING *),
      changed AS (
        INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, state, finished_at, token)
        SELECT ${keptColumns}, ${runColumns}, 3, ${now}, $2 FROM gone
        RETURNING id, type, priority, attempt, held_by)
      ${options.isInTransaction ? counted(tables, "cancel", "attempt") : ""}
      SELECT *, CASE WHEN held_by IS NOT NULL THEN ${tell("'c ' || id")} END AS told FROM changed`,
      [id, token]
    )

const replay =
  (tables: Tables, tell: Tell) =>
  ({ id, token }: Change, options: CallOptions): Queries =>
    one(
      `WITH chosen AS MATERIALIZED (${chosen(`${tables.done} WHERE id = $1 AND state = 4`, options)}),
      changed AS (
        INSERT INTO ${tables.jobs} (${keptColumns}, token)
        SELECT ${keptColumns.replace("due_at", now).replace("attempt,", "0,").replace("replays", "replays + 1")}, $2
        FROM ${tables.done} WHERE id = ANY(ARRAY(SELECT id FROM chosen))
        ON CONFLICT DO NOTHING RETURNING id, type, priority),
      gone AS (DELETE FROM ${tables.done} WHERE id = ANY(ARRAY(SELECT id FROM changed)))
      ${options.isInTransaction ? counted(tables, "replay", "0") : ""}
      SELECT *${options.hint ? `, ${tell("'1'")} AS told` : ""} FROM changed`,
      [id, token]
    )

const changed =
  (tables: Tables) =>
  (kind: "cancel" | "replay", { id, token }: Change): Query => ({
    text: `
    SELECT id, type, priority, attempt, held_by FROM ${tables.done} WHERE id = $1 AND token = $2
    ${
      kind === "cancel"
        ? ""
        : `UNION ALL
      SELECT id, type, priority, attempt, held_by FROM ${tables.jobs} WHERE id = $1 AND token = $2`
    }`,
    values: [id, token]
  })

/** Whether the life `$1` of a runner goes on; its lease is `$2`. */
const isAlive = (tables: Tables): string =>
  `EXISTS (SELECT 1 FROM ${tables.runners} WHERE id = $1 AND heartbeat_at > ${now} - $2::bigint)`

const isPaused = (tables: Tables, type: string): string =>
  `EXISTS (SELECT 1 FROM ${tables.types} paused WHERE paused.type = ${type} AND paused.is_paused = 1)`

/** What is written of a job that begins. */
const begun = `attempt = attempt + 1 - redeliver, redeliveries = redeliveries + redeliver,
  retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 THEN 1 ELSE 0 END`

const claim =
  (tables: Tables) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest): Queries => {
    const isOwned = owned === undefined ? "" : "AND (partition % $7::int) = ANY($8::int[])"
    const begins = "CASE WHEN id IN (SELECT id FROM starting) THEN"
    const text = `
    WITH candidates AS MATERIALIZED (
      SELECT x.id, t.type, x.place
      FROM unnest($4::text[], $5::int[]) AS t(type, most) CROSS JOIN LATERAL (
        SELECT w.id, w.due_at + p.head_start AS place FROM ${priorities} CROSS JOIN LATERAL (
          SELECT id, due_at FROM ${tables.jobs}
          WHERE state = 0 AND is_suspect = 0 AND type = t.type AND priority = p.priority AND due_at <= ${now} ${isOwned}
          ORDER BY due_at, id LIMIT t.most) w
        ORDER BY 2, 1 LIMIT t.most) x
      WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, "t.type")}
      ORDER BY x.place, x.id LIMIT $3),
    picked AS MATERIALIZED (
      SELECT id FROM ${tables.jobs} WHERE id = ANY(ARRAY(SELECT id FROM candidates)) AND state = 0
      FOR UPDATE SKIP LOCKED),
    starting AS MATERIALIZED (
      SELECT id FROM (
        SELECT c.id, t.start_now, row_number() OVER (PARTITION BY c.type ORDER BY c.place, c.id) AS turn
        FROM candidates c JOIN unnest($4::text[], $6::int[]) AS t(type, start_now) ON t.type = c.type
        WHERE c.id IN (SELECT id FROM picked)) turns
      WHERE turn <= start_now),
    claimed AS (
      UPDATE ${tables.jobs} SET state = 1, held_by = $1, run = run + 1, alone = 0,
        started_at = ${begins} ${now} END,
        attempt = attempt + ${begins} 1 - redeliver ELSE 0 END,
        redeliveries = redeliveries + ${begins} redeliver ELSE 0 END,
        retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 AND id IN (SELECT id FROM starting) THEN 1 ELSE 0 END
      WHERE id = ANY(ARRAY(SELECT id FROM picked))
      RETURNING ${heldColumns(now, "float8")})
    SELECT next.due - ${now}::float8 AS next_due, claimed.*
    FROM (SELECT CASE WHEN (SELECT count(*) FROM picked) < $3 THEN (
      SELECT min(w.due_at)::float8 FROM unnest($4::text[]) AS t(type), ${priorities}, LATERAL (
        SELECT due_at FROM ${tables.jobs}
        WHERE state = 0 AND is_suspect = 0 AND type = t.type AND priority = p.priority AND due_at > ${now}
        ORDER BY due_at, id LIMIT 1) w) END AS due) next LEFT JOIN claimed ON true`
    const columns = [types.map(({ type }) => type), types.map((of) => of.most), types.map((of) => of.startNow)]
    const values = [runnerId, leaseMs, most, ...columns]
    return one(text, owned === undefined ? values : [...values, partitions, owned])
  }

const claimSuspect =
  (tables: Tables) =>
  ({ leaseMs, owned, partitions, runnerId, types }: Omit<ClaimRequest, "most">): Queries => {
    const isOwned = owned === undefined ? "" : "AND (partition % $4::int) = ANY($5::int[])"
    const text = `
    WITH picked AS MATERIALIZED (
      SELECT id FROM ${tables.jobs} j
      WHERE state = 0 AND is_suspect = 1 AND due_at <= ${now} AND type = ANY($3::text[]) ${isOwned}
        AND ${isAlive(tables)} AND NOT ${isPaused(tables, "j.type")}
      ORDER BY deaths, due_at, id LIMIT 1 FOR UPDATE OF j SKIP LOCKED)
    UPDATE ${tables.jobs} SET state = 1, held_by = $1, run = run + 1, alone = 0, started_at = NULL
    WHERE id = ANY(ARRAY(SELECT id FROM picked)) RETURNING ${heldColumns(now, "float8")}`
    const values = [runnerId, leaseMs, types.map(({ type }) => type)]
    return one(text, owned === undefined ? values : [...values, partitions, owned])
  }

/** The rows of `$2` that the runner `$1` still holds in that run, and that no other session has locked. */
const fenced = (tables: Tables, columns: string): string => `
  SELECT e.* FROM json_to_recordset($2::json) AS e(id text, run int${columns}) CROSS JOIN LATERAL (
    SELECT 1 FROM ${tables.jobs} j WHERE j.id = e.id AND j.run = e.run AND j.held_by = $1 AND j.state = 1
    LIMIT 1 FOR UPDATE SKIP LOCKED) held`

const start =
  (tables: Tables) =>
  (runnerId: string, fences: ReadonlyArray<Fence>, isAlone: boolean): Queries =>
    one(
      `WITH fenced AS MATERIALIZED (${fenced(tables, "")}), fresh AS (
        UPDATE ${tables.jobs} SET started_at = ${now}, alone = $3, ${begun}
        WHERE id = ANY(ARRAY(SELECT id FROM fenced)) AND started_at IS NULL)
      SELECT id FROM fenced`,
      [runnerId, JSON.stringify(fences.map(({ id, run }) => ({ id, run }))), isAlone ? 1 : 0]
    )

const failureColumns = ", attempt int, reason text, message text, error text, pause float8"

const recorded = (tables: Tables): string => `, failures AS (
  INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message, error)
  SELECT id, run, attempt, ${now}, reason, message, error FROM ended)`

/** Moves what is fenced to the table of what is done; `reason` and `result` are columns of what is fenced. */
const moved = (tables: Tables, fencing: string, [state, column]: readonly [number, string]): string => `
  WITH fenced AS MATERIALIZED (${fencing}),
  gone AS (DELETE FROM ${tables.jobs} WHERE id = ANY(ARRAY(SELECT id FROM fenced)) RETURNING *),
  moved AS (
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, state, finished_at, ${column})
    SELECT ${keptColumns}, ${runColumns}, token, ${state}, ${now}, f.ending
    FROM gone JOIN (SELECT id AS of, ${column} AS ending FROM fenced) f ON f.of = gone.id RETURNING id)`

const end =
  (tables: Tables) =>
  (runnerId: string, kind: End["settlement"]["_tag"], ends: ReadonlyArray<End>): Queries =>
    one(endText(tables, kind), [runnerId, JSON.stringify(ends.map(endOf))])

const endText = (tables: Tables, kind: End["settlement"]["_tag"]): string => {
  switch (kind) {
    case "Completed":
      return `${moved(tables, fenced(tables, ", result text"), [2, "result"])} SELECT id FROM moved`
    case "Dead":
      return `${moved(tables, fenced(tables, failureColumns), [4, "reason"])},
        ended AS (SELECT f.* FROM fenced f JOIN moved ON moved.id = f.id)${recorded(tables)} SELECT id FROM ended`
    case "Retrying":
      return `WITH fenced AS MATERIALIZED (${fenced(tables, failureColumns)}), changed AS (
          UPDATE ${tables.jobs} SET state = 0, held_by = NULL, is_retry = 1, redeliver = 0, deaths = 0, losses = 0,
            is_suspect = 0, alone = 0, due_at = ${now} + f.pause::bigint
          FROM (SELECT id AS of, pause FROM fenced) f
          WHERE id = f.of AND id = ANY(ARRAY(SELECT id FROM fenced)) RETURNING id),
        ended AS (SELECT f.* FROM fenced f JOIN changed ON changed.id = f.id)${recorded(tables)} SELECT id FROM ended`
    case "Released":
      return `WITH fenced AS MATERIALIZED (${fenced(tables, "")})
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0,
          redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
        WHERE id = ANY(ARRAY(SELECT id FROM fenced)) RETURNING id`
  }
}

const look =
  (tables: Tables) =>
  (runnerId: string, ends: ReadonlyArray<End>): Query => ({
    text: `
    SELECT e.id, CASE
      WHEN EXISTS (SELECT 1 FROM ${tables.jobs} j WHERE j.id = e.id AND j.run = e.run AND j.state = 1 AND j.held_by = $1)
        THEN 'locked'
      WHEN CASE e.kind
        WHEN 'Retrying' THEN EXISTS (SELECT 1 FROM ${tables.errors} f WHERE f.job_id = e.id AND f.run = e.run)
        WHEN 'Released' THEN EXISTS (
          SELECT 1 FROM ${tables.jobs} j WHERE j.id = e.id AND j.run = e.run AND j.state = 0)
        ELSE EXISTS (SELECT 1 FROM ${tables.done} d WHERE d.id = e.id AND d.run = e.run
          AND d.state = CASE e.kind WHEN 'Completed' THEN 2 ELSE 4 END) END
        THEN 'written'
      ELSE 'lost' END AS outcome
    FROM json_to_recordset($2::json) AS e(id text, run int, kind text)`,
    values: [runnerId, JSON.stringify(ends.map(({ id, run, settlement }) => ({ id, run, kind: settlement._tag })))]
  })

const progress =
  (tables: Tables) =>
  (runnerId: string, { id, run }: Fence, [ratio, note]: readonly [number, string | undefined]): Queries =>
    one(
      `WITH fenced AS MATERIALIZED (${fenced(tables, "")}), changed AS (
        UPDATE ${tables.jobs} SET progress = $3::float8, progress_note = $4::text
        WHERE id = ANY(ARRAY(SELECT id FROM fenced)))
      SELECT id FROM ${tables.jobs} WHERE id = $5 AND run = $6 AND held_by = $1 AND state = 1`,
      [runnerId, JSON.stringify([{ id, run }]), ratio, note ?? null, id, run]
    )

/**
 * A runner whose lease is over is removed first, so that its heartbeat and what is taken from it exclude each other.
 * Holders are found by skipping through their index: what is held by the living is not read.
 */
const takeOver =
  (tables: Tables) =>
  (leaseMs: number, maxLosses: number): Queries =>
    one(
      `WITH RECURSIVE expired AS (
        DELETE FROM ${tables.runners} WHERE id IN (
          SELECT id FROM ${tables.runners} WHERE heartbeat_at <= ${now} - $1::bigint FOR UPDATE SKIP LOCKED)
        RETURNING id),
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
              SELECT 1 FROM ${tables.runners} r WHERE r.id = holders.held_by))))
        LIMIT 500 FOR UPDATE SKIP LOCKED),
      gone AS (
        DELETE FROM ${tables.jobs} WHERE id = ANY(ARRAY(
          SELECT id FROM lost WHERE is_started AND losses >= $2::int)) RETURNING *),
      dead AS (
        INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, state, finished_at, reason)
        SELECT ${keptColumns.replace("run,", "run + 1,")}, ${runColumns}, token, 4, ${now}, '${lostReason.reason}' FROM gone
        RETURNING id, run, type, priority, attempt, accepted_at),
      failures AS (
        INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message)
        SELECT id, run, attempt, ${now}, '${lostReason.reason}', '${lostReason.message}' FROM dead),
      waiting AS (
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, run = run + 1, losses = losses + alone, alone = 0,
          is_suspect = CASE WHEN started_at IS NULL THEN is_suspect ELSE 1 END,
          deaths = deaths + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END,
          redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
        WHERE id = ANY(ARRAY(SELECT id FROM lost WHERE NOT (is_started AND losses >= $2::int)))
        RETURNING CASE WHEN started_at IS NULL THEN 'untouched' ELSE 'suspect' END AS outcome)
      SELECT outcome, '' AS type, ${priorityNumber("normal")} AS priority, 0 AS attempt, 0::float8 AS age FROM waiting
      UNION ALL
      SELECT 'dead', type, priority, attempt, (${now} - accepted_at)::float8 FROM dead`,
      [leaseMs, maxLosses]
    )
