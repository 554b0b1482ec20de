/** Removes what is finished, in steps. */
import * as Effect from "effect/Effect"
import type { CallerOperations, PurgeRequest } from "./operations.ts"
import type { Session } from "./session.ts"
import { states } from "./dialect.ts"

const mostAtOnce = 1000

/** This operation over open tables. */
export const purge = (session: Session): Pick<CallerOperations, "purge"> => ({
  purge: (request) => session.ours(purgeSome(session, request))
})

const purgeSome = ({ dialect, sql, tables }: Session, { before, ids, olderThanMs, state, type }: PurgeRequest) => {
  const done = sql.literal(tables.done)
  const which = sql.and([
    sql`state = ${states[state]}`,
    ...(type === undefined ? [] : [sql`type = ${type}`]),
    ...(ids === undefined ? [] : [sql.in("id", ids)]),
    ...(before === undefined ? [] : [sql`finished_at < ${before}`]),
    ...(olderThanMs === undefined ? [] : [sql`finished_at < ${sql.literal(dialect.now)} - ${olderThanMs}`])
  ])
  return sql.withTransaction(
    Effect.gen(function* () {
      const gone = yield* sql<{ readonly id: string }>`
        DELETE FROM ${done} WHERE id IN (
          SELECT id FROM ${done} WHERE ${which} ORDER BY finished_at, id LIMIT ${mostAtOnce}) RETURNING id`
      if (gone.length > 0) {
        yield* sql`DELETE FROM ${sql.literal(tables.errors)} WHERE ${sql.in(
          "job_id",
          gone.map(({ id }) => id)
        )}`
      }
      return gone.length
    })
  )
}
