/** Claims: of all types at once, and of one type that has limits across the cluster. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ClusterLimits } from "../definition/limits.ts"
import { claimInTwo } from "./claim-in-two.ts"
import type { ClaimInOne, Room } from "./dialect.ts"
import { makeMarks } from "./marks.ts"
import type { HeldJob, RunnerOperations } from "./operations.ts"
import { claimedOf, heldOf, type HeldRow, type LastKeyRow, type NextDueRow } from "./rows.ts"
import type { Session } from "./session.ts"

/** A claim that found its type locked by another runner's looks again after this. */
const lockedMs = 20

/** These operations over open tables. */
export const claims = (
  session: Session
): Pick<RunnerOperations, "claim" | "nextDue" | "claimLimited" | "claimSuspect"> => {
  const way = session.dialect.claim
  const claim: RunnerOperations["claim"] =
    way._tag === "InOne" ? claimInOne(session, way) : (request) => claimInTwo(session, way, request)
  return {
    claim,
    nextDue: (types) =>
      Effect.map(session.one<NextDueRow>(session.dialect.nextDue(types)), ([row]) => row?.next_due ?? undefined),
    claimLimited: claimLimited(session),
    claimSuspect: claimSuspect(session)
  }
}

const claimInOne = (session: Session, { claim }: ClaimInOne): RunnerOperations["claim"] => {
  const marks = makeMarks()
  return (request) =>
    Effect.gen(function* () {
      const since = yield* marks.before(request)
      const jobs = claimedOf(yield* session.run<HeldRow>(claim(request, since)))
      yield* marks.after(request, jobs)
      return { jobs, againMs: undefined }
    })
}

interface TypeRow {
  readonly tokens: number | null
  readonly tokens_at: number | null
  readonly now: number
}

const claimLimited = (session: Session): RunnerOperations["claimLimited"] => {
  /** With which key the next visit of a type begins. */
  const nextKeys = new Map<string, string>()
  return (request, limits) => {
    const type = request.types[0]?.type ?? ""
    const claim = Effect.gen(function* () {
      const row = yield* lockType(session, type)
      if (row === undefined) {
        return { jobs: [], againMs: lockedMs }
      }
      const tokens = tokensOf(limits, row)
      const most = Math.min(request.most, Math.floor(tokens))
      if (most < 1) {
        return { jobs: [], againMs: untilTokenMs(limits, tokens) }
      }
      const room: Room = {
        concurrency: limits.concurrency,
        perKey: limits.perKey,
        from: nextKeys.get(type) ?? ""
      }
      const asked = { ...request, most }
      const isLast = session.dialect.lastKey
      const [ahead] =
        isLast === undefined || limits.perKey === undefined
          ? []
          : yield* session.one<LastKeyRow>(isLast(type, room.from))
      const rows = yield* session.run<HeldRow & LastKeyRow>(session.dialect.claimLimited(asked, room))
      const jobs = claimedOf(rows)
      nextKeys.set(type, ahead?.last_key ?? rows[0]?.last_key ?? "")
      if (limits.rate !== undefined) {
        yield* writeTokens(session, type, { tokens: tokens - jobs.length, at: row.now })
      }
      // What the rate held back begins when its token is there.
      const isHeldBack = jobs.length === most && most < request.most
      return { jobs, againMs: isHeldBack ? untilTokenMs(limits, tokens - most) : undefined }
    })
    return session.transaction(claim)
  }
}

const claimSuspect =
  (session: Session): RunnerOperations["claimSuspect"] =>
  (request, limits) => {
    const claim = Effect.map(session.run<HeldRow>(session.dialect.claimSuspect(request, roomOf(limits))), ([row]) =>
      row === undefined ? Option.none() : heldOf(row)
    )
    if (limits === undefined) {
      return claim
    }
    const type = request.types[0]?.type ?? ""
    const within = Effect.gen(function* () {
      const row = yield* lockType(session, type)
      const tokens = row === undefined ? 0 : tokensOf(limits, row)
      if (row === undefined || tokens < 1) {
        return Option.none<HeldJob>()
      }
      const held = yield* claim
      if (limits.rate !== undefined && Option.isSome(held)) {
        yield* writeTokens(session, type, { tokens: tokens - 1, at: row.now })
      }
      return held
    })
    return session.transaction(within)
  }

const roomOf = (limits: ClusterLimits | undefined): Omit<Room, "from"> | undefined =>
  limits === undefined ? undefined : { concurrency: limits.concurrency, perKey: limits.perKey }

/** The row of a type, locked; nothing where another session has it. */
const lockType = ({ dialect, sql, tables }: Session, type: string): Effect.Effect<TypeRow | undefined, SqlError> => {
  const table = sql.literal(tables.types)
  const real = (expression: string) => sql.literal(`CAST(${expression} AS ${dialect.real})`)
  const columns = sql`tokens, ${real("tokens_at")} AS tokens_at, ${real(dialect.now)} AS now`
  const make = sql`INSERT INTO ${table} (type) VALUES (${type}) ON CONFLICT (type) DO NOTHING`
  const lock = Effect.map(
    sql<TypeRow>`SELECT ${columns} FROM ${table} WHERE type = ${type} ${sql.literal(dialect.lockFree)}`,
    ([row]) => row
  )
  return sql.onDialectOrElse({
    pg: () =>
      Effect.flatMap(lock, (row) =>
        row === undefined ? Effect.zipRight(make, lock) : Effect.succeed<TypeRow | undefined>(row)
      ),
    // A write comes first.
    orElse: () => Effect.zipRight(make, lock)
  })
}

const tokensOf = ({ rate }: ClusterLimits, { now, tokens, tokens_at: at }: TypeRow): number =>
  rate === undefined
    ? Number.MAX_SAFE_INTEGER
    : Math.min(
        rate.limit,
        tokens === null || at === null ? rate.limit : tokens + ((now - at) * rate.limit) / rate.perMs
      )

const untilTokenMs = ({ rate }: ClusterLimits, tokens: number): number | undefined =>
  rate === undefined ? undefined : Math.max(1, Math.ceil(((1 - tokens) * rate.perMs) / rate.limit))

const writeTokens = (
  { sql, tables }: Session,
  type: string,
  { at, tokens }: { readonly tokens: number; readonly at: number }
) => sql`UPDATE ${sql.literal(tables.types)} SET tokens = ${tokens}, tokens_at = ${at} WHERE type = ${type}`
