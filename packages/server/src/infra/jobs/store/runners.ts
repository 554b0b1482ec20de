/** What runners do: each operation is made once, and can be made again after an answer that was lost. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { End, RunnerOperations, TakenOver, Written } from "./operations.ts"
import { claims } from "./claims.ts"
import { heldFenceOf, type HeldFenceRow, type OutcomeRow, takenOverOf, type TakenOverRow } from "./rows.ts"
import type { Session } from "./session.ts"

interface IdRow {
  readonly id: string
}

const nothing: TakenOver = { suspects: 0, untouched: 0, dead: 0 }

/** These operations over open tables. */
export const runners = (session: Session): Omit<RunnerOperations, "takeUncounted"> => {
  const { dialect, one, run } = session
  return {
    groupSize: dialect.groupSize,
    hintChannel: dialect.hintChannel,
    ownHint: dialect.ownHint,
    ...lives(session),
    ...claims(session),
    start: (runnerId, fences, isAlone) =>
      Effect.map(run<IdRow>(dialect.start(runnerId, fences, isAlone)), (rows) => rows.map(({ id }) => id)),
    acquit: (runnerId, fence) => Effect.asVoid(run(dialect.acquit(runnerId, fence))),
    end: end(session),
    progress: (runnerId, fence, ...progress) =>
      Effect.map(run<IdRow>(dialect.progress(runnerId, fence, progress)), (rows) => rows.length > 0),
    takeOver: (leaseMs, maxLosses) => {
      const take = Effect.map(run<TakenOverRow>(dialect.takeOver(leaseMs, maxLosses)), takenOverOf)
      return dialect.isLost === undefined
        ? take
        : Effect.flatMap(one(dialect.isLost(leaseMs)), (found) => (found.length === 0 ? Effect.succeed(nothing) : take))
    }
  }
}

const lives = ({ dialect, sql, tables }: Session) => {
  const table = sql.literal(tables.runners)
  const now = sql.literal(dialect.now)
  const begin: RunnerOperations["begin"] = ({ id, name, slots }) =>
    sql`
      INSERT INTO ${table} (id, name, heartbeat_at, slots) VALUES (${id}, ${name}, ${now}, ${slots ?? null})
      ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, slots = excluded.slots`.pipe(Effect.asVoid)
  const beat: RunnerOperations["beat"] = ({ id, leaseMs, slots }) =>
    Effect.map(
      sql`
        UPDATE ${table} SET heartbeat_at = ${now}, slots = ${slots ?? null}
        WHERE id = ${id} AND heartbeat_at > ${now} - ${Math.round(leaseMs)} RETURNING id`,
      (rows) => rows.length > 0
    )
  const finish: RunnerOperations["finish"] = (id) => sql`DELETE FROM ${table} WHERE id = ${id}`.pipe(Effect.asVoid)
  const held: RunnerOperations["held"] = (runnerId) =>
    Effect.map(
      sql<HeldFenceRow>`
        SELECT id, run, type, priority, CASE WHEN started_at IS NULL THEN 0 ELSE 1 END AS is_started, attempt, redeliver
        FROM ${sql.literal(tables.jobs)} WHERE state = 1 AND held_by = ${runnerId}`,
      (rows) => rows.map(heldFenceOf)
    )
  return { begin, beat, finish, held }
}

/** One kind of ends after the other, then a look at those that were not written. */
const end =
  (session: Session): RunnerOperations["end"] =>
  (runnerId, ends) =>
    Effect.gen(function* () {
      const { dialect, one, run } = session
      const written = new Map<string, Written>()
      for (const kind of ["Completed", "Retrying", "Dead", "Released", "Returned"] as const) {
        const some = ends.filter(({ settlement }) => settlement._tag === kind)
        if (some.length > 0) {
          const rows = yield* run<IdRow>(dialect.end(runnerId, kind, some))
          rows.forEach(({ id }) => written.set(id, "written"))
        }
      }
      const rest = ends.filter(({ id }) => !written.has(id))
      if (rest.length > 0) {
        const rows = yield* one<OutcomeRow>(dialect.look(runnerId, rest))
        rows.forEach(({ id, outcome }) => written.set(id, outcome))
      }
      return ends.map(({ id }: End): Written => written.get(id) ?? "lost")
    }) satisfies Effect.Effect<ReadonlyArray<Written>, SqlError>
