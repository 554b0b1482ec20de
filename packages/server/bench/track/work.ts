/** The work that every variant tracks, how it ends, and how calls are made: many in one fiber, each effect built anew. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

/** How the work ends. */
export type Ending = "success" | "failure" | "interrupted"

/** A typed failure, as an application has them. */
export class Refused {
  readonly _tag = "Refused"
}

let counter = 0

const interruption = Cause.interrupt(FiberId.none)

/** One operation of a synchronous effect: the least that a program can ask to be tracked. */
export const work = {
  success: Effect.sync(() => ++counter),
  failure: Effect.suspend(() => Effect.fail(new Refused())),
  interrupted: Effect.suspend(() => Effect.failCause(interruption))
} as const satisfies Record<Ending, Effect.Effect<number, Refused>>

/** What is known of the work. */
export const options = { jobType: "digest", operation: "process", priority: "high" } as const

/**
 * Makes one call after another in one fiber. The effect is built anew for each call, as a handler that gets its options
 * with the message does: what does not
 * succeed is given in an `Effect.exit`, the same for every variant.
 */
export const calling =
  <R>(build: () => Effect.Effect<unknown, never, R>) =>
  (calls: number): Effect.Effect<void, never, R> =>
    Effect.suspend(() => {
      let made = 0
      return Effect.whileLoop({
        while: () => made < calls,
        body: build,
        step: () => {
          made++
        }
      })
    })
