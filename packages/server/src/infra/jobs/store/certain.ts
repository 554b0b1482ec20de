/**
 * Writes whose answer may be lost: the connection fails after the commit. What is made again first looks whether it was
 * made before. What the database itself refuses is not made again.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"

/** Makes a write, and after a failure makes it `again` until there is an answer, for about half a minute. */
export const certain = <A>(
  write: Effect.Effect<A, SqlError>,
  again: Effect.Effect<A, SqlError>
): Effect.Effect<A, SqlError> =>
  Effect.catchIf(write, isLost, () =>
    again.pipe(Effect.delay("50 millis"), Effect.retry({ schedule: patience, while: isLost }))
  )

/** The database was reached and will not take these values, now or later: by its code for the class of the error. */
export const isRefused = ({ cause }: SqlError): boolean =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) && refusals.test(cause.code)

const isLost = (error: SqlError): boolean => !isRefused(error)

// Classes of SQLSTATE: 22 data exceptions, 23 constraints, 54 what is too large. SQLite's own names for the same.
const refusals = /^(22|23|54)[0-9A-Z]{3}$|^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/

/** About half a minute. */
export const patience = Schedule.exponential("50 millis").pipe(
  Schedule.either(Schedule.spaced("2 seconds")),
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(20))
)
