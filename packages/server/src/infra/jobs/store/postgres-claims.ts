/**
 * How a runner claims jobs on PostgreSQL: candidates are found type by type and priority by priority without a lock,
 * then the first of all of them are locked, and what another session has locked is passed over.
 */
import { headStarts, heldColumns, type Queries, type Room, type Since, type Tables } from "./dialect.ts"
import type { ClaimRequest } from "./operations.ts"
import { type DatabaseFunction, databaseFunction, rowsOf } from "./postgres-functions.ts"
import { isState, now, one } from "./postgres-runs.ts"

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

/**
 * Claims those of the candidates that are free. Once locked, they are found again by the place of their rows: one that
 * another session has just changed is passed over this time.
 */
const picked = (tables: Tables): string => `
  picked AS MATERIALIZED (
    SELECT free.row FROM candidates c CROSS JOIN LATERAL (
      SELECT j.ctid AS row FROM ${tables.jobs} j WHERE j.id = c.id AND ${isState("j", 0)}
      LIMIT 1 FOR UPDATE SKIP LOCKED) free)`

const claimed = (tables: Tables, set = ""): string => `
  UPDATE ${tables.jobs} SET state = 1, held_by = $1, run = run + 1, alone = 0, ${set}
    started_at = ${now}, attempt = attempt + 1 - redeliver, redeliveries = redeliveries + redeliver,
    retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 THEN 1 ELSE 0 END
  WHERE ctid = ANY(ARRAY(SELECT row FROM picked))
  RETURNING ${heldColumns(now, "float8")}`

/** The functions of claims. */
export interface ClaimFunctions {
  readonly claim: DatabaseFunction
  /** Of some partitions. */
  readonly claimOwned: DatabaseFunction
  readonly nextDue: DatabaseFunction
}

/** A row in the names and types of a row that is held. */
const heldTypes = `id text, run int, type text, priority smallint, payload text, is_started int, attempt int,
  redeliver smallint, deaths int, accepted_at float8, due_at float8, now float8, max_attempts int, timeout_ms float8,
  backoff text, traceparent text, tracestate text, baggage text, last_traceparent text, replay_traceparent text`

export const claimFunctions = (tables: Tables): ClaimFunctions => {
  const parameters = "text, float8, int, text[], int[], bigint[], bigint[], bigint[], bigint[]"
  return {
    claim: databaseFunction(tables, {
      name: "job_claim",
      parameters,
      columns: heldTypes,
      block: rowsOf(claimText(tables, ""))
    }),
    claimOwned: databaseFunction(tables, {
      name: "job_claim_owned",
      parameters: `${parameters}, int, int[]`,
      columns: heldTypes,
      block: rowsOf(claimText(tables, "AND (partition % $10) = ANY($11)"))
    }),
    // By itself, so that no job has to wait for it.
    nextDue: databaseFunction(tables, {
      name: "job_next_due",
      parameters: "text[]",
      columns: "next_due float8",
      block: rowsOf(`
      SELECT min(w.due_at)::float8 - ${now}::float8
      FROM unnest($1) AS t(type) CROSS JOIN ${priorities} CROSS JOIN LATERAL (
        SELECT due_at FROM ${tables.jobs}
        WHERE state = 0 AND is_suspect = 0 AND type = t.type AND priority = p.priority AND due_at > ${now}
        ORDER BY due_at, id LIMIT 1) w`)
    })
  }
}

const claimText = (tables: Tables, isOwned: string): string => `
  WITH wanted AS MATERIALIZED (
    SELECT t.* FROM unnest($4, $5, $6, $7, $8, $9) AS t(type, most, s0, s1, s2, s3)
    WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, "t.type")}),
  candidates AS MATERIALIZED (
    SELECT x.id FROM wanted t CROSS JOIN LATERAL (
      SELECT w.id, w.due_at + p.head_start AS place
      FROM ${priorities} CROSS JOIN LATERAL (
        ${due(tables, "t.type", `AND due_at >= (ARRAY[t.s0, t.s1, t.s2, t.s3])[p.priority + 1] ${isOwned}`)}
        LIMIT t.most) w
      ORDER BY place, id LIMIT t.most) x
    ORDER BY x.place, x.id LIMIT $3),
  ${picked(tables)}
  ${claimed(tables)}`

export const claim =
  ({ claim: all, claimOwned }: ClaimFunctions) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest, since: Since): Queries => {
    const columns = [types.map(({ type }) => type), types.map((of) => of.most)]
    const marks = [0, 1, 2, 3].map((priority) => types.map(({ type }) => Math.floor(since(type, priority))))
    const values = [runnerId, leaseMs, most, ...columns, ...marks]
    return [owned === undefined ? all.call(values) : claimOwned.call([...values, partitions, owned])]
  }

/**
 * Claims of one type, `$4`, in a transaction that has locked its row: at most `$5` of it are held at once. Where there
 * is a limit to each key, `$6`, the keys are visited one after the other through an index, from `$7` on, so that what
 * waits behind a full key is not read.
 */
export const claimLimited =
  (tables: Tables) =>
  (
    { leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest,
    { concurrency, from, perKey }: Room
  ): Queries => {
    const isOwned = owned === undefined ? "" : "AND (partition % $8::int) = ANY($9::int[])"
    const held = `SELECT count(*) FROM ${tables.jobs} WHERE state = 1 AND is_limited = 1 AND type = $4`
    const free = `SELECT w.id, w.due_at + p.head_start AS place
      FROM ${priorities} CROSS JOIN LATERAL (${due(tables, "$4", isOwned)} LIMIT $3) w
      WHERE $6::int IS NULL AND $7::text IS NOT NULL`
    const text = `
    WITH RECURSIVE ${perKey === undefined ? "" : `${keys(tables)},`}
    candidates AS MATERIALIZED (
      SELECT c.id FROM (${perKey === undefined ? free : byKey(tables, isOwned)}) c
      WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, "$4")}
      ORDER BY c.place, c.id LIMIT least($3::int, greatest(0, coalesce($5::int - (${held}), $3::int)))),
    ${picked(tables)},
    claimed AS (${claimed(tables, "is_limited = 1,")})
    SELECT last.key AS last_key, claimed.* FROM (
      SELECT ${perKey === undefined ? "NULL::text" : "(SELECT max(key) FROM visited HAVING count(*) = 1000)"} AS key) last
      LEFT JOIN claimed ON true`
    const [wanted] = types
    const values = [runnerId, leaseMs, most, wanted?.type, concurrency ?? null, perKey ?? null, from]
    return one(text, owned === undefined ? values : [...values, partitions, owned])
  }

const key = "coalesce(limit_key, '')"

// By its words only the index by keys can answer this: one of the others would read past what waits for a full key.
const limited = "state = 0 AND is_limited = 1 AND is_suspect + 0 = 0 AND type = $4"

/** The first thousand keys from `$7` on of what waits, each found by skipping through the index. */
const keys = (tables: Tables): string => `every_key(key) AS (
    (SELECT ${key} FROM ${tables.jobs} WHERE ${limited} AND ${key} >= $7 ORDER BY ${key} LIMIT 1)
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
 * What waits for each key, as many as are free of it; what has no key waits for none. What was submitted before the
 * type had limits has no place in that index: the first hundred of each priority are looked through.
 */
const byKey = (tables: Tables, isOwned: string): string => `
  SELECT w.id, w.place FROM free_keys k CROSS JOIN LATERAL (
    SELECT d.id, d.due_at + p.head_start AS place FROM ${priorities} CROSS JOIN LATERAL (
      SELECT id, due_at FROM ${tables.jobs}
      WHERE ${limited} AND ${key} = k.key AND priority = p.priority AND due_at <= ${now} ${isOwned}
      ORDER BY due_at, id LIMIT k.free) d
    ORDER BY place, id LIMIT k.free) w
  UNION ALL
  SELECT d.id, d.due_at + p.head_start FROM ${priorities} CROSS JOIN LATERAL (
    SELECT id, due_at, is_limited FROM ${tables.jobs}
    WHERE state = 0 AND is_suspect = 0 AND type = $4 AND priority = p.priority AND due_at <= ${now} ${isOwned}
    ORDER BY due_at, id LIMIT 100) d
  WHERE d.is_limited = 0`

export const claimSuspect =
  (tables: Tables) =>
  ({ leaseMs, owned, partitions, runnerId, types }: Omit<ClaimRequest, "most">, room?: Omit<Room, "from">): Queries => {
    const isOwned = owned === undefined ? "" : "AND (partition % $6::int) = ANY($7::int[])"
    const held = `SELECT count(*) FROM ${tables.jobs} h WHERE h.state = 1 AND h.is_limited = 1 AND h.type = j.type`
    const hasRoom = `AND ($4::int IS NULL OR (${held}) < $4)
      AND ($5::int IS NULL OR coalesce(limit_key, '') = '' OR (${held} AND h.limit_key = j.limit_key) < $5)`
    const text = `
    WITH picked AS MATERIALIZED (
      SELECT id FROM ${tables.jobs} j
      WHERE state = 0 AND is_suspect = 1 AND due_at <= ${now} AND type = ANY($3::text[]) ${isOwned} ${hasRoom}
        AND ${isAlive(tables)} AND NOT ${isPaused(tables, "j.type")}
      ORDER BY deaths, due_at, id LIMIT 1 FOR UPDATE OF j SKIP LOCKED)
    UPDATE ${tables.jobs} SET state = 1, held_by = $1, run = run + 1, alone = 0, started_at = NULL
      ${room === undefined ? "" : ", is_limited = 1"}
    WHERE id = ANY(ARRAY(SELECT id FROM picked)) RETURNING ${heldColumns(now, "float8")}`
    const { concurrency = null, perKey = null } = room ?? {}
    const values = [runnerId, leaseMs, types.map(({ type }) => type), concurrency, perKey]
    return one(text, owned === undefined ? values : [...values, partitions, owned])
  }
