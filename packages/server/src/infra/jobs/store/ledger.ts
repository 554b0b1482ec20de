/**
 * What callers' transactions have done, and jobs that were lost, that nobody has counted yet. A row is taken by one
 * runner, and taken back by none: the answer to a commit may be lost, so the runner's own row says what it took last.
 * It stays for an hour after the runner's life, in which the database may have been away.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import type { RunnerOperations, Uncounted } from "./operations.ts"
import { uncountedOf, type UncountedRow } from "./rows.ts"
import type { Session } from "./session.ts"

const mostAtOnce = 1000

/** This operation over open tables. */
export const ledger = (session: Session): Pick<RunnerOperations, "takeUncounted"> => ({
  takeUncounted: (runnerId) =>
    Effect.suspend(() => {
      const { sql, tables } = session
      const token = globalThis.crypto.randomUUID()
      let taken: ReadonlyArray<Uncounted> = []
      const uncounted = sql.literal(tables.uncounted)
      const runners = sql.literal(tables.runners)
      const age = sql.literal(`CAST(age_ms AS ${session.dialect.real}) AS age_ms`)
      const lockFree = sql.literal(session.dialect.lockFree)
      const take = session.transaction(
        Effect.gen(function* () {
          const [alive] = yield* sql`UPDATE ${runners} SET ledger_token = ${token}
            WHERE id = ${runnerId} AND heartbeat_at >= 0 RETURNING id`
          if (alive !== undefined) {
            const rows = yield* sql<UncountedRow>`
              DELETE FROM ${uncounted} WHERE seq IN (
                SELECT seq FROM ${uncounted} ORDER BY seq LIMIT ${mostAtOnce} ${lockFree})
              RETURNING operation, type, priority, attempts, ${age}, times`
            taken = rows.map(uncountedOf)
          }
          return taken
        })
      )
      const wasTaken = Effect.retry(
        sql`SELECT id FROM ${runners} WHERE id = ${runnerId} AND ledger_token = ${token}`,
        Schedule.spaced("1 second")
      )
      return Effect.flatMap(Effect.exit(take), (exit) =>
        Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause) || taken.length === 0
          ? exit
          : Effect.flatMap(wasTaken, ([row]) => (row === undefined ? exit : Effect.succeed(taken)))
      )
    })
})
