/** A request for many dead letters does not work without end, and says what it has not come to. */
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { type DeadLetter, type Jobs, JobService } from "../../../src/infra/jobs.ts"
import { many } from "../../../src/infra/jobs-page/dead-letters.ts"
import { client } from "../jobs/world.ts"

/** A service with so many dead letters, of which a replay or a deletion of 200 takes six seconds. */
const slow = (count: number) =>
  Effect.map(JobService, (jobs): Jobs & { readonly letters: Array<string> } => {
    const letters = Array.from({ length: count }, (_, n) => `${n}`)
    const remove = (ids: ReadonlyArray<string>) => {
      const gone = new Set(ids)
      letters.splice(0, letters.length, ...letters.filter((id) => !gone.has(id)))
    }
    const letter = (id: string): DeadLetter => ({
      id,
      jobType: "t",
      priority: "normal",
      reason: "r",
      attempts: 1,
      replays: 0,
      acceptedAt: 0,
      deadAt: 0,
      errors: []
    })
    return {
      ...jobs,
      letters,
      now: Clock.currentTimeMillis,
      deadLetters: {
        ...jobs.deadLetters,
        count: () => Effect.sync(() => letters.length),
        list: ({ limit = 50 } = {}) =>
          Effect.sync(() => ({
            items: letters.slice(0, limit).map(letter),
            next: letters.length > limit ? "x" : undefined
          })),
        replayMany: ({ ids = [] } = {}) =>
          Effect.delay(
            Effect.sync(() => {
              remove(ids)
              return { replayed: ids.length, left: 0, errors: [] }
            }),
            "6 seconds"
          ),
        purge: () =>
          Effect.forever(
            Effect.delay(
              Effect.sync(() => remove(letters.slice(0, 200))),
              "6 seconds"
            )
          )
      }
    }
  })

it.effect("stops after twenty seconds, between two steps, with what was done and what remains", () =>
  Effect.gen(function* () {
    yield* TestClock.adjust("1 second")
    for (const [kind, left] of [
      ["replay", 200],
      ["delete", 400]
    ] as const) {
      const jobs = yield* slow(1000)
      const asked = yield* Effect.fork(many(kind, jobs, { type: "t", before: 1000, expected: 1000 }))
      yield* TestClock.adjust("30 seconds")
      const done = yield* Fiber.join(asked)
      expect(done).toEqual({ done: 1000 - left, left: [], leftCount: 0, remaining: left })
      expect(jobs.letters).toHaveLength(left)
    }
    const jobs = yield* slow(1000)
    const ids = yield* Effect.fork(many("replay", jobs, { ids: [...jobs.letters] }))
    yield* TestClock.adjust("30 seconds")
    expect(yield* Fiber.join(ids)).toEqual({ done: 800, left: [], leftCount: 0, remaining: 200 })
  }).pipe(Effect.provide(client()))
)

it.effect("stops after twenty seconds of deleting by ids, also of those that are no dead letters", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const slowly = <A, E>(effect: Effect.Effect<A, E>) => Effect.delay(effect, "30 millis")
    const { count, purge } = jobs.deadLetters
    const slowJobs = {
      ...jobs,
      status: (id: string) => slowly(jobs.status(id)),
      deadLetters: {
        ...jobs.deadLetters,
        count: (options: Parameters<typeof count>[0]) => slowly(count(options)),
        purge: (options: Parameters<typeof purge>[0]) => slowly(purge(options))
      }
    }
    const ids = Array.from({ length: 10_000 }, (_, n) => `none ${n}`)
    const asked = yield* Effect.fork(many("delete", slowJobs, { ids }))
    // 200 take twelve seconds, and a bit.
    for (let turn = 0; turn < 1_500 && asked.unsafePoll() === null; turn++) {
      yield* TestClock.adjust("30 millis")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    }
    const done = yield* Fiber.join(asked)
    expect({ ...done, left: done.left.length }).toEqual({ done: 0, left: 100, leftCount: 400, remaining: 9_600 })
  }).pipe(Effect.provide(client()))
)
