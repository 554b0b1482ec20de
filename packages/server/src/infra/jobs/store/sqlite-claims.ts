/** How a runner claims jobs on SQLite: as on PostgreSQL, with windows where a limit would depend on a row. */
import { headStarts, heldColumns, type Queries, type Query, type Room, type Tables, traceColumns } from "./dialect.ts"
import type { ClaimRequest, TypeClaim } from "./operations.ts"
import { field, now } from "./sqlite-runs.ts"

const priorities = `(SELECT column1 AS priority, column2 AS head_start FROM (VALUES ${headStarts}))`

// SQLite plans a statement again for each value that is given where a limit stands.
const limit = "CAST(? AS INTEGER)"

const isAlive = (tables: Tables): string =>
  `EXISTS (SELECT 1 FROM ${tables.runners} WHERE id = ? AND heartbeat_at > ${now} - ?)`

const isPaused = (tables: Tables, type: string): string =>
  `EXISTS (SELECT 1 FROM ${tables.types} paused WHERE paused.type = ${type} AND paused.is_paused = 1)`

const wanted = (types: ReadonlyArray<TypeClaim>): string => JSON.stringify(types)

const ownedValues = (partitions: number, owned: ReadonlyArray<number> | undefined): ReadonlyArray<unknown> =>
  owned === undefined ? [] : [partitions, JSON.stringify(owned)]

const isOwned = (owned: ReadonlyArray<number> | undefined): string =>
  owned === undefined ? "" : "AND partition % ? IN (SELECT value FROM json_each(?))"

/** Marks a job as claimed, and started. */
const claiming = `state = 1, held_by = ?, run = run + 1, alone = 0, started_at = ${now},
    attempt = attempt + 1 - redeliver, redeliveries = redeliveries + redeliver,
    retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 THEN 1 ELSE 0 END`

/**
 * What may be claimed: for each type and priority the first jobs that are due. One row each with a list in JSON is a
 * third of the price of a row for each job.
 */
export const candidates =
  (tables: Tables) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest): Query => {
    const type = `t.${field("type")}`
    const waiting = `${tables.jobs} WHERE state = 0 AND is_suspect = 0 AND type = ${type} AND priority = p.priority`
    return {
      text: `
      SELECT ${type} AS type, p.priority, (
        SELECT json_group_array(json_array(id, due_at)) FROM (
          SELECT id, due_at FROM ${waiting} AND due_at <= ${now} ${isOwned(owned)} ORDER BY due_at, id LIMIT ${limit})) AS due
      FROM json_each(?) t CROSS JOIN ${priorities} p
      WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, type)}`,
      values: [
        ...ownedValues(partitions, owned),
        Math.min(most, Math.max(0, ...types.map((of) => of.most))),
        wanted(types),
        runnerId,
        leaseMs
      ]
    }
  }

/** Claims those of the chosen jobs that are still free. */
export const take =
  (tables: Tables) =>
  ({ leaseMs, runnerId }: ClaimRequest, ids: ReadonlyArray<string>): Query => ({
    text: `
    UPDATE ${tables.jobs} SET ${claiming}
    WHERE id IN (SELECT value FROM json_each(?)) AND +state = 0 AND ${isAlive(tables)}
    RETURNING id, payload, json_array(
      run, type, priority, 1, attempt, redeliver, deaths, accepted_at, due_at, ${now}, max_attempts, timeout_ms, backoff,
      traceparent, ${traceColumns}) AS held`,
    values: [runnerId, JSON.stringify(ids), runnerId, leaseMs]
  })

const key = "coalesce(limit_key, '')"

/**
 * As in `postgres-claims.ts`: at most so many of the type are held, and of each key, of which a thousand are visited.
 */
export const claimLimited =
  (tables: Tables) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest, room: Room): Queries => {
    const type = types[0]?.type ?? ""
    const { concurrency, perKey } = room
    const due = `state = 0 AND is_suspect = 0 AND type = ? AND due_at <= ${now} ${isOwned(owned)}`
    const dueValues = [type, ...ownedValues(partitions, owned)]
    const held = `SELECT count(*) FROM ${tables.jobs} WHERE state = 1 AND is_limited = 1 AND type = ?`
    const some = perKey === undefined ? free(tables, due) : byKey(tables, isOwned(owned))
    const someValues =
      perKey === undefined
        ? [...dueValues, most]
        : [type, room.from, most, perKey, type, ...dueValues, most, ...dueValues]
    return [
      {
        text: `
        WITH RECURSIVE ${some},
        picked AS MATERIALIZED (
          SELECT id FROM candidates WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, "?")}
          ORDER BY place, id LIMIT max(0, min(?, coalesce(? - (${held}), ?))))
        UPDATE ${tables.jobs} SET ${claiming}, is_limited = 1 WHERE id IN (SELECT id FROM picked)
        RETURNING ${heldColumns(now, "REAL")}`,
        values: [...someValues, runnerId, leaseMs, type, most, concurrency ?? null, type, most, runnerId]
      }
    ]
  }

const free = (tables: Tables, due: string): string => `
  candidates AS MATERIALIZED (
    SELECT w.id, w.due_at + p.head_start AS place FROM ${priorities} p CROSS JOIN ${tables.jobs} w WHERE w.id IN (
      SELECT id FROM ${tables.jobs} WHERE ${due} AND priority = p.priority ORDER BY due_at, id LIMIT ${limit}))`

/** The first thousand keys from the given one on of what waits of the given type. */
const everyKey = (tables: Tables): string => {
  const waiting = `${tables.jobs} WHERE state = 0 AND is_limited = 1 AND type = `
  return `every_key(type, key) AS (
    SELECT * FROM (SELECT type, ${key} FROM ${waiting} ? AND ${key} >= ? ORDER BY ${key} LIMIT 1)
    UNION ALL
    SELECT type, (SELECT ${key} FROM ${waiting} every_key.type AND ${key} > every_key.key ORDER BY ${key} LIMIT 1)
    FROM every_key WHERE every_key.key IS NOT NULL LIMIT 1000)`
}

export const lastKey =
  (tables: Tables) =>
  (type: string, from: string): Query => ({
    text: `
    WITH RECURSIVE ${everyKey(tables)}
    SELECT CASE WHEN count(key) = 1000 THEN max(key) END AS last_key FROM every_key`,
    values: [type, from]
  })

const byKey = (tables: Tables, owned: string): string => `
  ${everyKey(tables)},
  free_keys AS MATERIALIZED (
    SELECT key, CASE WHEN key = '' THEN ? ELSE ? - (
      SELECT count(*) FROM ${tables.jobs} held WHERE held.state = 1 AND held.is_limited = 1 AND held.type = ?
        AND held.limit_key = every_key.key) END AS free
    FROM every_key WHERE key IS NOT NULL),
  candidates AS MATERIALIZED (
    SELECT id, place FROM (
      SELECT w.id, w.due_at + p.head_start AS place, k.free,
        row_number() OVER (PARTITION BY k.key ORDER BY w.due_at + p.head_start, w.id) AS turn
      FROM free_keys k CROSS JOIN ${priorities} p CROSS JOIN ${tables.jobs} w
      WHERE k.free > 0 AND w.id IN (
        SELECT id FROM ${tables.jobs} WHERE state = 0 AND is_limited = 1 AND +is_suspect = 0 AND type = ?
          AND due_at <= ${now} ${owned} AND ${key} = k.key AND priority = p.priority ORDER BY due_at, id LIMIT ${limit}))
    WHERE turn <= free
    UNION ALL
    SELECT w.id, w.due_at + p.head_start FROM ${priorities} p CROSS JOIN ${tables.jobs} w WHERE w.is_limited = 0 AND w.id IN (
      SELECT id FROM ${tables.jobs} WHERE state = 0 AND is_suspect = 0 AND type = ? AND due_at <= ${now} ${owned}
        AND priority = p.priority ORDER BY due_at, id LIMIT 100))`

export const nextDue =
  (tables: Tables) =>
  (types: ReadonlyArray<string>): Query => ({
    text: `
    SELECT min(due) - ${now} AS next_due FROM (
      SELECT (SELECT due_at FROM ${tables.jobs} WHERE state = 0 AND is_suspect = 0 AND type = t.value
        AND priority = p.priority AND due_at > ${now} ORDER BY due_at, id LIMIT 1) AS due
      FROM json_each(?) t CROSS JOIN ${priorities} p)`,
    values: [JSON.stringify(types)]
  })

export const claimSuspect =
  (tables: Tables) =>
  ({ leaseMs, owned, partitions, runnerId, types }: Omit<ClaimRequest, "most">, room?: Omit<Room, "from">): Queries => {
    const { concurrency = null, perKey = null } = room ?? {}
    const held = `SELECT count(*) FROM ${tables.jobs} h WHERE h.state = 1 AND h.is_limited = 1 AND h.type = j.type`
    return [
      {
        text: `
      UPDATE ${tables.jobs} SET state = 1, held_by = ?, run = run + 1, alone = 0, started_at = NULL
        ${room === undefined ? "" : ", is_limited = 1"}
      WHERE id IN (
        SELECT id FROM ${tables.jobs} j WHERE state = 0 AND is_suspect = 1 AND due_at <= ${now}
          AND type IN (SELECT ${field("type")} FROM json_each(?)) ${isOwned(owned)}
          AND (? IS NULL OR (${held}) < ?)
          AND (? IS NULL OR coalesce(limit_key, '') = '' OR (${held} AND h.limit_key = j.limit_key) < ?)
          AND ${isAlive(tables)} AND NOT ${isPaused(tables, "j.type")}
        ORDER BY deaths, due_at, id LIMIT 1)
      RETURNING ${heldColumns(now, "REAL")}`,
        values: [
          runnerId,
          wanted(types),
          ...ownedValues(partitions, owned),
          concurrency,
          concurrency,
          perKey,
          perKey,
          runnerId,
          leaseMs
        ]
      }
    ]
  }
