/**
 * Removes what is finished and its errors, a thousand jobs a step: the oldest of each type, found through an index, so
 * that no step is slower for what is left. Where the database blocks the process, few at once, and others have their
 * turn.
 */
import type * as Statement from "@effect/sql/Statement"
import type { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { typesOf, union } from "./by-type.ts"
import { states } from "./dialect.ts"
import type { CallerOperations, PurgeRequest, ReadOperations } from "./operations.ts"
import { pause } from "../pause.ts"
import type { Session } from "./session.ts"

/** The most that one step removes; after a step that removed less there is nothing left. */
export const mostPurged = 1000

/** These operations over open tables. */
export const purge = (
  session: Session
): Pick<CallerOperations, "purge" | "finishedTypes" | "purgeKeys"> & Pick<ReadOperations, "countFinished"> => ({
  countFinished: (request) => session.ours(countFinished(session, request)),
  purge: (request) => session.ours(upTo(mostPurged, (most) => purgeSome(session, request, most), mostOf(session))),
  finishedTypes: (state) => session.ours(typesOf(session.sql, session.tables.done, `state = ${states[state]}`)),
  purgeKeys: session.ours(purgeKeys(session))
})

/** How many a purge would remove: a range of an index is counted, or what is found by these ids. */
const countFinished = (session: Session, request: PurgeRequest): Effect.Effect<number, SqlError> => {
  const { dialect, sql, tables } = session
  const { ids, state, type } = request
  const parts = ids === undefined ? [undefined] : Arr.chunksOf(ids, mostPurged)
  return Effect.forEach(parts, (some) => {
    const which = sql.and([
      sql`state = ${states[state]}`,
      ...(type === undefined ? [] : [sql`type = ${type}`]),
      ...(some === undefined ? [] : [sql.in("id", some)]),
      ...bounds(session, request)
    ])
    const count = sql.literal(`CAST(count(*) AS ${dialect.real})`)
    return sql<{ readonly jobs: number }>`SELECT ${count} AS jobs FROM ${sql.literal(tables.done)} WHERE ${which}`
  }).pipe(Effect.map((counts) => counts.flat().reduce((sum, { jobs }) => sum + jobs, 0)))
}

const purgeKeys = ({ dialect, sql, tables }: Session): Effect.Effect<number, SqlError> => {
  const keys = sql.literal(tables.unique)
  const isOver = sql.literal(`until <= ${dialect.now}`)
  return Effect.map(
    sql`
      DELETE FROM ${keys} WHERE ${isOver} AND (type, key) IN (
        SELECT type, key FROM ${keys} WHERE ${isOver}
        ORDER BY until LIMIT ${mostPurged} ${sql.literal(dialect.lockFree)})
      RETURNING key`,
    (gone) => gone.length
  )
}

/** The most jobs of one statement. */
const mostOf = ({ dialect, sql }: Session): number =>
  sql.onDialectOrElse({ pg: () => mostPurged, orElse: () => dialect.groupSize })

/** Removes in parts until as many as wanted are gone, or no more are there. */
const upTo = (
  wanted: number,
  remove: (most: number) => Effect.Effect<number, SqlError>,
  part: number
): Effect.Effect<number, SqlError> =>
  Effect.gen(function* () {
    let gone = 0
    while (gone < wanted) {
      const most = Math.min(part, wanted - gone)
      const removed = yield* remove(most)
      gone += removed
      if (removed !== most) {
        break
      }
      yield* gone < wanted ? pause : Effect.void
    }
    return gone
  })

const purgeSome = (session: Session, request: PurgeRequest, most: number): Effect.Effect<number, SqlError> => {
  const { sql, tables } = session
  const { ids, state, type } = request
  const done = sql.literal(tables.done)
  const which = (more: Statement.Fragment) =>
    sql.and([sql`state = ${states[state]}`, more, ...bounds(session, request)])
  if (ids !== undefined) {
    const isOfType = type === undefined ? sql.literal("1 = 1") : sql`type = ${type}`
    return Effect.forEach(Arr.chunksOf(ids, mostOf(session)), (some) =>
      remove(session, sql`SELECT id FROM ${done} WHERE ${sql.in("id", some)} AND ${which(isOfType)}`)
    ).pipe(Effect.map((counts) => counts.reduce((sum, count) => sum + count, 0)))
  }
  const types = type === undefined ? typesOf(sql, tables.done, `state = ${states[state]}`) : Effect.succeed([type])
  return Effect.flatMap(types, (found) =>
    found.length === 0
      ? Effect.succeed(0)
      : remove(
          session,
          sql`SELECT id FROM (${union(
            sql,
            found.map(
              (of) => sql`
                SELECT id, finished_at FROM ${done} WHERE ${which(sql`type = ${of}`)}
                ORDER BY finished_at, id LIMIT ${most}`
            )
          )}) oldest ORDER BY finished_at, id LIMIT ${most}`
        )
  )
}

const bounds = (
  { dialect, sql }: Session,
  { before, olderThanMs }: PurgeRequest
): ReadonlyArray<Statement.Fragment> => [
  ...(before === undefined ? [] : [sql`finished_at < ${Math.ceil(before)}`]),
  ...(olderThanMs === undefined ? [] : [sql`finished_at < ${sql.literal(dialect.now)} - ${Math.round(olderThanMs)}`])
]

/**
 * Removes these finished jobs and their errors. A job that is replayed meanwhile keeps its own, and one that another
 * session has locked stays.
 */
const remove = ({ sql, tables, transaction }: Session, ids: Statement.Fragment): Effect.Effect<number, SqlError> => {
  const done = sql.literal(tables.done)
  const errors = sql.literal(tables.errors)
  return sql.onDialectOrElse({
    pg: () =>
      Effect.map(
        sql<{ readonly jobs: number }>`
          WITH candidates AS MATERIALIZED (${ids}),
          chosen AS MATERIALIZED (
            SELECT id FROM ${done} WHERE id = ANY(ARRAY(SELECT id FROM candidates)) FOR UPDATE SKIP LOCKED),
          gone AS (DELETE FROM ${done} WHERE id = ANY(ARRAY(SELECT id FROM chosen)) RETURNING id),
          forgotten AS (DELETE FROM ${errors} WHERE job_id = ANY(ARRAY(SELECT id FROM gone)))
          SELECT count(*)::int AS jobs FROM gone`,
        ([row]) => row?.jobs ?? 0
      ),
    orElse: () =>
      transaction(
        Effect.gen(function* () {
          const gone = yield* sql<{ readonly id: string }>`DELETE FROM ${done} WHERE id IN (${ids}) RETURNING id`
          if (gone.length > 0) {
            yield* sql`DELETE FROM ${errors} WHERE ${sql.in(
              "job_id",
              gone.map(({ id }) => id)
            )}`
          }
          return gone.length
        })
      )
  })
}
