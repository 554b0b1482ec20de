/**
 * What callers do: each in their transaction, where they have one, else by itself and certain of its answer. In a
 * transaction it is also written down to be counted by a runner.
 */
import { SqlError } from "@effect/sql/SqlError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { certain, isKeyLocked, isRefused } from "./certain.ts"
import { type Change, type KeyedJob, priorityNumber } from "./dialect.ts"
import type { AcceptedJob, CallerOperations, CallOptions, NewJob } from "./operations.ts"
import { type CancelledRow, cancelledOf, replayedOf } from "./rows.ts"
import { OtherDatabase } from "./other-database.ts"
import { isUnknown, type Session } from "./session.ts"

/** These operations over open tables. */
export const callers = (session: Session): Omit<CallerOperations, "purge" | "finishedTypes" | "purgeKeys"> => ({
  insert: insert(session),
  isKnown: (id) => Effect.map(find(session, [{ id, type: "" }]), ([found]) => found?.found === id),
  cancel: (id, options) => Effect.map(change(session, "cancel", { id, options }), Option.map(cancelledOf)),
  replay: (id, options) => Effect.map(change(session, "replay", { id, options }), Option.map(replayedOf)),
  changed: (kind, id, token) =>
    Effect.map(session.ours(changed(session, kind, { id, token })), Option.map(cancelledOf)),
  setPaused: (type, isPaused) =>
    session
      .ours(
        session.sql`
        INSERT INTO ${session.sql.literal(session.tables.types)} (type, is_paused) VALUES (${type}, ${isPaused ? 1 : 0})
        ON CONFLICT (type) DO UPDATE SET is_paused = excluded.is_paused`
      )
      .pipe(Effect.asVoid),
  paused: session.ours(
    Effect.map(
      session.sql<{ readonly type: string }>`
        SELECT type FROM ${session.sql.literal(session.tables.types)} WHERE is_paused = 1 ORDER BY type`,
      (rows) => rows.map(({ type }) => type)
    )
  )
})

interface FoundRow {
  readonly id: string
  /** The same id, or that of the live job with the same key; NULL where there is neither. */
  readonly found: string | null
}

const find = ({ dialect, one, ours }: Session, jobs: ReadonlyArray<KeyedJob>) => ours(one<FoundRow>(dialect.find(jobs)))

const insert =
  (session: Session): CallerOperations["insert"] =>
  (jobs, options) =>
    Effect.map(insertAll(session, jobs, writeOf(session, options)), (accepted) =>
      jobs.map(({ id }) => becameOf(accepted, id))
    )

type AcceptedById = ReadonlyMap<string, AcceptedJob>

/** A duplicate of one that turned out to be a duplicate itself is one of that other job. */
const becameOf = (accepted: AcceptedById, id: string): AcceptedJob => {
  const became = accepted.get(id) ?? { id, isDuplicate: false }
  const further = became.id === id ? became : accepted.get(became.id)
  return further?.isDuplicate === true ? further : became
}

/** How jobs are written, and how it is looked what became of those that were not. */
interface Write<E> {
  readonly isCounted: boolean
  /** What was written, and no more has to be done for. */
  readonly write: (jobs: ReadonlyArray<NewJob>) => Effect.Effect<AcceptedById, E>
  readonly find: (jobs: ReadonlyArray<KeyedJob>) => Effect.Effect<ReadonlyArray<FoundRow>, E>
}

/** What became of each of these jobs, by its id. */
const insertAll = <E>(
  session: Session,
  jobs: ReadonlyArray<NewJob>,
  how: Write<E>
): Effect.Effect<AcceptedById, E | SqlError> =>
  Effect.gen(function* () {
    const inserted = yield* how.write(jobs)
    const rest = jobs.filter(({ id }) => !inserted.has(id))
    if (rest.length === 0) {
      return inserted
    }
    const found = new Map((yield* how.find(rest)).map((row) => [row.id, row.found]))
    const known = new Map(inserted)
    for (const { id } of rest) {
      const other = found.get(id) ?? null
      if (other !== null) {
        known.set(id, { id: other, isDuplicate: other !== id })
      }
    }
    const duplicates = rest.filter(({ id }) => known.get(id)?.isDuplicate === true)
    if (how.isCounted && duplicates.length > 0) {
      yield* writeDuplicates(session, duplicates)
    }
    yield* Effect.forEach(
      duplicates.filter(hasBothKeys),
      (job) => passOn(session, job, known.get(job.id)?.id ?? job.id),
      { discard: true }
    )
    // The job with the key may have ended meanwhile.
    const free = rest.filter(({ id }) => !known.has(id))
    return free.length === 0 ? known : new Map([...known, ...(yield* insertAll(session, free, how))])
  })

/** It may take a key for a period and then be the duplicate of a live job: what has the key is written in two steps. */
const hasBothKeys = ({ dedupeKey, unique }: NewJob): boolean => dedupeKey !== undefined && unique !== undefined

const writeOf = (session: Session, options: CallOptions): Write<SqlError | OtherDatabase> => {
  const plain = (some: ReadonlyArray<NewJob>): Effect.Effect<AcceptedById, SqlError> =>
    Effect.map(
      session.run<{ readonly id: string }>(session.dialect.insert(some, options)),
      (rows) => new Map(rows.map(({ id }) => [id, { id, isDuplicate: false }]))
    )
  const look = (some: ReadonlyArray<KeyedJob>) => find(session, some)
  if (options.isInTransaction) {
    const write = (jobs: ReadonlyArray<NewJob>) => Effect.catchIf(plain(jobs), isUnknown, () => new OtherDatabase())
    return { isCounted: true, write, find: look }
  }
  const read = (some: ReadonlyArray<KeyedJob>) => session.one<FoundRow>(session.dialect.find(some))
  const inOne = (some: ReadonlyArray<NewJob>): Effect.Effect<AcceptedById, SqlError> =>
    some.some(hasBothKeys)
      ? session.transaction(insertAll(session, some, { isCounted: false, write: plain, find: read }))
      : plain(some)
  return { isCounted: false, write: (jobs) => insertCertainly({ jobs, inOne, read, options }), find: look }
}

interface Insertion {
  readonly jobs: ReadonlyArray<NewJob>
  readonly inOne: (jobs: ReadonlyArray<NewJob>) => Effect.Effect<AcceptedById, SqlError>
  readonly read: (jobs: ReadonlyArray<KeyedJob>) => Effect.Effect<ReadonlyArray<FoundRow>, SqlError>
  readonly options: CallOptions
}

const insertCertainly = ({ inOne, jobs, options, read }: Insertion): Effect.Effect<AcceptedById, SqlError> => {
  // What was committed may have been done and moved before it is made again: no conflict would tell.
  const again = Effect.gen(function* () {
    const before = yield* read(jobs.map(({ id, type }) => ({ id, type })))
    const known = new Map(
      before.flatMap(({ found, id }) => (found === id ? [[id, { id, isDuplicate: false }] as const] : []))
    )
    const rest = jobs.filter(({ id }) => !known.has(id))
    return rest.length === 0 ? known : new Map([...known, ...(yield* inOne(rest))])
  })
  return certain(inOne(jobs), again, (error) => isRefused(error) || (options.isHasty === true && isKeyLocked(error)))
}

const writeDuplicates = ({ sql, tables }: Session, jobs: ReadonlyArray<NewJob>) =>
  sql`INSERT INTO ${sql.literal(tables.uncounted)} ${sql.insert(
    jobs.map(({ priority, type }) => ({ operation: "duplicate", type, priority: priorityNumber(priority) }))
  )}`

/** The key that a duplicate has taken for a period belongs to the job that it is a duplicate of. */
const passOn = ({ sql, tables }: Session, { id, type, unique }: NewJob, to: string) =>
  sql`UPDATE ${sql.literal(tables.unique)} SET job_id = ${to}
    WHERE type = ${type} AND key = ${unique?.key ?? ""} AND job_id = ${id}`

interface ChangeOptions {
  readonly id: string
  readonly options: CallOptions
}

const change = (
  session: Session,
  kind: "cancel" | "replay",
  { id, options }: ChangeOptions
): Effect.Effect<Option.Option<CancelledRow>, SqlError | OtherDatabase> =>
  Effect.suspend(() => {
    const { dialect, ours, run } = session
    const made: Change = { id, token: options.token ?? globalThis.crypto.randomUUID() }
    const write = Effect.map(run<CancelledRow>(dialect[kind](made, options)), firstOf)
    if (options.isInTransaction) {
      return ours(write)
    }
    const before = changed(session, kind, made)
    const unlocked = Effect.tap(write, (row) => (Option.isSome(row) ? Effect.void : failIfLocked(session, kind, id)))
    // What was lost may still be committed while it is looked for: then the second one finds nothing to change.
    const again = Arr.reduce([unlocked, before], before, orElse)
    return certain(unlocked, again)
  })

type Changed = Effect.Effect<Option.Option<CancelledRow>, SqlError>

const changed = ({ dialect, one }: Session, kind: "cancel" | "replay", change: Change): Changed =>
  Effect.map(one<CancelledRow>(dialect.changed(kind, change)), firstOf)

const orElse = (first: Changed, second: Changed): Changed =>
  Effect.flatMap(first, (row) => (Option.isSome(row) ? Effect.succeed(row) : second))

const firstOf = <Row>(rows: ReadonlyArray<Row>): Option.Option<Row> => Option.fromNullable(rows[0])

/** A row that is there, and yet was not found free, is locked by another session: later it may not be. */
const failIfLocked = (
  { dialect, sql, tables }: Session,
  kind: "cancel" | "replay",
  id: string
): Effect.Effect<void, SqlError> =>
  dialect.lockFree === ""
    ? Effect.void
    : Effect.flatMap(
        kind === "cancel"
          ? sql`SELECT 1 AS found FROM ${sql.literal(tables.jobs)} WHERE id = ${id}`
          : sql`SELECT 1 AS found FROM ${sql.literal(tables.done)} d WHERE id = ${id} AND state = 4 AND NOT EXISTS (
              SELECT 1 FROM ${sql.literal(tables.jobs)} j WHERE j.type = d.type AND j.dedupe_key = d.dedupe_key)`,
        (rows) => (rows.length === 0 ? Effect.void : new SqlError({ cause: "locked", message: "The job is locked" }))
      )
