/** How typed errors become failed attempts: whatever the error is, it stays a failure that a tracer can show. */
import { expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { failed } from "../../../../src/infra/jobs/definition/attempt.ts"
import { codec } from "../../../../src/infra/jobs/definition/codec.ts"

const refuse = (): never => {
  throw new Error("no")
}

const withOwn = (key: string, how: PropertyDescriptor) => Object.defineProperty(new RangeError("m"), key, how)

const errors: Readonly<Record<string, unknown>> = {
  "a name that throws": withOwn("name", { get: refuse }),
  "a name that is a symbol": withOwn("name", { value: Symbol("name") }),
  "a name that is no text": withOwn("name", { value: Object.create(null) }),
  "no name": withOwn("name", { value: undefined }),
  "a stack that throws": withOwn("stack", { get: refuse }),
  "a stack that is a number": withOwn("stack", { value: 5 }),
  "a stack that is no text": withOwn("stack", { value: { toString: refuse } }),
  "no stack": withOwn("stack", { value: undefined }),
  "a message that throws": withOwn("message", { get: refuse }),
  "itself as its cause": Object.defineProperty(new RangeError("m"), "cause", {
    get: () => errors["itself as its cause"]
  }),
  "no prototype that can be asked for": new Proxy(new RangeError("m"), { getPrototypeOf: refuse }),
  "no property that can be set": Object.freeze(new RangeError("m"))
}

it.effect.each(Object.entries(errors))("fails of an error with %s, in words that a tracer has", ([, error]) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(failed(codec(Schema.Unknown), error, false))
    const failure = yield* Effect.flip(exit)
    expect([failure._tag, failure.reason, failure.isRetryable]).toEqual(["AttemptFailed", "RangeError", false])
    const [shown] = Cause.prettyErrors(Cause.fail(failure))
    expect(shown?.message).toBe(failure.message)
    expect(shown?.stack).toContain(`${failure.name}: ${failure.message}`)
  })
)

it.effect("shows the name and the stack of the handler's own error", () =>
  Effect.gen(function* () {
    const error = new RangeError("m")
    const failure = yield* Effect.flip(failed(codec(Schema.Unknown), error, true))
    expect([failure.name, failure.stack]).toEqual(["RangeError", error.stack])
  })
)
