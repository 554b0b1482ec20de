/**
 * Submits and changes where the tables are slow, fail, or are left by their caller: each is counted once, as it went.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
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

/** A service whose writes are made, or not, and whose answers are lost while the tables are away. */
const unanswered = () => {
  const state = { isAway: true, isMade: true }
  const lose = <A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E | SqlError> =>
    Effect.suspend((): Effect.Effect<A, E | SqlError> => (state.isMade ? Effect.zipRight(write, lost) : lost))
  const unlessAway = <A, E>(read: Effect.Effect<A, E>): Effect.Effect<A, E | SqlError> =>
    Effect.suspend((): Effect.Effect<A, E | SqlError> => (state.isAway ? lost : read))
  const layer = over(({ cancel, changed, insert, isKnown, replay }) => ({
    insert: (...call) => lose(insert(...call)),
    cancel: (...call) => lose(cancel(...call)),
    replay: (...call) => lose(replay(...call)),
    isKnown: (id) => unlessAway(isKnown(id)),
    changed: (...call) => unlessAway(changed(...call))
  }))
  return { state, layer }
}

const countedNow = Effect.map(Testing.snapshot, (now) => ({
  enqueued: totalOf(now, "jobs_enqueued_total"),
  cancelled: totalOf(now, "jobs_cancelled_total"),
  replayed: totalOf(now, "jobs_replayed_total"),
  failed: totalOf(now, "jobs_failed_total")
}))

it.live("counts what was made once it is known, though its caller was told that the tables can't be reached", () => {
  const { layer, state } = unanswered()
  return Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    const unavailable = { reason: "RunnerUnavailable" }
    expect(yield* Effect.flip(jobs.submit(Plain, 1, { delay: "1 hour" }))).toMatchObject(unavailable)
    expect(yield* Effect.flip(jobs.submitMany(Plain, [2, 3], { delay: "1 hour" }))).toMatchObject(unavailable)
    const [one, other] = yield* sql<{ readonly id: string }>`SELECT id FROM jobs ORDER BY id`
    expect(yield* Effect.flip(jobs.cancel(one?.id ?? ""))).toMatchObject(unavailable)
    expect(yield* Effect.flip(jobs.cancel(other?.id ?? ""))).toMatchObject(unavailable)
    yield* sql`UPDATE jobs_done SET state = 4 WHERE id = ${other?.id ?? ""}`
    expect(yield* Effect.flip(jobs.deadLetters.replay(other?.id ?? ""))).toMatchObject(unavailable)
    state.isMade = false
    expect(yield* Effect.flip(jobs.submit(Plain, 4))).toMatchObject(unavailable)
    yield* Effect.sleep("1200 millis")
    expect(yield* countedNow).toEqual({ enqueued: 0, cancelled: 0, replayed: 0, failed: 6 })
    state.isAway = false
    yield* eventually(
      Effect.map(countedNow, (now) => expect(now).toEqual({ enqueued: 3, cancelled: 1, replayed: 1, failed: 6 }))
    )
  }).pipe(Effect.provide(layer))
})

it.live("looks for the last time when the service ends", () => {
  const { layer, state } = unanswered()
  return Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(layer, scope)
    yield* Effect.ignore(Context.get(context, JobService).submit(Plain, 1))
    state.isAway = false
    yield* Scope.close(scope, Exit.void)
    expect(yield* Effect.provide(countedNow, context)).toMatchObject({ enqueued: 1 })
  })
})

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
