/** Dead letters and poison: what can't be done is put aside with its history, and the rest goes on. */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { totals, pass, within, world } from "./world.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.Literal("NoFunds") }) {}

let isWorking = false
const Pay = Job.make({
  type: "pay",
  payload: Schema.Number,
  success: Schema.Void,
  error: Refused,
  maxAttempts: 2,
  backoff: { base: "1 second", jitter: 0 }
})
const PayLive = Pay.toLayer(() => (isWorking ? Effect.void : new Refused({ reason: "NoFunds" })))

it.effect("lists the dead letters in pages, oldest first, with their errors; replays and purges them", () => {
  isWorking = false
  return Effect.gen(function* () {
    const { deadLetters, status, submit } = yield* JobService
    const ids: Array<string> = []
    for (let n = 0; n < 5; n += 1) {
      ids.push(yield* within(submit(Pay, n)))
      yield* pass(2000, 500)
    }
    const first = yield* deadLetters.list({ limit: 2 })
    const second = yield* deadLetters.list({ limit: 2, after: first.next })
    const third = yield* deadLetters.list({ limit: 2, after: second.next, jobType: "pay" })
    expect([first, second, third].map(({ items }) => items.map(({ id }) => id))).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4)
    ])
    expect(third.next).toBe(undefined)
    expect((yield* deadLetters.list({ jobType: "other" })).items).toEqual([])
    expect(first.items[0]).toMatchObject({
      jobType: "pay",
      reason: "NoFunds",
      attempts: 2,
      replays: 0,
      errors: [
        { attempt: 1, reason: "NoFunds" },
        { attempt: 2, reason: "NoFunds" }
      ]
    })
    isWorking = true
    const [one = "", two = ""] = ids
    yield* within(deadLetters.replay(one))
    yield* pass(1000)
    expect(yield* status(one)).toMatchObject({ state: "completed", attempt: 1, replays: 1 })
    expect((yield* status(one)).errors.length).toBe(2)
    expect(yield* within(Effect.flip(deadLetters.replay(one)))).toMatchObject({ reason: "NotFound" })
    expect(yield* deadLetters.purge({ ids: [two] })).toBe(1)
    expect(yield* deadLetters.purge()).toBe(3)
    expect(yield* Effect.flip(status(two))).toMatchObject({ reason: "NotFound" })
    const now = yield* Testing.snapshot
    expect(now['jobs_dead_lettered_total{job_type="pay",reason="NoFunds"}']).toBe(5)
    expect(now['jobs_replayed_total{job_type="pay",operation="replay",priority="normal"}']).toBe(1)
    // Five attempts of two failed; the second replay failed as an operation of its own.
    expect(now['jobs_failed_total{job_type="pay",reason="NoFunds"}']).toBe(10)
    expect(now['jobs_failed_total{job_type="pay",reason="NotFound"}']).toBe(1)
  }).pipe(Effect.provide(world(PayLive)))
})

it.effect("does not replay a dead letter whose key a live job has", () => {
  isWorking = false
  return Effect.gen(function* () {
    const { deadLetters, submit } = yield* JobService
    const dead = yield* within(submit(Pay, 1, { dedupeKey: "k" }))
    yield* pass(3000)
    yield* within(submit(Pay, 2, { dedupeKey: "k", delay: "1 hour" }))
    expect(yield* within(Effect.flip(deadLetters.replay(dead)))).toMatchObject({ reason: "Validation" })
  }).pipe(Effect.provide(world(PayLive)))
})

const kinds = ["throws", "stubborn", "fine"] as const
const Odd = Job.make({
  type: "odd",
  payload: Schema.Struct({ kind: Schema.Literal(...kinds), text: Schema.String }),
  success: Schema.Void,
  error: Schema.Never,
  maxAttempts: 1,
  timeout: "1 second",
  slots: 2
})
const OddLive = Odd.toLayer(({ kind }) => {
  if (kind === "throws") {
    throw new TypeError("thrown, not returned")
  }
  return kind === "fine" ? Effect.void : Effect.uninterruptible(Effect.never)
})

it.effect("puts poison aside under its own name, and goes on with the rest", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    const text = "x".repeat(5 * 1024 * 1024)
    expect(yield* within(Effect.flip(jobs.submit(Odd, { kind: "fine", text })))).toMatchObject({ reason: "Validation" })
    const throws = yield* within(jobs.submit(Odd, { kind: "throws", text: "" }))
    const stubborn = yield* within(jobs.submit(Odd, { kind: "stubborn", text: "" }))
    // Rows that another version wrote, or somebody's hand: no JSON, JSON of another shape, more than the limit.
    const undecodable = { none: "{", other: '{"kind":"unheard"}', large: JSON.stringify({ kind: "fine", text }) }
    for (const [id, payload] of Object.entries(undecodable)) {
      yield* sql`INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, payload)
        VALUES (${id}, 'odd', 1, 'strange', 'ready', 0, 0, 0, ${payload})`
    }
    yield* pass(15_000, 500)
    const fine = yield* within(jobs.submit(Odd, { kind: "fine", text: "" }))
    yield* pass(1000)
    const reasonOf = (id: string) => Effect.map(jobs.status(id), ({ reason, state }) => [state, reason])
    expect(yield* reasonOf(throws)).toEqual(["dead", "TypeError"])
    expect(yield* reasonOf(stubborn)).toEqual(["dead", "Timeout"])
    expect(yield* reasonOf("none")).toEqual(["dead", "Validation"])
    expect(yield* reasonOf("other")).toEqual(["dead", "Validation"])
    expect(yield* reasonOf("large")).toEqual(["dead", "Validation"])
    expect(yield* reasonOf(fine)).toEqual(["completed", undefined])
    const now = yield* Testing.snapshot
    expect(now['jobs_dead_lettered_total{job_type="odd",reason="Validation"}']).toBe(3)
    expect(now['jobs_dead_lettered_total{job_type="odd",reason="TypeError"}']).toBe(1)
    expect(
      now['jobs_processing_seconds{job_type="odd",operation="process",outcome="defect",priority="normal"}']
    ).toMatchObject({ count: 1 })
    expect((yield* totals).held).toBe(0)
  }).pipe(Effect.provide(world(OddLive)))
)

it.effect("gives up a job that lost its runner too often: it may be what takes them down", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    yield* sql`INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, attempt, run, losses, payload)
      VALUES ('killer', 'odd', 1, 'normal', 'running', 0, 0, 0, 1, 7, 2, '{"kind":"fine","text":""}')`
    yield* pass(6000)
    expect(yield* jobs.status("killer")).toMatchObject({
      state: "dead",
      reason: "RunnerUnavailable",
      redeliveries: 1,
      attempt: 1
    })
    expect(
      (yield* Testing.snapshot)['jobs_redelivered_total{job_type="odd",operation="process",priority="normal"}']
    ).toBe(1)
  }).pipe(Effect.provide(world(OddLive, { maxLosses: 3 })))
)

it.effect("waits for the release of a running job before its handler's resources go", () => {
  const events: Array<string> = []
  const Using = Job.make({ type: "using", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
  const handler = Layer.scopedDiscard(
    Effect.addFinalizer(() => Effect.sync(() => void events.push("resource released")))
  ).pipe((resource) =>
    Using.toLayer(() =>
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => void events.push("handler interrupted")))
    ).pipe(Layer.provide(resource))
  )
  return Effect.gen(function* () {
    yield* Effect.gen(function* () {
      const jobs = yield* JobService
      yield* within(jobs.submit(Using, undefined))
    }).pipe(Effect.provide(world(handler)), Effect.scoped)
    expect(events).toEqual(["handler interrupted", "resource released"])
  })
})

it.effect("keeps a failure's name as the metrics say it, whatever is in it", () => {
  const Odd = Job.make({
    type: "named",
    payload: Schema.Void,
    success: Schema.Void,
    error: Schema.Struct({ reason: Schema.String }),
    maxAttempts: 1
  })
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const id = yield* within(jobs.submit(Odd, undefined))
    yield* pass(1000)
    const { errors, reason } = yield* jobs.status(id)
    const name = `ab${"x".repeat(118)}...`
    expect([reason, errors.map((error) => error.reason)]).toEqual([name, [name]])
    expect((yield* Testing.snapshot)[`jobs_dead_lettered_total{job_type="named",reason="${name}"}`]).toBe(1)
  }).pipe(Effect.provide(world(Odd.toLayer(() => Effect.fail({ reason: `a\u0000b${"x".repeat(5000)}` })))))
})

it.effect("puts a job aside at once whose end the database refuses, counted as what the tables say", () => {
  const Plain = Job.make({ type: "plain", payload: Schema.Void, success: Schema.String, error: Schema.Never })
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    yield* sql`CREATE TRIGGER refuse BEFORE UPDATE ON jobs WHEN NEW.state = 'completed'
      BEGIN SELECT RAISE(ABORT, 'not this result'); END`
    const id = yield* within(jobs.submit(Plain, undefined))
    yield* pass(1000)
    expect(yield* jobs.status(id)).toMatchObject({
      state: "dead",
      reason: "Unwritable",
      redeliveries: 0,
      errors: [{ attempt: 1, reason: "Unwritable" }]
    })
    const now = yield* Testing.snapshot
    expect(now['jobs_failed_total{job_type="plain",reason="Unwritable"}']).toBe(1)
    expect(now['jobs_dead_lettered_total{job_type="plain",reason="Unwritable"}']).toBe(1)
    expect(now['jobs_completed_total{job_type="plain",operation="process",priority="normal"}']).toBe(0)
  }).pipe(Effect.provide(world(Plain.toLayer(() => Effect.succeed("fine")))))
})

it.effect("refuses a result that is longer than the limit, and keeps no longer error", () => {
  const Big = Job.make({
    type: "big",
    payload: Schema.Number,
    success: Schema.String,
    error: Schema.String,
    maxAttempts: 1
  })
  const handler = Big.toLayer((length) =>
    length > 0 ? Effect.succeed("x".repeat(length)) : Effect.fail("y".repeat(100))
  )
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const resultOf = (length: number) =>
      Effect.flatMap(within(jobs.submit(Big, length)), (id) => Effect.zipRight(pass(1000), jobs.result(Big, id)))
    expect(yield* resultOf(8)).toEqual({ _tag: "Completed", value: "x".repeat(8) })
    expect(yield* resultOf(9)).toMatchObject({
      _tag: "Dead",
      reason: "Validation",
      message: "The result has 11 characters; the limit is 10"
    })
    expect(yield* resultOf(0)).toMatchObject({ _tag: "Dead", reason: "String", error: Option.none() })
    expect((yield* Testing.snapshot)['jobs_failed_total{job_type="big",reason="Validation"}']).toBe(1)
  }).pipe(Effect.provide(world(handler, { maxPayloadLength: 10 })))
})
