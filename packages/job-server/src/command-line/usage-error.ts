/** An error in what a user typed, which ends a command with one line. */
import * as Data from "effect/Data"

/** `message` says what was given, what is expected, and how to fix it. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** The first sentence of what `parseArgs` of Node says about a command line. */
export const parseFailure = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return message.split(/\n|\. /)[0] ?? message
}
