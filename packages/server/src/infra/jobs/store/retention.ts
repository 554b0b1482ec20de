/** What keeps the tables small: of which types there is something finished, and which keys are not unique any more. */
import * as Effect from "effect/Effect"
import { states } from "./dialect.ts"
import type { CallerOperations } from "./operations.ts"
import type { Session } from "./session.ts"

const mostAtOnce = 1000

/** These operations over open tables. */
export const retention = ({
  dialect,
  ours,
  sql,
  tables
}: Session): Pick<CallerOperations, "finishedTypes" | "purgeKeys"> => {
  const done = sql.literal(tables.done)
  const unique = sql.literal(tables.unique)
  return {
    // From one type to the next in the index, whatever there is of each.
    finishedTypes: (state) =>
      ours(
        Effect.map(
          sql<{ readonly type: string }>`
            WITH RECURSIVE found(type) AS (
              SELECT (SELECT min(type) FROM ${done} WHERE state = ${states[state]})
              UNION ALL
              SELECT (SELECT min(d.type) FROM ${done} d WHERE d.state = ${states[state]} AND d.type > found.type)
              FROM found WHERE found.type IS NOT NULL)
            SELECT type FROM found WHERE type IS NOT NULL`,
          (rows) => rows.map(({ type }) => type)
        )
      ),
    purgeKeys: ours(
      Effect.map(
        sql`
          DELETE FROM ${unique} WHERE (type, key) IN (
            SELECT type, key FROM ${unique} WHERE until < ${sql.literal(dialect.now)} LIMIT ${mostAtOnce})
          RETURNING key`,
        (rows) => rows.length
      )
    )
  }
}
