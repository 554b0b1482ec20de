/** What all tests of a `describe` share: made before the first of them, ended after the last. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { afterAll, beforeAll } from "vitest"

/** Gives it to a test that runs; there is none before. */
export const madeBeforeAll = <A>(make: Effect.Effect<A, unknown, Scope.Scope>): (() => A) => {
  const scope = Effect.runSync(Scope.make())
  const made: Array<A> = []
  beforeAll(async () => {
    made.push(await Effect.runPromise(Scope.extend(make, scope)))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))
  return () => {
    const [found] = made
    if (found === undefined) {
      throw new Error("it is asked for before the tests run")
    }
    return found
  }
}
