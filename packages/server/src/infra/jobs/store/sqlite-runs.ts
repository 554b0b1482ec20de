/**
 * What runners say to SQLite: claims, starts, ends, and taking over. A sign before a column keeps it from being looked
 * for in an index: what is given is found by its id.
 */
import {
  type Dialect,
  endOf,
  headStarts,
  heldColumns,
  keptColumns,
  lostReason,
  type Queries,
  type Query,
  type Room,
  runColumns,
  type Tables
} from "./dialect.ts"
import type { ClaimRequest, End, Fence, TypeClaim } from "./operations.ts"

export const now = "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)"

/** A member of the object that a row of `json_each` has. */
export const field = (name: string): string => `value->>'$.${name}'`

export const runnerStatements = (tables: Tables) =>
  ({
    claim: claim(tables),
    nextDue: nextDue(tables),
    claimLimited: claimLimited(tables),
    claimSuspect: claimSuspect(tables),
    start: start(tables),
    acquit: acquit(tables),
    end: end(tables),
    look: look(tables),
    progress: progress(tables),
    takeOver: takeOver(tables)
  }) satisfies Partial<Dialect>

const priorities = `(SELECT column1 AS priority, column2 AS head_start FROM (VALUES ${headStarts}))`

const isAlive = (tables: Tables): string =>
  `EXISTS (SELECT 1 FROM ${tables.runners} WHERE id = ? AND heartbeat_at > ${now} - ?)`

const isPaused = (tables: Tables, type: string): string =>
  `EXISTS (SELECT 1 FROM ${tables.types} paused WHERE paused.type = ${type} AND paused.is_paused = 1)`

const wanted = (types: ReadonlyArray<TypeClaim>): string => JSON.stringify(types)

const ownedValues = (partitions: number, owned: ReadonlyArray<number> | undefined): ReadonlyArray<unknown> =>
  owned === undefined ? [] : [partitions, JSON.stringify(owned)]

const isOwned = (owned: ReadonlyArray<number> | undefined): string =>
  owned === undefined ? "" : "AND partition % ? IN (SELECT value FROM json_each(?))"

/** Claims what is picked: rows `(id, turn, start_now)`, those whose turn comes begin at once. */
const claimed = (tables: Tables, set = ""): string => `
  UPDATE ${tables.jobs} AS j SET state = 1, held_by = ?, run = run + 1, alone = 0, ${set}
    started_at = CASE WHEN p.turn <= p.start_now THEN ${now} END,
    attempt = attempt + CASE WHEN p.turn <= p.start_now THEN 1 - redeliver ELSE 0 END,
    redeliveries = redeliveries + CASE WHEN p.turn <= p.start_now THEN redeliver ELSE 0 END,
    retries = retries + CASE WHEN redeliver = 0 AND attempt > 0 AND p.turn <= p.start_now THEN 1 ELSE 0 END
  FROM picked p WHERE j.id = p.id
  RETURNING ${heldColumns(now, "REAL")}`

const claim =
  (tables: Tables) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest): Queries => {
    // No limit can depend on the row: the window keeps to that of each type.
    const widest = types.reduce((least, of) => Math.max(least, of.most), 0)
    const type = `t.${field("type")}`
    return [
      {
        text: `
        WITH picked AS MATERIALIZED (
          SELECT id, turn, start_now FROM (
            SELECT w.id, w.due_at + p.head_start AS place, ${field("startNow")} AS start_now, ${field("most")} AS most,
              row_number() OVER (PARTITION BY w.type ORDER BY w.due_at + p.head_start, w.id) AS turn
            FROM json_each(?) t CROSS JOIN ${priorities} p CROSS JOIN ${tables.jobs} w
            WHERE w.id IN (
              SELECT id FROM ${tables.jobs} WHERE state = 0 AND is_suspect = 0 AND type = ${type}
                AND priority = p.priority AND due_at <= ${now} ${isOwned(owned)}
              ORDER BY due_at, id LIMIT ?)
              AND NOT ${isPaused(tables, type)})
          WHERE turn <= most AND ${isAlive(tables)}
          ORDER BY place, id LIMIT ?)
        ${claimed(tables)}`,
        values: [wanted(types), ...ownedValues(partitions, owned), widest, runnerId, leaseMs, most, runnerId]
      }
    ]
  }

const key = "coalesce(limit_key, '')"

/** As in `postgres-runs.ts`: at most so many of the type are held, and of each key, of which a thousand are visited. */
const claimLimited =
  (tables: Tables) =>
  ({ leaseMs, most, owned, partitions, runnerId, types }: ClaimRequest, room: Room): Queries => {
    const [first] = types
    const type = first?.type ?? ""
    const { concurrency, perKey } = room
    const due = `state = 0 AND is_suspect = 0 AND type = ? AND due_at <= ${now} ${isOwned(owned)}`
    const dueValues = [type, ...ownedValues(partitions, owned)]
    const held = `SELECT count(*) FROM ${tables.jobs} WHERE state = 1 AND is_limited = 1 AND type = ?`
    const some = perKey === undefined ? free(tables, due) : byKey(tables, isOwned(owned))
    const someValues =
      perKey === undefined
        ? [...dueValues, most]
        : [type, room.from, type, most, perKey, type, ...dueValues, most, ...dueValues]
    return [
      {
        text: `
        WITH RECURSIVE ${some},
        picked AS MATERIALIZED (
          SELECT id, row_number() OVER (ORDER BY place, id) AS turn, CAST(? AS INTEGER) AS start_now FROM candidates
          WHERE ${isAlive(tables)} AND NOT ${isPaused(tables, "?")}
          ORDER BY place, id LIMIT max(0, min(?, coalesce(? - (${held}), ?))))
        ${claimed(tables, "is_limited = 1,")}`,
        values: [
          ...someValues,
          ...[first?.startNow ?? 0, runnerId, leaseMs, type, most, concurrency ?? null, type, most, runnerId]
        ]
      }
    ]
  }

const free = (tables: Tables, due: string): string => `
  candidates AS MATERIALIZED (
    SELECT w.id, w.due_at + p.head_start AS place FROM ${priorities} p CROSS JOIN ${tables.jobs} w WHERE w.id IN (
      SELECT id FROM ${tables.jobs} WHERE ${due} AND priority = p.priority ORDER BY due_at, id LIMIT ?))`

const byKey = (tables: Tables, owned: string): string => {
  const waiting = `${tables.jobs} WHERE state = 0 AND is_limited = 1 AND type = ?`
  return `
  every_key(type, key) AS (
    SELECT * FROM (SELECT type, ${key} FROM ${waiting} AND ${key} >= ? ORDER BY ${key} LIMIT 1)
    UNION ALL
    SELECT type, (SELECT ${key} FROM ${waiting} AND ${key} > every_key.key ORDER BY ${key} LIMIT 1)
    FROM every_key WHERE every_key.key IS NOT NULL LIMIT 1001),
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
          AND due_at <= ${now} ${owned} AND ${key} = k.key AND priority = p.priority ORDER BY due_at, id LIMIT ?))
    WHERE turn <= free
    UNION ALL
    SELECT w.id, w.due_at + p.head_start FROM ${priorities} p CROSS JOIN ${tables.jobs} w WHERE w.is_limited = 0 AND w.id IN (
      SELECT id FROM ${tables.jobs} WHERE state = 0 AND is_suspect = 0 AND type = ? AND due_at <= ${now} ${owned}
        AND priority = p.priority ORDER BY due_at, id LIMIT 100))`
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

const acquit =
  (tables: Tables) =>
  (runnerId: string, fence: Fence): Queries => [
    {
      text: `UPDATE ${tables.jobs} SET alone = 0, is_suspect = 0 WHERE ${isFenced}`,
      values: fencedValues(runnerId, [fence])
    }
  ]

const end =
  (tables: Tables) =>
  (runnerId: string, kind: End["settlement"]["_tag"], ends: ReadonlyArray<End>): Queries => {
    const values: EndValues = [JSON.stringify(ends.map(endOf)), runnerId]
    switch (kind) {
      case "Completed":
        return [moved(tables, "2, result", values), gone(tables, ends)]
      case "Dead":
        return [recorded(tables, values), moved(tables, "4, reason", values), gone(tables, ends)]
      case "Retrying":
        return [recorded(tables, values), retried(tables, values)]
      case "Released":
        return [
          {
            text: `
            UPDATE ${tables.jobs} SET state = 0, held_by = NULL, alone = 0,
              redeliver = CASE WHEN started_at IS NULL THEN redeliver ELSE 1 END
            WHERE ${isFenced} RETURNING id`,
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

const moved = (tables: Tables, ending: "2, result" | "4, reason", values: EndValues): Query => ({
  text: `
    INSERT INTO ${tables.done} (${keptColumns}, ${runColumns}, token, finished_at, ${ending.replace(/^./, "state")})
    SELECT ${keptColumns}, ${runColumns}, token, ${now}, ${ending.replace(/\w+$/, (column) => `e.${field(column)}`)}
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
      is_suspect = 0, alone = 0, due_at = CAST(${now} + e.pause AS INTEGER)
    FROM (SELECT ${field("of")} AS of, ${field("of_run")} AS of_run, ${field("pause")} AS pause FROM json_each(?)) e
    WHERE id = e.of AND run = e.of_run AND +held_by = ? AND +state = 1 RETURNING id`,
  values: [ends, runnerId]
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
