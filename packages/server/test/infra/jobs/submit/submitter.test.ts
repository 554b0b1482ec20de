/** Submits and changes where the tables are slow, fail, or are left by their caller: each is counted once, as it went. */
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { JobCalls } from "../../../../src/infra/jobs/calls.ts"
import { Job, JobService, JobStore } from "../../../../src/infra/jobs.ts"
import { service } from "../../../../src/infra/jobs/service.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { eventually, sqlite, totalOf, totals } from "../world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Number, success: Schema.Void, error: Schema.Never })

type Store = typeof JobStore.Service

/** A service over a store of which some members do something else. */
const over = (changed: (store: Store) => Partial<Store>) =>
  service.pipe(
    Layer.provide(JobCalls.layer),
    Layer.provide(
      Layer.effect(
        JobStore,
        Effect.map(JobStore, (store) => ({ ...store, ...changed(store) }))
      )
    ),
    Layer.provide(JobStore.layer()),
    Layer.provideMerge(sqlite),
    Layer.provideMerge(Testing.layer()),
    Layer.orDie
  )

/** How the operations of one kind went, by outcome. */
const outcomes = (operation: "submit" | "cancel") =>
  Effect.map(Testing.snapshot, (now) => {
    const of = (outcome: string) =>
      totalOf(now, "jobs_processing_seconds", (text) => text.includes(`"${operation}"`) && text.includes(outcome))
    return { all: of(""), failure: of('"failure"'), interrupted: of('"interrupted"') }
  })

const inFlight = Effect.map(Testing.snapshot, (now) => totalOf(now, "jobs_in_flight"))

const lost = new SqlError({ cause: "connection", message: "lost" })
const refused = new SqlError({ cause: { code: "22021" }, message: "refused" })

it.live("counts a submission that the tables can't be reached for, and one that they refuse", () => {
  let error = lost
  return Effect.gen(function* () {
    const jobs = yield* JobService
    expect(yield* Effect.flip(jobs.submit(Plain, 1))).toMatchObject({ reason: "RunnerUnavailable", isRetryable: true })
    error = refused
    expect(yield* Effect.flip(jobs.submit(Plain, 1))).toMatchObject({ reason: "Validation", isRetryable: false })
    expect(yield* outcomes("submit")).toEqual({ all: 2, failure: 2, interrupted: 0 })
    const now = yield* Testing.snapshot
    expect(now['jobs_failed_total{job_type="plain",reason="RunnerUnavailable"}']).toBe(1)
    expect(now['jobs_failed_total{job_type="plain",reason="Validation"}']).toBe(1)
    expect(yield* inFlight).toBe(0)
  }).pipe(Effect.provide(over(() => ({ insert: () => Effect.fail(error) }))))
})

it.live("accepts the rest of a group of which one is refused", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const exits = yield* Effect.forEach([1, 2, 3, 4, 5], (n) => Effect.either(jobs.submit(Plain, n)), {
      concurrency: "unbounded"
    })
    expect(exits.map(({ _tag }) => _tag)).toEqual(["Right", "Right", "Left", "Right", "Right"])
    expect(yield* totals).toMatchObject({ enqueued: 4 })
    expect(yield* outcomes("submit")).toEqual({ all: 5, failure: 1, interrupted: 0 })
  }).pipe(
    Effect.provide(
      over(({ insert }) => ({
        insert: (jobs, options) =>
          jobs.some(({ payload }) => payload === "3") ? Effect.fail(refused) : insert(jobs, options)
      }))
    )
  )
)

/** Inserts and cancels that wait for a gate, and say that they have begun. */
const gated = Effect.gen(function* () {
  const begun = yield* Deferred.make<void>()
  const gate = yield* Deferred.make<void>()
  const wait = Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(gate))
  return {
    begun: Deferred.await(begun),
    open: Deferred.succeed(gate, undefined),
    layer: over(({ cancel, insert }) => ({
      insert: (...call) => Effect.zipRight(wait, insert(...call)),
      cancel: (...call) => Effect.zipRight(wait, cancel(...call))
    }))
  }
})

it.live("lets a caller go whose write is under way, and counts what it wrote", () =>
  Effect.gen(function* () {
    const { begun, layer, open } = yield* gated
    yield* Effect.gen(function* () {
      const jobs = yield* JobService
      const leaves = yield* Effect.fork(jobs.submit(Plain, 1))
      yield* begun
      const isLate = yield* Effect.fork(jobs.submit(Plain, 2))
      yield* Effect.sleep("20 millis")
      yield* Fiber.interrupt(leaves)
      yield* Fiber.interrupt(isLate)
      expect(yield* outcomes("submit")).toEqual({ all: 1, failure: 0, interrupted: 1 })
      yield* open
      yield* eventually(
        Effect.gen(function* () {
          expect(yield* outcomes("submit")).toEqual({ all: 2, failure: 0, interrupted: 1 })
          expect(yield* totals).toMatchObject({ enqueued: 1, held: 1 })
          expect(yield* inFlight).toBe(0)
        })
      )
    }).pipe(Effect.provide(layer))
  })
)

it.live("finishes and counts a cancel whose caller has left", () =>
  Effect.gen(function* () {
    const { begun, layer, open } = yield* gated
    yield* Effect.gen(function* () {
      const jobs = yield* JobService
      const submitted = yield* Effect.fork(jobs.submit(Plain, 1, { delay: "1 hour" }))
      yield* begun
      yield* open
      const id = yield* Fiber.join(submitted)
      const leaves = yield* Effect.fork(jobs.cancel(id))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(leaves)
      yield* Effect.ignore(jobs.cancel(id))
      yield* eventually(
        Effect.gen(function* () {
          expect(
            (yield* Testing.snapshot)['jobs_cancelled_total{job_type="plain",operation="cancel",priority="normal"}']
          ).toBe(1)
          expect(yield* totals).toMatchObject({ cancellations: 1, held: 0 })
          expect(yield* inFlight).toBe(0)
        })
      )
    }).pipe(Effect.provide(layer))
  })
)

it.live("counts no cancel of a job that can't be looked up: it has no type", () =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    expect(yield* Effect.flip(jobs.cancel("none"))).toMatchObject({ reason: "RunnerUnavailable" })
    expect(yield* outcomes("cancel")).toEqual({ all: 0, failure: 0, interrupted: 0 })
  }).pipe(Effect.provide(over(() => ({ status: () => Effect.fail(lost) }))))
)

it.live("tells of one hint where many transactions submit at once", () => {
  const hints: Array<boolean> = []
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    yield* Effect.forEach(Array.from({ length: 10 }), () => sql.withTransaction(jobs.submit(Plain, 1)))
    expect(hints[0]).toBe(true)
    expect(hints.filter((hint) => hint).length).toBeLessThan(10)
    yield* Effect.sleep("10 millis")
    yield* sql.withTransaction(jobs.submit(Plain, 1))
    expect(hints.at(-1)).toBe(true)
  }).pipe(
    Effect.provide(
      over(({ insert }) => ({
        insert: (jobs, options) => {
          hints.push(options.hint)
          return insert(jobs, options)
        }
      }))
    )
  )
})
