/**
 * What is recorded as a number. What the types rule out still must not throw where it is recorded: it becomes NaN, which is
 * refused and counted.
 */
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"

/** The seconds of a duration. */
export const seconds = (input: unknown): number => (Duration.isDuration(input) ? Duration.toSeconds(input) : Number.NaN)

/** A number as it is. */
export const count = (input: unknown): number => (Predicate.isNumber(input) ? input : Number.NaN)
