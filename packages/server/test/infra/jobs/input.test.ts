/** What is not valid is refused where it is given, by a name of its own, and changes nothing. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import {
  Job,
  JobHandlers,
  JobSchedules,
  JobService,
  type JobsOptions,
  type SubmitOptions
} from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { client, counted, onBoth, totals, world, sqlite, eventually, cluster } from "./world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Unknown, success: Schema.Unknown, error: Schema.Never })

onBoth("input", {
  "refuses pages and purges that make no sense, and purges any number of ids": (database) =>
    Effect.gen(function* () {
      const { deadLetters, list, pause, paused, purgeFinished, resume, status } = yield* JobService
      const reasonOf = <A>(effect: Effect.Effect<A, { readonly reason: string; readonly isRetryable: boolean }>) =>
        Effect.map(Effect.flip(effect), ({ isRetryable, reason }) => [reason, isRetryable])
      const refused = ["Validation", false]
      for (const after of ["garbage", "abc-def", "-", "1.5-a", "99999999999999999999-a"]) {
        expect([after, yield* reasonOf(deadLetters.list({ after }))]).toEqual([after, refused])
      }
      for (const limit of [-1, 0, 1.5, Number.NaN, 100_000]) {
        expect([limit, yield* reasonOf(list("ready", { limit }))]).toEqual([limit, refused])
      }
      for (const jobType of ["", "a\u0000b", "\ud800", "x".repeat(121)]) {
        const asked = [pause(jobType), resume(jobType), list("ready", { jobType }), deadLetters.purge({ jobType })]
        expect([jobType, yield* Effect.forEach(asked, (one) => reasonOf<unknown>(one))]).toEqual([
          jobType,
          asked.map(() => refused)
        ])
      }
      expect(yield* paused).toEqual([])
      // @ts-expect-error -- what JavaScript may give
      expect(yield* reasonOf(list("lost"))).toEqual(refused)
      expect(yield* reasonOf(deadLetters.purge({ before: Number.NaN }))).toEqual(refused)
      expect(yield* reasonOf(purgeFinished({ before: Number.NaN }))).toEqual(refused)
      const ids = Array.from({ length: 40_000 }, (_, n) => `none ${n}`)
      expect(yield* deadLetters.purge({ ids })).toBe(0)
      expect(yield* deadLetters.purge({ ids: [] })).toBe(0)
      expect((yield* Effect.flip(status("none"))).reason).toBe("NotFound")
    }).pipe(Effect.provide(client({}, database))),

  "purges those that are given and no others": (database) =>
    Effect.gen(function* () {
      const { cancel, deadLetters, list, purgeFinished, submitMany } = yield* JobService
      const ids = yield* submitMany(Plain, [1, 2, 3, 4])
      yield* Effect.forEach(ids, cancel)
      expect(yield* purgeFinished({ before: 0 })).toBe(0)
      expect(yield* purgeFinished({ before: 8_000_000_000_000, jobType: "other" })).toBe(0)
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE jobs_done SET state = 4 WHERE id IN (${ids[0]}, ${ids[1]})`
      const others = Array.from({ length: 2500 }, (_, n) => `none ${n}`)
      expect(yield* deadLetters.purge({ ids: [...others, ids[0] ?? ""] })).toBe(1)
      expect((yield* list("dead")).items.map(({ id }) => id)).toEqual([ids[1]])
      expect(yield* purgeFinished({ before: 8_000_000_000_000 })).toBe(2)
      expect((yield* list("dead")).items.length).toBe(1)
    }).pipe(Effect.provide(client({}, database))),

  "refuses what a submission can't be made of": (database) =>
    Effect.gen(function* () {
      const { submit } = yield* JobService
      const wrong: ReadonlyArray<SubmitOptions> = [
        { delay: -1 },
        { delay: Number.NaN },
        { delay: Duration.infinity },
        { at: Number.NaN },
        { at: Number.POSITIVE_INFINITY },
        { at: 8_640_000_000_000_001 },
        { dedupeKey: "x".repeat(513) },
        { dedupeKey: "a\u0000b" },
        { dedupeKey: "\ud800" },
        { unique: { key: "\u0000", for: "1 hour" } },
        { unique: { key: "k", for: -1 } },
        { maxAttempts: 0 },
        { maxAttempts: 1.5 },
        { timeout: 0 },
        { backoff: { factor: Number.NaN } },
        { backoff: { jitter: 2 } },
        // @ts-expect-error -- what JavaScript may give
        { priority: "urgent" }
      ]
      for (const options of wrong) {
        const refused = yield* Effect.flip(submit(Plain, 1, options))
        expect([options, refused.reason, refused.jobType]).toEqual([options, "Validation", "plain"])
      }
      for (const value of [Number.NaN, new Date(), new Map(), 1n, JSON.parse('{"__proto__":1}')]) {
        expect((yield* Effect.flip(submit(Plain, value))).reason).toBe("Validation")
      }
      const Odd = Job.make({ type: "", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
      expect((yield* Effect.flip(submit(Odd, undefined))).reason).toBe("Validation")
      expect(yield* totals).toMatchObject({ enqueued: 0 })
      expect(yield* counted("jobs_failed_total")).toBe(wrong.length + 6)
    }).pipe(Effect.provide(client({}, database))),

  "delivers what it accepts as it was sent": (database) => {
    const arrived: Array<unknown> = []
    const handler = Plain.toLayer((value) => Effect.sync(() => arrived.push(value)).pipe(Effect.as(value)))
    const values = [
      { a: undefined, b: -0 },
      [undefined],
      "\ud800\u0000",
      { "a\nb": "\u0000" },
      undefined,
      "x".repeat(100_000)
    ]
    return Effect.gen(function* () {
      const { awaitResult, submit } = yield* JobService
      for (const value of values) {
        const id = yield* submit(Plain, value)
        expect(yield* awaitResult(Plain, id)).toStrictEqual(value)
      }
      expect(arrived).toStrictEqual(values)
    }).pipe(Effect.provide(world(handler, {}, database)))
  },

  "refuses a transaction of another database": (database) =>
    Effect.gen(function* () {
      const { cancel, submit, submitMany } = yield* JobService
      const id = yield* submit(Plain, 1)
      const other = yield* Layer.build(SqliteClient.layer({ filename: ":memory:" }))
      const within = <A, E>(effect: Effect.Effect<A, E>) =>
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect)).pipe(Effect.provide(other))
      for (const refused of [submit(Plain, 2), submitMany(Plain, [2]), cancel(id)]) {
        expect(yield* Effect.flip(within<unknown, unknown>(refused))).toMatchObject({
          reason: "Validation",
          message: "The transaction is one of another database than that of the jobs"
        })
      }
      expect(yield* totals).toMatchObject({ enqueued: 1, held: 1 })
    }).pipe(Effect.scoped, Effect.provide(client({}, database)))
})

it.live("makes a dead letter of a result that can't be kept, and refuses what is too long", () =>
  Effect.gen(function* () {
    const { result, status, submit } = yield* JobService
    const long = yield* Effect.flip(submit(Plain, "x".repeat(99)))
    expect(long.message).toBe("The payload has 101 characters; the limit is 100")
    const id = yield* submit(Plain, 1)
    yield* eventually(Effect.map(status(id), ({ state }) => expect(state).toBe("dead")))
    expect(yield* result(Plain, id)).toMatchObject({ _tag: "Dead", reason: "Validation", attempts: 1 })
  }).pipe(
    Effect.provide(
      world(
        Plain.toLayer(() => Effect.succeed(new Date())),
        { maxPayloadLength: 100 }
      )
    )
  )
)

const settings: ReadonlyArray<JobsOptions> = [
  { partitions: 0 },
  { partitions: 1.5 },
  { partitions: 40_000 },
  { maxLosses: Number.NaN },
  { maxPayloadLength: -1 },
  { lease: 0 },
  { lease: Duration.infinity },
  { pollInterval: 0 },
  { sampleInterval: -5 },
  { interruptGrace: -1 },
  { keepCompleted: 0 },
  { keepDead: -1 },
  { runnerName: "\u0000" },
  { tablePrefix: "a b" },
  { schema: "jobs" },
  JSON.parse('{ "trace": "child" }'),
  JSON.parse('{ "semconv": "yes" }')
]

describe("refuses to run jobs with", () => {
  for (const options of settings) {
    const [[option = "", given] = []] = Object.entries(options)
    it.live(`${option}: ${String(given)}`, () =>
      Effect.gen(function* () {
        const error = yield* JobService.layer(options).pipe(
          Layer.provide([cluster, Testing.layer()]),
          Layer.provide(sqlite),
          Layer.build,
          Effect.scoped,
          Effect.flip
        )
        expect(error).toMatchObject({ _tag: "OptionsError", option })
        expect(error.message).toMatch(/given .+; expected .+\. .+\.$/)
      })
    )
  }
})

const definitions = [
  { concurrency: 0 },
  { concurrency: Number.POSITIVE_INFINITY },
  { maxAttempts: 0 },
  { timeout: -1 },
  { backoff: { factor: Number.NaN } },
  { backoff: { jitter: 2 } },
  { backoff: { base: -1 } },
  { limits: { concurrency: 0 } },
  { limits: { perKey: { key: () => "", concurrency: 0 } } },
  { limits: { rate: { limit: 0, per: "1 second" } } },
  { limits: { rate: { limit: 1, per: 0 } } }
] as const

describe("refuses a handler, a schedule and a submission of a job with", () => {
  for (const options of definitions) {
    it.live(JSON.stringify(options), () =>
      Effect.gen(function* () {
        const job = Job.make({
          type: "odd",
          payload: Schema.Void,
          success: Schema.Void,
          error: Schema.Never,
          ...options
        })
        const [name = ""] = Object.keys(options)
        const error = yield* job
          .toLayer(() => Effect.void)
          .pipe(Layer.provide(JobHandlers.layer), Layer.build, Effect.scoped, Effect.flip)
        expect([error._tag, error.option.startsWith(`odd.${name}`)]).toEqual(["OptionsError", true])
        const schedules = Layer.succeed(JobSchedules, { register: () => Effect.void })
        const other = yield* job
          .schedule("* * * * *")
          .pipe(Layer.provide(schedules), Layer.build, Effect.scoped, Effect.flip)
        expect(other.option).toBe(error.option)
        const { submit } = yield* JobService
        expect(yield* Effect.flip(submit(job, undefined))).toMatchObject({
          reason: "Validation",
          message: error.message
        })
      }).pipe(Effect.provide(client()))
    )
  }

  it.live("another handler in the process", () =>
    Effect.gen(function* () {
      const job = Job.make({ type: "odd", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
      const both = Layer.merge(
        job.toLayer(() => Effect.void),
        job.toLayer(() => Effect.void)
      )
      const error = yield* both.pipe(Layer.provide(JobHandlers.layer), Layer.build, Effect.scoped, Effect.flip)
      expect(error).toMatchObject({ _tag: "OptionsError", option: 'the handler of the job type "odd"' })
    })
  )

  it.live("a schedule that is none", () =>
    Effect.gen(function* () {
      const schedules = Layer.succeed(JobSchedules, { register: () => Effect.void })
      const job = Job.make({ type: "odd", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
      const error = yield* job
        .schedule("every minute")
        .pipe(Layer.provide(schedules), Layer.build, Effect.scoped, Effect.flip)
      expect(error).toMatchObject({ option: "odd.schedule", given: "every minute" })
    })
  )
})
