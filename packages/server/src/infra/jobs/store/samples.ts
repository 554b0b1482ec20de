/** How many jobs stand where, and for how long: the numbers behind the gauges, read from indexes. */
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import { priorities } from "../../../observe/catalogue.ts"
import { rowsOf, typesIn, typesOf } from "./by-type.ts"
import type { Depth, Oldest, ReadOperations, RunnerStatus } from "./operations.ts"
import { heldJobs, statusColumns } from "./reads.ts"
import type { Session } from "./session.ts"
import { stateOf } from "./state.ts"

interface DepthRow {
  readonly type: string
  readonly state: string
  readonly jobs: number
}

interface OldestRow {
  readonly type: string
  readonly age: number
}

interface LifeRow extends Omit<RunnerStatus, "slots"> {
  readonly slots: number | null
}

/** These reads over open tables. */
export const samples = (
  session: Session
): Pick<ReadOperations, "depth" | "dead" | "oldestWaiting" | "oldestDead" | "lives" | "now" | "waitingTypes"> => ({
  lives: session.ours(lives(session)),
  waitingTypes: session.ours(waitingTypes(session)),
  now: session.ours(
    Effect.map(
      session.sql<{ readonly now: number }>`
        SELECT ${session.sql.literal(`CAST(${session.dialect.now} AS ${session.dialect.real})`)} AS now`,
      ([row]) => row?.now ?? 0
    )
  ),
  depth: session.ours(depth(session)),
  dead: session.ours(dead(session)),
  oldestWaiting: session.ours(oldestWaiting(session)),
  oldestDead: session.ours(oldestDead(session))
})

/** In one statement, so that no job is counted twice; of what waits, ranges of an index are counted, type by type. */
const depth = (session: Session) => {
  const { dialect, sql, tables } = session
  const { now } = dialect
  const jobs = sql.literal(tables.jobs)
  const waiting = `${tables.jobs} WHERE state = 0 AND is_suspect = 0`
  const counts = (due: string) =>
    priorities
      .map((_, priority) => `(SELECT count(*) FROM ${waiting} AND type = t.type AND priority = ${priority} AND ${due})`)
      .join(" + ")
  const counted = sql.literal(
    [
      ["ready", `due_at <= ${now}`],
      ["scheduled", `due_at > ${now} AND is_retry = 0`],
      ["retrying", `due_at > ${now} AND is_retry = 1`]
    ]
      .map(([state, due = ""]) => `SELECT type, '${state}' AS state, ${counts(due)} AS jobs FROM waiting t`)
      .join(" UNION ALL ")
  )
  const { stateOfJob } = statusColumns(session)
  return Effect.map(
    sql<DepthRow>`
      WITH RECURSIVE ${typesIn(sql, waiting)}, waiting AS (SELECT type FROM types WHERE type IS NOT NULL)
      SELECT type, state, ${sql.literal(`CAST(sum(jobs) AS ${dialect.real})`)} AS jobs FROM (
        ${counted}
        UNION ALL
        SELECT type, ${stateOfJob}, count(*) FROM ${jobs} WHERE state = 0 AND is_suspect = 1 GROUP BY 1, 2
        UNION ALL
        SELECT type, 'running', count(*) FROM ${sql.literal(heldJobs(tables))} held GROUP BY 1) alive
      GROUP BY type, state HAVING sum(jobs) > 0`,
    depthOf
  )
}

/** The dead ones of each type, which an index has side by side. */
const dead = ({ dialect, sql, tables }: Session) => {
  const all = `${tables.done} WHERE state = 4`
  const count = sql.literal(`CAST((SELECT count(*) FROM ${all} AND type = t.type) AS ${dialect.real})`)
  return Effect.map(
    sql<DepthRow>`
      WITH RECURSIVE ${typesIn(sql, all)}
      SELECT type, 'dead' AS state, ${count} AS jobs FROM types t WHERE type IS NOT NULL`,
    depthOf
  )
}

/** A time below zero is that of a life which others have found to be over. */
const lives = ({ dialect, sql, tables }: Session) => {
  const held = `SELECT count(*) FROM ${tables.jobs} WHERE state = 1 AND held_by = r.id`
  const number = (of: string) => `CAST(${of} AS ${dialect.real})`
  return Effect.map(
    sql<LifeRow>`
      SELECT id, name, ${sql.literal(`${number(`(${held})`)} AS running, ${number("slots")} AS slots`)},
        ${sql.literal(number(`${dialect.now} - heartbeat_at`))} AS "heartbeatAgeMs"
      FROM ${sql.literal(tables.runners)} r WHERE heartbeat_at >= 0 ORDER BY name, id`,
    (rows) => rows.map(({ slots, ...life }): RunnerStatus => (slots === null ? life : { ...life, slots }))
  )
}

const waitingTypes = ({ sql, tables }: Session) =>
  Effect.map(
    Effect.all([
      typesOf(sql, tables.jobs, "state = 0 AND is_suspect = 0"),
      sql<{ readonly type: string }>`
        SELECT DISTINCT type FROM ${sql.literal(tables.jobs)} WHERE state = 0 AND is_suspect = 1
        UNION SELECT DISTINCT type FROM ${sql.literal(heldJobs(tables))} held`
    ]),
    ([types, others]) => [...types, ...others.map(({ type }) => type)]
  )

const oldestWaiting = (session: Session) => {
  const { dialect, sql, tables } = session
  const jobs = sql.literal(tables.jobs)
  const now = sql.literal(dialect.now)
  const condition = "state = 0 AND is_suspect = 0"
  const suspects = sql`
    SELECT type, ${age(session, "min(due_at)")} FROM ${jobs}
    WHERE state = 0 AND is_suspect = 1 AND due_at <= ${now} GROUP BY type`
  const firstOf = (type: string) =>
    priorities.map(
      (_, priority) => sql`
        SELECT type, ${age(session, "due_at")} FROM ${jobs}
        WHERE ${sql.literal(condition)} AND type = ${type} AND priority = ${priority} AND due_at <= ${now}
        ORDER BY due_at LIMIT 1`
    )
  return typesOf(sql, tables.jobs, condition).pipe(
    Effect.flatMap((types) => rowsOf<OldestRow>(sql, [...types.flatMap(firstOf), suspects])),
    Effect.map(oldestOf)
  )
}

const oldestDead = (session: Session) => {
  const { sql, tables } = session
  const firstOf = (type: string) => sql`
    SELECT type, ${age(session, "finished_at")} FROM ${sql.literal(tables.done)} WHERE state = 4 AND type = ${type}
    ORDER BY finished_at LIMIT 1`
  return typesOf(sql, tables.done, "state = 4").pipe(
    Effect.flatMap((types) => rowsOf<OldestRow>(sql, types.map(firstOf))),
    Effect.map(oldestOf)
  )
}

const age = ({ dialect, sql }: Session, time: string): Statement.Fragment =>
  sql.literal(`CAST(${dialect.now} - ${time} AS ${dialect.real}) AS age`)

const depthOf = (rows: ReadonlyArray<DepthRow>): ReadonlyArray<Depth> =>
  rows.map((row) => ({ jobType: row.type, state: stateOf(row.state), jobs: row.jobs }))

/** Of each type the oldest. */
const oldestOf = (rows: ReadonlyArray<OldestRow>): ReadonlyArray<Oldest> => {
  const ages = new Map<string, number>()
  rows.forEach((row) => ages.set(row.type, Math.max(row.age, ages.get(row.type) ?? 0)))
  return Array.from(ages, ([jobType, ageMs]) => ({ jobType, ageMs }))
}
