/**
 * Writes whose answer may be lost: the connection fails after the commit. What is made again first looks whether it was
 * made before. What the database itself refuses is not made again.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"

/**
 * Makes a write, and after a failure makes it `again` until there is an answer, for about half a minute; not after one
 * that `isAnswer` says is one.
 */
export const certain = <A>(
  write: Effect.Effect<A, SqlError>,
  again: Effect.Effect<A, SqlError>,
  isAnswer: (error: SqlError) => boolean = isRefused
): Effect.Effect<A, SqlError> =>
  Effect.catchIf(
    write,
    (error) => !isAnswer(error),
    () =>
      again.pipe(Effect.delay("50 millis"), Effect.retry({ schedule: patience, while: (error) => !isAnswer(error) }))
  )

/** The database was reached and will not take these values, now or later: by its code for the class of the error. */
export const isRefused = (error: SqlError): boolean => refusals.test(codeOf(error))

/** A key is in the hands of another transaction that has not ended yet. */
export const isKeyLocked = (error: SqlError): boolean => codeOf(error) === "55P03"

const codeOf = ({ cause }: SqlError): string =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : ""

// Classes of SQLSTATE: 22 data exceptions, 23 constraints, 54 what is too large. SQLite's own names for the same.
const refusals = /^(22|23|54)[0-9A-Z]{3}$|^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/

/** About half a minute. */
export const patience = Schedule.exponential("50 millis").pipe(
  Schedule.either(Schedule.spaced("2 seconds")),
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(20))
)
