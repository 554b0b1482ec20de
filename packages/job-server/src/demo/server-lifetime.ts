/** Building a server, working with it, and ending it, each within a limit. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { Stuck } from "./submit-jobs.ts"
import { within } from "../server/time-limit.ts"
import { say, type Screen } from "./screen.ts"

/** Both take seconds at most on a machine that has nothing else to do. */
const limit = "1 minute"

/** Does the work with what the layer gives; a layer that does not end in time is left behind, and that is said. */
export const serving = <A, E, R, ROut, E2>(
  layer: Layer.Layer<ROut, E2>,
  work: Effect.Effect<A, E, R | ROut>,
  screen: Screen
): Effect.Effect<A, E | E2 | Stuck, Exclude<R, ROut>> =>
  Effect.acquireUseRelease(
    Scope.make(),
    (scope) =>
      Effect.flatMap(
        Effect.timeoutFail(Layer.buildWithScope(layer, scope), {
          duration: limit,
          onTimeout: () => new Stuck({ message: `the server did not start within ${limit}` })
        }),
        (context) => Effect.provide(work, context)
      ),
    (scope, exit) =>
      Effect.flatMap(within(Scope.close(scope, Exit.asVoid(exit)), limit), (ended) =>
        Option.isSome(ended) ? Effect.void : say(screen, `The server did not end within ${limit}: it is left behind.`)
      )
  )
