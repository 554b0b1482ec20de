/** Writes whose answer may be lost. */
import { expect, it } from "@effect/vitest"
import { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { certain, isRefused } from "../../../../src/infra/jobs/store/certain.ts"

const lost = new SqlError({ cause: "connection", message: "lost" })
const refused = new SqlError({ cause: { code: "22P05" }, message: "refused" })

it.effect("makes a write again, in its other form, until there is an answer", () =>
  Effect.gen(function* () {
    const made: Array<string> = []
    const again = Effect.suspend(() => (made.push("again") < 4 ? Effect.fail(lost) : Effect.succeed("there")))
    const write = Effect.suspend(() => {
      made.push("write")
      return Effect.fail(lost)
    })
    const fiber = yield* Effect.fork(certain(write, again))
    yield* TestClock.adjust("10 seconds")
    expect([yield* Fiber.join(fiber), made]).toEqual(["there", ["write", "again", "again", "again"]])
  })
)

it.effect("makes no write again that was answered, or that is refused", () =>
  Effect.gen(function* () {
    const never = Effect.dieMessage("made again")
    expect(yield* certain(Effect.succeed("there"), never)).toBe("there")
    expect(yield* Effect.flip(certain(Effect.fail(refused), never))).toBe(refused)
    const later = yield* Effect.fork(certain(Effect.fail(lost), Effect.fail(refused)))
    yield* TestClock.adjust("1 second")
    expect(yield* Fiber.await(later)).toEqual(Exit.fail(refused))
  })
)

it.effect("gives up after about half a minute", () =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(certain(Effect.fail(lost), Effect.fail(lost)))
    yield* TestClock.adjust("15 seconds")
    expect(fiber.unsafePoll()).toBe(null)
    yield* TestClock.adjust("45 seconds")
    expect(yield* Fiber.await(fiber)).toEqual(Exit.fail(lost))
  })
)

it("knows what a database will never take, by its code", () => {
  const codes = [
    "22021",
    "23505",
    "54000",
    "SQLITE_CONSTRAINT_UNIQUE",
    "SQLITE_TOOBIG",
    "40001",
    "57P01",
    "SQLITE_BUSY"
  ]
  expect(codes.map((code) => isRefused(new SqlError({ cause: { code }, message: "" })))).toEqual(
    codes.map((_, index) => index < 5)
  )
})
