/** What the programs of this package share: how they read their arguments, and how they say what is wrong. */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** The arguments can't be used; `message` says how they are meant. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** Reads arguments with a parser that throws, as Node's does. */
export const parsed = <A>(parse: () => A, usage: string): Effect.Effect<A, UsageError> =>
  Effect.try({
    try: parse,
    catch: (error) => usageError(error instanceof Error ? error.message : String(error), usage)
  })

/** The number of a port. */
export const portOf = (name: string, value: string, usage: string): Effect.Effect<number, UsageError> =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65535
    ? Effect.succeed(Number(value))
    : usageError(`${name} must be a whole number from 0 to 65535, not ${JSON.stringify(value)}.`, usage)

const usageError = (message: string, usage: string) => new UsageError({ message: `${message}\n${usage}` })

/** Prints why a program ends, and lets it end with 1. */
export const report = (error: { readonly message: string }): Effect.Effect<void> =>
  Effect.zipRight(
    Console.error(error.message),
    Effect.sync(() => {
      process.exitCode = 1
    })
  )
