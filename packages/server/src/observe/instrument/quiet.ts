/** Runs what reads a source, without being counted among the fibers of the program. */
import type * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"

/** Runs an effect that waits for nothing; it throws where that fails. */
export const runQuietly = <A>(effect: Effect.Effect<A>): A => Runtime.runSync(quiet)(effect)

const quiet = Runtime.disableRuntimeFlag(Runtime.defaultRuntime, RuntimeFlags.RuntimeMetrics)
