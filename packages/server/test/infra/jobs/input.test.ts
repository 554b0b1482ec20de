/** What is not valid is refused where it is given, by a name of its own, and changes nothing. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Job, JobHandlers, JobService, type JobsOptions } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Postgres } from "../../support/postgres.ts"
import { cluster, totals, pass, sqlite, within, world } from "./world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
const PlainLive = Plain.toLayer(() => Effect.void)

const refusesQuestions = Effect.gen(function* () {
  const { deadLetters, status } = yield* JobService
  const reasonOf = <A>(effect: Effect.Effect<A, { readonly reason: string; readonly isRetryable: boolean }>) =>
    Effect.map(Effect.flip(effect), ({ isRetryable, reason }) => [reason, isRetryable])
  const refused = ["Validation", false]
  for (const after of ["garbage", "abc-def", "-", "1.5-a", "99999999999999999999-a"]) {
    expect([after, yield* reasonOf(deadLetters.list({ after }))]).toEqual([after, refused])
  }
  for (const limit of [-1, 0, 1.5, Number.NaN, 100_000]) {
    expect([limit, yield* reasonOf(deadLetters.list({ limit }))]).toEqual([limit, refused])
  }
  expect(yield* reasonOf(deadLetters.purge({ before: Number.NaN }))).toEqual(refused)
  const ids = Array.from({ length: 40_000 }, (_, n) => `none ${n}`)
  expect(yield* deadLetters.purge({ ids })).toBe(0)
  expect(yield* deadLetters.purge({ ids: [] })).toBe(0)
  expect((yield* Effect.flip(status("none"))).reason).toBe("NotFound")
})

describe("on SQLite", () => {
  it.effect("refuses pages and purges that mean nothing, and purges any number of ids", () =>
    Effect.provide(refusesQuestions, world(PlainLive))
  )
})

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  it.effect("refuses pages and purges that mean nothing, and purges any number of ids", () =>
    Effect.gen(function* () {
      yield* refusesQuestions
      const { status } = yield* JobService
      expect(yield* Effect.flip(status("\u0000"))).toMatchObject({ reason: "Validation", isRetryable: false })
    }).pipe(
      Effect.provide(
        JobService.layerClient().pipe(
          Layer.provideMerge(cluster),
          Layer.provideMerge(Postgres.client("input")),
          Layer.provideMerge(Testing.layer()),
          Layer.orDie
        )
      )
    )
  )
})

it.effect("purges those that are given and no others, in any number", () => {
  const Fatal = Job.make({
    type: "fatal",
    payload: Schema.Void,
    success: Schema.Void,
    error: Schema.Never,
    maxAttempts: 1
  })
  return Effect.gen(function* () {
    const { deadLetters, submit } = yield* JobService
    const dead = yield* within(submit(Fatal, undefined))
    yield* within(submit(Fatal, undefined))
    yield* pass(1000)
    expect(yield* deadLetters.purge({ ids: [...Array.from({ length: 40_000 }, (_, n) => `none ${n}`), dead] })).toBe(1)
    expect((yield* totals).enqueued).toBe(1)
  }).pipe(Effect.provide(world(Fatal.toLayer(() => Effect.die("fatal")))))
})

it.effect("refuses a number that JSON does not have, in payloads and in results", () => {
  const Sum = Job.make({ type: "sum", payload: Schema.Number, success: Schema.Number, error: Schema.Never })
  return Effect.gen(function* () {
    const jobs = yield* JobService
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(yield* within(Effect.flip(jobs.submit(Sum, number)))).toMatchObject({ reason: "Validation" })
    }
    expect((yield* totals).enqueued).toBe(0)
    const id = yield* within(jobs.submit(Sum, 1))
    yield* pass(1000)
    expect(yield* jobs.result(Sum, id)).toMatchObject({ _tag: "Dead", reason: "Validation", attempts: 1 })
  }).pipe(Effect.provide(world(Sum.toLayer((number) => Effect.succeed(number / 0)))))
})

const settings: ReadonlyArray<JobsOptions> = [
  { lanes: 0 },
  { lanes: 1.5 },
  { maxLosses: Number.NaN },
  { maxPayloadLength: -1 },
  { pollEvery: 0 },
  { sampleEvery: -5 },
  { wakeEvery: Number.NaN },
  { callTimeout: "-1 seconds" },
  { interruptGrace: -1 }
]

for (const options of settings) {
  const [[option = "", given] = []] = Object.entries(options)
  it.effect(`refuses to run jobs with ${option}: ${String(given)}`, () =>
    Effect.gen(function* () {
      const error = yield* JobService.layer(options).pipe(
        Layer.provide([cluster, Testing.layer()]),
        Layer.provide(sqlite),
        Layer.build,
        Effect.scoped,
        Effect.flip
      )
      expect(error).toMatchObject({ _tag: "OptionsError", option, given: String(given) })
      expect(error.message).toMatch(/given .+; expected .+\. .+\.$/)
    })
  )
}

const definitions = [
  { slots: 0 },
  { slots: Number.POSITIVE_INFINITY },
  { maxAttempts: 0 },
  { timeout: -1 },
  { backoff: { factor: Number.NaN } },
  { backoff: { jitter: 2 } },
  { backoff: { base: -1 } }
]

for (const options of definitions) {
  it.effect(`refuses a handler of a job with ${JSON.stringify(options)}`, () =>
    Effect.gen(function* () {
      const job = Job.make({ type: "odd", payload: Schema.Void, success: Schema.Void, error: Schema.Never, ...options })
      const error = yield* job
        .toLayer(() => Effect.void)
        .pipe(Layer.provide(JobHandlers.layer), Layer.build, Effect.scoped, Effect.flip)
      const [name = ""] = Object.keys(options)
      expect([error._tag, error.option.startsWith(`odd.${name}`)]).toEqual(["OptionsError", true])
    })
  )
}
