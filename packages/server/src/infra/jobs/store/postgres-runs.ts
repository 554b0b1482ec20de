/**
 * What runners say to PostgreSQL: claims, starts, ends, and taking over. Conditions are written so that no partial index
 * answers them but the one that is meant: `state + 0` finds a job by its id, however few the statistics take to be held.
 */
import {
  type Dialect,
  endOf,
  headStarts,
  heldColumns,
  keptColumns,
  lostReason,
  priorityNumber,
  type Queries,
  type Query,
  type Room,
  runColumns,
  type Since,
  type Tables
} from "./dialect.ts"
import type { ClaimRequest, End, Fence } from "./operations.ts"

/** Once a statement, so that it bounds an index as a value does. */
export const now = "(SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint)"

export const one = (text: string, values: ReadonlyArray<unknown>): Queries => [{ text, values }]

export const runnerStatements = (tables: Tables) =>
  ({
    claim: claim(tables),
    nextDue: undefined,
    claimLimited: claimLimited(tables),
    claimSuspect: claimSuspect(tables),
    start: start(tables),
    acquit: acquit(tables),
    end: end(tables),
    look: look(tables),
    progress: progress(tables),
    takeOver: takeOver(tables)
  }) satisfies Partial<Dialect>

const priorities = `(VALUES ${headStarts}) AS p(priority, head_start)`

/** Whether the life `$1` of a runner goes on; its lease is `$2`. */
const isAlive = (tables: Tables): string =>
  `EXISTS (SELECT 1 FROM ${tables.runners} WHERE id = $1 AND heartbeat_at > ${now} - $2::float8)`

const isPaused = (tables: Tables, type: string): string =>
  `EXISTS (SELECT 1 FROM ${tables.types} paused WHERE paused.type = ${type} AND paused.is_paused = 1)`

/** What waits of a type and a priority and is due, in its order, between a low-water mark and now. */
const due = (tables: Tables, type: string, more: string): string => `
  SELECT id, due_at FROM ${tables.jobs}
  WHERE state = 0 AND is_suspect = 0 AND type = ${type} AND priority = p.priority AND due_at <= ${now} ${more}
  ORDER BY due_at, id`

interface ClaimParts {
  /** Where the next job is looked for: a relation `t` with the types. */
  readonly types: string
  readonly set?: string
  readonly also?: string
}

/** Claims the candidates `(id, type, start_now, place)` that are free, at most `$3`, and says when the next are due. */
const claimed = (tables: Tables, { also = "", set = "", types }: ClaimParts): string => `
  picked AS MATERIALIZED (
    SELECT c.* FROM candidates c CROSS JOIN LATERAL (
      SELECT 1 FROM ${tables.jobs} j WHERE j.id = c.id AND ${isState("j", 0)} LIMIT 1 FOR UPDATE SKIP LOCKED) free),
  starting AS MATERIALIZED (
    SELECT id FROM (
      SELECT id, start_now, row_number() OVER (PARTITION BY type ORDER BY place, id) AS turn FROM picked) turns
    WHERE turn <= start_now),
  claimed AS (
    UPDATE ${tables.jobs} SET state = 1, held_by = $1, run = run + 1, alone = 0, ${set}
      started_at = ${begins} ${now} END,
      attempt = attempt + ${begins} 1 - redeliver ELSE 0 END,
      redeliveries = redeliveries + ${begins} redeliver ELSE 0 END,
      retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 AND id IN (SELECT id FROM starting) THEN 1 ELSE 0 END
    WHERE id = ANY(ARRAY(SELECT id FROM picked))
    RETURNING ${heldColumns(now, "float8")})
  SELECT next.due - ${now}::float8 AS next_due, ${also} claimed.*
  FROM (SELECT CASE WHEN (SELECT count(*) FROM picked) < $3 THEN (
    SELECT min(w.due_at)::float8 FROM ${types} CROSS JOIN ${priorities} CROSS JOIN LATERAL (
      SELECT due_at FROM ${tables.jobs}
      WHERE state = 0 AND is_suspect = 0 AND type = t.type AND priority = p.priority AND due_at > ${now}
      ORDER BY due_at, id LIMIT 1) w) END AS due) next LEFT JOIN claimed ON true`

const begins = "CASE WHEN id IN (SELECT id FROM starting) THEN"

const claim =
  (tables: Tables) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest, since: Since): Queries => {
    const more = `AND due_at >= (ARRAY[t.s0, t.s1, t.s2, t.s3])[p.priority + 1]
      ${owned === undefined ? "" : "AND (partition % $11::int) = ANY($12::int[])"}`
    const text = `
    WITH wanted AS MATERIALIZED (
      SELECT t.* FROM unnest($4::text[], $5::int[], $6::int[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
        AS t(type, most, start_now, s0, s1, s2, s3)
      WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, "t.type")}),
    candidates AS MATERIALIZED (
      SELECT x.id, t.type, t.start_now, x.place FROM wanted t CROSS JOIN LATERAL (
        SELECT w.id, w.due_at + p.head_start AS place
        FROM ${priorities} CROSS JOIN LATERAL (${due(tables, "t.type", more)} LIMIT t.most) w
        ORDER BY 2, 1 LIMIT t.most) x
      ORDER BY x.place, x.id LIMIT $3),
    ${claimed(tables, { types: "wanted t" })}`
    const columns = [types.map(({ type }) => type), types.map((of) => of.most), types.map((of) => of.startNow)]
    const marks = [0, 1, 2, 3].map((priority) => types.map(({ type }) => Math.floor(since(type, priority))))
    const values = [runnerId, leaseMs, most, ...columns, ...marks]
    return one(text, owned === undefined ? values : [...values, partitions, owned])
  }

/**
 * Claims of one type, `$4`, in a transaction that has locked its row: at most `$5` of it are held at once. Where there is
 * a limit to each key, `$6`, the keys are visited one after the other through an index, from `$8` on, so that what waits
 * behind a full key is not read.
 */
const claimLimited =
  (tables: Tables) =>
  (
    { leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest,
    { concurrency, from, perKey }: Room
  ): Queries => {
    const isOwned = owned === undefined ? "" : "AND (partition % $9::int) = ANY($10::int[])"
    const held = `SELECT count(*) FROM ${tables.jobs} WHERE state = 1 AND is_limited = 1 AND type = $4`
    const free = `SELECT w.id, w.due_at + p.head_start AS place
      FROM ${priorities} CROSS JOIN LATERAL (${due(tables, "$4", isOwned)} LIMIT $3) w`
    const text = `
    WITH RECURSIVE ${perKey === undefined ? "" : `${keys(tables)},`}
    candidates AS MATERIALIZED (
      SELECT c.id, $4::text AS type, $7::int AS start_now, c.place
      FROM (${perKey === undefined ? free : byKey(tables, isOwned)}) c
      WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, "$4")}
      ORDER BY c.place, c.id LIMIT least($3::int, greatest(0, coalesce($5::int - (${held}), $3::int)))),
    ${claimed(tables, {
      types: "(SELECT $4::text AS type) t",
      set: "is_limited = 1,",
      also: perKey === undefined ? "" : "(SELECT max(key) FROM visited HAVING count(*) = 1000) AS last_key,"
    })}`
    const [wanted] = types
    const values = [runnerId, leaseMs, most, wanted?.type, concurrency ?? null, perKey ?? null, wanted?.startNow, from]
    return one(text, owned === undefined ? values : [...values, partitions, owned])
  }

const key = "coalesce(limit_key, '')"

// By its words only the index by keys can answer this: one of the others would read past what waits for a full key.
const limited = "state = 0 AND is_limited = 1 AND is_suspect + 0 = 0 AND type = $4"

/** The first thousand keys from `$8` on of what waits, each found by skipping through the index. */
const keys = (tables: Tables): string => `every_key(key) AS (
    (SELECT ${key} FROM ${tables.jobs} WHERE ${limited} AND ${key} >= $8 ORDER BY ${key} LIMIT 1)
    UNION ALL
    SELECT (SELECT ${key} FROM ${tables.jobs} WHERE ${limited} AND ${key} > every_key.key ORDER BY ${key} LIMIT 1)
    FROM every_key WHERE every_key.key IS NOT NULL),
  visited AS MATERIALIZED (SELECT key FROM every_key WHERE key IS NOT NULL LIMIT 1000),
  free_keys AS MATERIALIZED (
    SELECT key, CASE WHEN key = '' THEN $3::int ELSE greatest(0, $6::int - (
      SELECT count(*)::int FROM ${tables.jobs} held WHERE held.state = 1 AND held.is_limited = 1 AND held.type = $4
        AND held.limit_key = visited.key)) END AS free
    FROM visited)`

/**
 * What waits for each key, as many as are free of it; what has no key waits for none. What was submitted before the type
 * had limits has no place in that index: the first hundred of each priority are looked through.
 */
const byKey = (tables: Tables, isOwned: string): string => `
  SELECT w.id, w.place FROM free_keys k CROSS JOIN LATERAL (
    SELECT d.id, d.due_at + p.head_start AS place FROM ${priorities} CROSS JOIN LATERAL (
      SELECT id, due_at FROM ${tables.jobs}
      WHERE ${limited} AND ${key} = k.key AND priority = p.priority AND due_at <= ${now} ${isOwned}
      ORDER BY due_at, id LIMIT k.free) d
    ORDER BY 2, 1 LIMIT k.free) w
  UNION ALL
  SELECT d.id, d.due_at + p.head_start FROM ${priorities} CROSS JOIN LATERAL (
    SELECT id, due_at, is_limited FROM ${tables.jobs}
    WHERE state = 0 AND is_suspect = 0 AND type = $4 AND priority = p.priority AND due_at <= ${now} ${isOwned}
    ORDER BY due_at, id LIMIT 100) d
  WHERE d.is_limited = 0`

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

/** That a row has a state, in words that no partial index answers: the row is found by its id, whatever the statistics. */
const isState = (row: string, state: number): string => `${row}.state + 0 = ${state}`

/**
 * The rows of `$2` that the runner `$1` still holds in that run, and that no other session has locked, with these columns
 * of the job as it stands when it is locked.
 */
const fenced = (tables: Tables, given: string, columns = "id"): string => `WITH fenced AS MATERIALIZED (
  SELECT held.*${given === "" ? "" : ", e.*"} FROM json_to_recordset($2::json) AS e(of text, of_run int${given})
  CROSS JOIN LATERAL (
    SELECT ${columns} FROM ${tables.jobs} j
    WHERE j.id = e.of AND j.run = e.of_run AND j.held_by = $1 AND ${isState("j", 1)} LIMIT 1 FOR UPDATE SKIP LOCKED) held)`

const fences = (ends: ReadonlyArray<Fence>): string =>
  JSON.stringify(ends.map(({ id, run }) => ({ of: id, of_run: run })))

const these = "id = ANY(ARRAY(SELECT id FROM fenced))"

const start =
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

const acquit =
  (tables: Tables) =>
  (runnerId: string, fence: Fence): Queries =>
    one(`${fenced(tables, "")} UPDATE ${tables.jobs} SET alone = 0, is_suspect = 0 WHERE ${these}`, [
      runnerId,
      fences([fence])
    ])

const end =
  (tables: Tables) =>
  (runnerId: string, kind: End["settlement"]["_tag"], ends: ReadonlyArray<End>): Queries => {
    const values = [runnerId, JSON.stringify(ends.map(endOf))]
    const pauses = ends.map(({ id, settlement }) => [id, settlement._tag === "Retrying" ? settlement.pauseMs : 0])
    return one(
      endText(tables, kind),
      kind === "Retrying" ? [...values, JSON.stringify(Object.fromEntries(pauses))] : values
    )
  }

const endText = (tables: Tables, kind: End["settlement"]["_tag"]): string => {
  switch (kind) {
    case "Completed":
      return `${moved(tables, ", result text", "2, result")} SELECT id FROM fenced`
    case "Dead":
      return `${moved(tables, failureColumns, "4, reason")}${recorded(tables)} SELECT id FROM fenced`
    case "Retrying":
      return `${fenced(tables, failureColumns, "id, run")}${recorded(tables)}
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, is_retry = 1, redeliver = 0, deaths = 0, losses = 0,
          is_suspect = 0, alone = 0, due_at = ${now} + ($3::jsonb ->> id)::float8::bigint
        WHERE ${these} RETURNING id`
    case "Released":
      return `${fenced(tables, "")}
        UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0,
          redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
        WHERE ${these} RETURNING id`
  }
}

const failureColumns = ", of_attempt int, reason text, message text, error text"

const recorded = (tables: Tables): string => `, failures AS (
  INSERT INTO ${tables.errors} (job_id, run, attempt, failed_at, reason, message, error)
  SELECT id, run, of_attempt, ${now}, reason, message, error FROM fenced)`

/** Moves what is fenced to the table of what is done. */
const moved = (tables: Tables, given: string, ending: "2, result" | "4, reason"): string => `
  ${fenced(tables, given, `${keptColumns}, ${runColumns}, token`)},
  gone AS (DELETE FROM ${tables.jobs} WHERE ${these}),
  moved AS (
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, finished_at, ${ending.replace(/^./, "state")})
    SELECT ${keptColumns}, ${runColumns}, token, ${now}, ${ending} FROM fenced)`

const look =
  (tables: Tables) =>
  (runnerId: string, ends: ReadonlyArray<End>): Query => ({
    text: `
    SELECT e.id, CASE
      WHEN EXISTS (SELECT 1 FROM ${tables.jobs} j WHERE j.id = e.id AND j.run = e.run AND ${isState("j", 1)}
        AND j.held_by = $1) THEN 'locked'
      WHEN CASE e.kind
        WHEN 'Retrying' THEN EXISTS (SELECT 1 FROM ${tables.errors} f WHERE f.job_id = e.id AND f.run = e.run)
        WHEN 'Released' THEN EXISTS (
          SELECT 1 FROM ${tables.jobs} j WHERE j.id = e.id AND j.run = e.run AND ${isState("j", 0)})
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
      `${fenced(tables, "")}, changed AS (
        UPDATE ${tables.jobs} SET progress = $3::float8, progress_note = $4::text WHERE ${these})
      SELECT id FROM ${tables.jobs} j WHERE id = $5 AND run = $6 AND held_by = $1 AND ${isState("j", 1)}`,
      [runnerId, fences([{ id, run }]), ratio, note ?? null, id, run]
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
          SELECT id FROM ${tables.runners} WHERE heartbeat_at <= ${now} - $1::float8 FOR UPDATE SKIP LOCKED)
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
