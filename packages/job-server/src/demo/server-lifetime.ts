/** Starts a server, uses it, and stops it, each within a limit. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { TimedOut, within } from "../server/time-limit.ts"
import { say, type Screen } from "./screen.ts"

/** On an idle machine both take seconds. */
const limit = "1 minute"

/** Runs `use` with the server. A server that does not stop in time is abandoned, which the screen says. */
export const withServer = <A, E, R, ROut, E2>(
  server: Layer.Layer<ROut, E2>,
  use: Effect.Effect<A, E, R | ROut>,
  screen: Screen
): Effect.Effect<A, E | E2 | TimedOut, Exclude<R, ROut>> =>
  Effect.acquireUseRelease(
    Scope.make(),
    (scope) =>
      Effect.flatMap(
        Effect.timeoutFail(Layer.buildWithScope(server, scope), {
          duration: limit,
          onTimeout: () => new TimedOut({ message: `the server did not start within ${limit}` })
        }),
        (context) => Effect.provide(use, context)
      ),
    (scope, exit) =>
      Effect.flatMap(within(Scope.close(scope, Exit.asVoid(exit)), limit), (stopped) =>
        Option.isSome(stopped) ? Effect.void : say(screen, `The server did not stop within ${limit} and was abandoned.`)
      )
  )
