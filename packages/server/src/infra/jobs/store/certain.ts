/**
 * Writes whose answer may be lost: the connection fails after the commit. A write is repeated until it is answered, and
 * when the repetition finds nothing left to do, the tables are asked whether the first try had done it. What the database
 * itself refuses is not repeated.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"

/** A write that gives what it made true, and nothing when it changed nothing. */
export const certain = <A>(
  write: Effect.Effect<Option.Option<A>, SqlError>,
  wasWritten: Effect.Effect<Option.Option<A>, SqlError>
): Effect.Effect<Option.Option<A>, SqlError> =>
  Effect.suspend(() => {
    let isRepeated = false
    const once = Effect.suspend(() =>
      Effect.flatMap(write, (written) => (Option.isNone(written) && isRepeated ? wasWritten : Effect.succeed(written)))
    )
    return once.pipe(
      Effect.tapError(() =>
        Effect.sync(() => {
          isRepeated = true
        })
      ),
      Effect.retry({ schedule: patience, while: (error) => !isRefused(error) })
    )
  })

/** The database was reached and will not take these values, now or later: by its code for the class of the error. */
export const isRefused = ({ cause }: SqlError): boolean =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) && refusals.test(cause.code)

// Classes of SQLSTATE: 22 data exceptions, 23 constraints, 54 what is too large. SQLite's own names for the same.
const refusals = /^(22|23|54)[0-9A-Z]{3}$|^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/

/** About half a minute. */
const patience = Schedule.exponential("50 millis").pipe(
  Schedule.either(Schedule.spaced("2 seconds")),
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(20))
)
