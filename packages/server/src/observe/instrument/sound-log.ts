/** Log lines that end nothing: neither a cause that can't be shown nor a logger that throws goes further. */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

/** A warning with a cause, or without it where it can't be shown. */
export const warnOf = (message: string, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  withoutDefect(Effect.catchAllDefect(Effect.logWarning(message, cause), () => Effect.logWarning(message)))

/** A line whose logger may throw. */
export const withoutDefect = (line: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchAllDefect(line, () => Effect.void)
