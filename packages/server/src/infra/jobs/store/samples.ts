/** How many jobs stand where, and for how long: the numbers behind the gauges. */
import * as Effect from "effect/Effect"
import type { Depth, Oldest, ReadOperations } from "./operations.ts"
import { stateOfJob } from "./reads.ts"
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

/** These reads over open tables: they touch indexes only. */
export const samples = (session: Session): Pick<ReadOperations, "depth" | "dead" | "oldestWaiting" | "oldestDead"> => {
  const { dialect, ours, sql, tables } = session
  const jobs = sql.literal(tables.jobs)
  const done = sql.literal(tables.done)
  const state = sql.literal(stateOfJob(dialect.now))
  const count = sql.literal(`CAST(sum(jobs) AS ${dialect.real})`)
  const age = (column: string) => sql.literal(`CAST(${dialect.now} - min(${column}) AS ${dialect.real})`)
  const ready = sql.literal(`state = 0 AND due_at <= ${dialect.now}`)
  return {
    depth: ours(
      Effect.map(
        sql<DepthRow>`
          SELECT type, state, ${count} AS jobs FROM (
            SELECT type, ${state} AS state, count(*) AS jobs FROM ${jobs} WHERE state = 0 AND is_suspect = 0 GROUP BY 1, 2
            UNION ALL
            SELECT type, ${state}, count(*) FROM ${jobs} WHERE state = 0 AND is_suspect = 1 GROUP BY 1, 2
            UNION ALL
            SELECT type, 'running', count(*) FROM ${jobs} WHERE state = 1 GROUP BY 1) alive
          GROUP BY type, state`,
        depthOf
      )
    ),
    dead: ours(
      Effect.map(
        sql<DepthRow>`
          SELECT type, 'dead' AS state, ${count} AS jobs FROM (
            SELECT type, count(*) AS jobs FROM ${done} WHERE state = 4 GROUP BY type) dead
          GROUP BY type`,
        depthOf
      )
    ),
    oldestWaiting: ours(
      Effect.map(
        sql<OldestRow>`
          SELECT type, ${age("due_at")} AS age FROM (
            SELECT type, min(due_at) AS due_at FROM ${jobs} WHERE ${ready} AND is_suspect = 0 GROUP BY type
            UNION ALL
            SELECT type, min(due_at) FROM ${jobs} WHERE ${ready} AND is_suspect = 1 GROUP BY type) ready
          GROUP BY type`,
        oldestOf
      )
    ),
    oldestDead: ours(
      Effect.map(
        sql<OldestRow>`
          SELECT type, ${age("finished_at")} AS age FROM ${done} WHERE state = 4 GROUP BY type`,
        oldestOf
      )
    )
  }
}

const depthOf = (rows: ReadonlyArray<DepthRow>): ReadonlyArray<Depth> =>
  rows.map((row) => ({ jobType: row.type, state: stateOf(row.state), jobs: row.jobs }))

const oldestOf = (rows: ReadonlyArray<OldestRow>): ReadonlyArray<Oldest> =>
  rows.map((row) => ({ jobType: row.type, ageMs: row.age }))
