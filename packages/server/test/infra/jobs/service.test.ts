/** What callers do with jobs, on both databases. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Job, type Jobs, JobService } from "../../../src/infra/jobs.ts"
import { isInTransaction } from "../../../src/infra/jobs/transaction.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { client, cluster, counted, eventually, onBoth, totals, world } from "./world.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { reason: Schema.Literal("NoFunds") }) {}

const Double = Job.make({ type: "double", payload: Schema.Number, success: Schema.Number, error: Schema.Never })
const DoubleLive = Double.toLayer((n) => Effect.succeed(n * 2))

const Pay = Job.make({
  type: "pay",
  payload: Schema.Number,
  success: Schema.Void,
  error: Refused,
  maxAttempts: 2,
  backoff: { base: 0 }
})
const PayLive = Pay.toLayer((sum) => (sum > 0 ? Effect.void : new Refused({ reason: "NoFunds" })))

const Wait = Job.make({ type: "wait", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
const WaitLive = Wait.toLayer(() => Effect.never)

/** Waits until it is interrupted, and counts both. */
const countedWait = () => {
  const times = { begun: 0, interrupted: 0 }
  const handler = Wait.toLayer(() => {
    times.begun += 1
    return Effect.onInterrupt(Effect.never, () => Effect.sync(() => (times.interrupted += 1)))
  })
  return { handler, times }
}

const stateOf = (id: string) => Effect.flatMap(JobService, (jobs) => Effect.map(jobs.status(id), ({ state }) => state))

/** Ends a transaction as one that failed. */
const rollback = Effect.fail("rolled back" as const)

const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(effect))

const settled = Effect.sleep("300 millis")

onBoth("service", {
  "runs a job and gives its result": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const id = yield* jobs.submit(Double, 21)
      expect(yield* jobs.awaitResult(Double, id)).toBe(42)
      expect(yield* jobs.result(Double, id)).toEqual({ _tag: "Completed", value: 42 })
      expect(yield* Effect.flip(jobs.result(Pay, id))).toMatchObject({ reason: "Validation" })
      expect(yield* Effect.flip(jobs.status("none"))).toMatchObject({ reason: "NotFound", isRetryable: false })
    }).pipe(Effect.provide(world(DoubleLive, {}, database))),

  "gives two services in one program their own tables": (database) => {
    class One extends Context.Tag("test/One")<One, Jobs>() {}
    class Two extends Context.Tag("test/Two")<Two, Jobs>() {}
    const one = Layer.effect(One, JobService).pipe(Layer.provide(JobService.layerClient({ tablePrefix: "one_" })))
    const two = Layer.effect(Two, JobService).pipe(Layer.provide(JobService.layerClient({ tablePrefix: "two_" })))
    return Effect.gen(function* () {
      const id = yield* (yield* One).submit(Double, 1)
      expect((yield* (yield* One).status(id)).state).toBe("ready")
      expect(yield* Effect.flip((yield* Two).status(id))).toMatchObject({ reason: "NotFound" })
    }).pipe(
      Effect.provide(
        Layer.merge(one, two).pipe(Layer.provideMerge(database), Layer.provideMerge(Testing.layer()), Layer.orDie)
      )
    )
  },

  "works on after the transaction that it was built in, and the connection of that, are gone": (database) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const Inside = Job.make({ type: "inside", payload: Schema.Void, success: Schema.Boolean, error: Schema.Never })
      const handler = Inside.toLayer(() => isInTransaction)
      const built = Layer.mergeAll(DoubleLive, handler).pipe(
        Layer.provideMerge(
          JobService.layer({ partitions: 4, pollInterval: "100 millis", sampleInterval: "100 millis" })
        )
      )
      const ownPid = Effect.map(sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`, ([row]) => row?.pid)
      const [context, pid] = yield* sql.withTransaction(
        Effect.gen(function* () {
          const context = yield* Layer.build(built)
          return [
            context,
            sql.onDialectOrElse({ pg: () => true, orElse: () => false }) ? yield* ownPid : undefined
          ] as const
        })
      )
      // Nobody hears it say so where it is the same.
      yield* pid === undefined ? Effect.void : Effect.ignore(sql`SELECT pg_terminate_backend(${pid})`)
      const jobs = Context.get(context, JobService)
      expect(yield* jobs.awaitResult(Double, yield* jobs.submit(Double, 2))).toBe(4)
      expect(yield* jobs.awaitResult(Double, yield* jobs.submit(Double, 3, { dedupeKey: "k" }))).toBe(6)
      expect(yield* jobs.awaitResult(Inside, yield* jobs.submit(Inside, undefined))).toBe(false)
      yield* jobs.submit(Double, 4, { delay: "1 hour" })
      yield* eventually(
        Effect.map(Testing.snapshot, (now) =>
          expect(now['jobs_queue_depth{job_type="double",state="scheduled"}']).toBe(1)
        )
      )
    }).pipe(
      Effect.scoped,
      Effect.provide(cluster.pipe(Layer.provideMerge(database), Layer.provideMerge(Testing.layer())))
    ),

  "accepts jobs with no runner, no cluster and no handler, and counts them at once": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const ids = yield* Effect.forEach([1, 2, 3], (n) => jobs.submit(Double, n), { concurrency: 3 })
      expect(yield* counted("jobs_enqueued_total")).toBe(3)
      expect(yield* Effect.forEach(ids, stateOf)).toEqual(["ready", "ready", "ready"])
      expect(yield* totals).toMatchObject({ enqueued: 3, held: 3 })
      expect([...ids].sort()).toEqual(ids)
    }).pipe(Effect.provide(client({}, database))),

  "submits in the caller's transaction: with its commit the job exists, with its rollback it never did": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      let lost = ""
      yield* Effect.flip(
        inTransaction(
          Effect.gen(function* () {
            lost = yield* jobs.submit(Double, 1)
            expect(yield* stateOf(lost)).toBe("ready")
            yield* jobs.submitMany(Double, [2, 3])
            return yield* rollback
          })
        )
      )
      expect(yield* Effect.flip(jobs.status(lost))).toMatchObject({ reason: "NotFound" })
      const id = yield* inTransaction(jobs.submit(Double, 4))
      expect(yield* jobs.awaitResult(Double, id)).toBe(8)
      yield* settled
      expect(yield* counted("jobs_enqueued_total")).toBe(1)
      expect(yield* totals).toMatchObject({ enqueued: 1, completions: 1 })
    }).pipe(Effect.provide(world(DoubleLive, {}, database))),

  "leaves what a transaction did to be counted by a runner": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      yield* inTransaction(
        Effect.gen(function* () {
          yield* jobs.submitMany(Double, [1, 2, 3])
          yield* jobs.submit(Double, 1, { dedupeKey: "k" })
          yield* jobs.submit(Double, 1, { dedupeKey: "k" })
        })
      )
      expect([yield* counted("jobs_enqueued_total"), yield* counted("jobs_duplicates_total")]).toEqual([0, 0])
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ readonly operation: string; readonly times: number | string }>`
        SELECT operation, sum(times) AS times FROM job_uncounted GROUP BY operation ORDER BY operation`
      expect(rows.map(({ operation, times }) => [operation, Number(times)])).toEqual([
        ["duplicate", 1],
        ["submit", 4]
      ])
    }).pipe(Effect.provide(client({}, database))),

  "interrupts and counts nothing of a cancel or a replay that is rolled back": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const running = yield* jobs.submit(Wait, undefined)
      const dead = yield* jobs.submit(Pay, 0)
      yield* Effect.flip(jobs.awaitResult(Pay, dead))
      yield* eventually(Effect.map(stateOf(running), (state) => expect(state).toBe("running")))
      yield* Effect.flip(
        inTransaction(
          Effect.gen(function* () {
            yield* jobs.cancel(running)
            yield* jobs.deadLetters.replay(dead)
            expect([yield* stateOf(running), yield* stateOf(dead)]).toEqual(["cancelled", "ready"])
            return yield* rollback
          })
        )
      )
      yield* settled
      expect([yield* stateOf(running), yield* stateOf(dead)]).toEqual(["running", "dead"])
      expect([yield* counted("jobs_cancelled_total"), yield* counted("jobs_replayed_total")]).toEqual([0, 0])
      const { heldBy } = yield* jobs.status(running)
      expect(heldBy).not.toBe(undefined)
    }).pipe(Effect.provide(world(Layer.mergeAll(PayLive, WaitLive), {}, database))),

  "counts a cancel and a replay of a transaction once, after its commit, and interrupts then": (database) => {
    const { handler, times } = countedWait()
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const running = yield* jobs.submit(Wait, undefined)
      const dead = yield* jobs.submit(Pay, 0)
      yield* Effect.flip(jobs.awaitResult(Pay, dead))
      yield* eventually(Effect.sync(() => expect(times.begun).toBe(1)))
      yield* inTransaction(Effect.zipRight(jobs.cancel(running), jobs.deadLetters.replay(dead)))
      yield* eventually(
        Effect.gen(function* () {
          expect(times.interrupted).toBe(1)
          expect(yield* counted("jobs_cancelled_total")).toBe(1)
          expect(yield* counted("jobs_replayed_total")).toBe(1)
          expect(yield* totals).toMatchObject({ held: 0 })
        })
      )
      yield* settled
      expect([yield* counted("jobs_cancelled_total"), yield* counted("jobs_replayed_total")]).toEqual([1, 1])
    }).pipe(Effect.provide(world(Layer.mergeAll(PayLive, handler), {}, database)))
  },

  "interrupts what a transaction cancelled and runs what it replayed at once, with no poll or heartbeat": (
    database
  ) => {
    const { handler, times } = countedWait()
    const rarely = { pollInterval: "20 seconds", lease: "100 seconds" } as const
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const running = yield* jobs.submit(Wait, undefined)
      const dead = yield* jobs.submit(Pay, 0)
      yield* Effect.flip(jobs.awaitResult(Pay, dead))
      yield* eventually(Effect.sync(() => expect(times.begun).toBe(1)))
      const before = Date.now()
      yield* inTransaction(
        Effect.zipRight(
          Effect.zipRight(jobs.cancel(running), jobs.deadLetters.replay(dead)),
          Effect.sleep("100 millis")
        )
      )
      yield* eventually(Effect.sync(() => expect(times.interrupted).toBe(1)))
      expect(yield* Effect.flip(jobs.awaitResult(Pay, dead))).toBeInstanceOf(Refused)
      expect(Date.now() - before).toBeLessThan(10_000)
    }).pipe(Effect.provide(world(Layer.mergeAll(PayLive, handler), rarely, database)))
  },

  "waits for no result inside a transaction, and says so at once": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const id = yield* jobs.submit(Double, 1)
      const refused = yield* Effect.flip(inTransaction(jobs.awaitResult(Double, id)))
      expect(refused).toMatchObject({ reason: "Validation", jobId: id })
    }).pipe(Effect.provide(client({}, database))),

  "submits many in order, or none where one is refused": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const numbers = Array.from({ length: 2500 }, (_, n) => n)
      const ids = yield* jobs.submitMany(Double, numbers, { priority: "high" })
      expect(ids.length).toBe(2500)
      expect(new Set(ids).size).toBe(2500)
      expect(yield* jobs.payload(ids[1234] ?? "")).toBe("1234")
      expect(yield* counted("jobs_enqueued_total")).toBe(2500)
      const refused = yield* Effect.flip(jobs.submitMany(Double, [...numbers, Number.NaN]))
      expect(refused).toMatchObject({ reason: "Validation", jobType: "double" })
      expect(yield* jobs.submitMany(Double, [])).toEqual([])
      expect(yield* totals).toMatchObject({ enqueued: 2500, held: 2500 })
      expect(yield* counted("jobs_enqueued_total")).toBe(2500)
    }).pipe(Effect.provide(client({}, database))),

  "submits each of many once by its key": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const key = (n: number) => `k ${n % 3}`
      const ids = yield* jobs.submitMany(Double, [0, 1, 2, 3, 4], { dedupeKey: key })
      expect([ids[3], ids[4]]).toEqual([ids[0], ids[1]])
      expect(yield* jobs.submitMany(Double, [5], { dedupeKey: key })).toEqual([ids[2]])
      expect([yield* counted("jobs_enqueued_total"), yield* counted("jobs_duplicates_total")]).toEqual([3, 3])
      const refused = yield* Effect.flip(
        jobs.submitMany(Double, [1], {
          dedupeKey: () => {
            throw new Error("no key")
          }
        })
      )
      expect(refused).toMatchObject({ reason: "Validation" })
    }).pipe(Effect.provide(client({}, database))),

  "keeps to the attempts, the timeout and the backoff of a submission": (database) => {
    const Slow = Job.make({
      type: "slow",
      payload: Schema.Number,
      success: Schema.Void,
      error: Refused,
      backoff: { base: "2 hours", max: "2 hours", jitter: 0 }
    })
    const handler = Slow.toLayer((n) => (n === 0 ? Effect.never : new Refused({ reason: "NoFunds" })))
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const timedOut = yield* jobs.submit(Slow, 0, { timeout: "50 millis", maxAttempts: 1 })
      const thrice = yield* jobs.submit(Slow, 1, { maxAttempts: 3, backoff: { base: 0 } })
      // What it does not say is as in the definition.
      const later = yield* jobs.submit(Slow, 1, { maxAttempts: 2, backoff: { factor: 3 } })
      yield* eventually(
        Effect.gen(function* () {
          expect(yield* jobs.status(timedOut)).toMatchObject({ state: "dead", reason: "Timeout", attempt: 1 })
          expect(yield* jobs.status(thrice)).toMatchObject({ state: "dead", reason: "NoFunds", attempt: 3 })
          const { acceptedAt, attempt, dueAt, state } = yield* jobs.status(later)
          expect({ attempt, state }).toEqual({ attempt: 1, state: "retrying" })
          expect(dueAt - acceptedAt).toBeGreaterThanOrEqual(7_200_000)
        })
      )
      expect(yield* jobs.result(Slow, thrice)).toMatchObject({
        _tag: "Dead",
        error: Option.some(new Refused({ reason: "NoFunds" }))
      })
    }).pipe(Effect.provide(world(handler, {}, database)))
  },

  "starts nothing before its time by the clock of the database": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const soon = yield* jobs.submit(Double, 1, { delay: "400 millis" })
      const late = yield* jobs.submit(Double, 1, { at: 8_000_000_000_000 })
      const past = yield* jobs.submit(Double, 2, { at: 0 })
      expect(yield* jobs.awaitResult(Double, past)).toBe(4)
      expect([yield* stateOf(soon), yield* stateOf(late)]).toEqual(["scheduled", "scheduled"])
      expect(yield* jobs.awaitResult(Double, soon)).toBe(2)
      const { acceptedAt, startedAt = 0 } = yield* jobs.status(soon)
      expect(startedAt - acceptedAt).toBeGreaterThanOrEqual(400)
    }).pipe(Effect.provide(world(DoubleLive, {}, database))),

  "meets a live job with the same key, and a new one once that has ended": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const [first, again] = yield* Effect.all(
        [jobs.submit(Double, 1, { dedupeKey: "k", delay: "1 hour" }), jobs.submit(Double, 2, { dedupeKey: "k" })],
        { concurrency: 2 }
      )
      expect(again).toBe(first)
      expect(yield* jobs.submit(Wait, undefined, { dedupeKey: "k" })).not.toBe(first)
      yield* jobs.cancel(first)
      expect(yield* jobs.submit(Double, 3, { dedupeKey: "k" })).not.toBe(first)
      expect(yield* counted("jobs_duplicates_total")).toBe(1)
      expect(yield* counted("jobs_enqueued_total")).toBe(3)
    }).pipe(Effect.provide(client({}, database))),

  "is unique for a period, whether the job is alive or done": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const submit = (n: number) => jobs.submit(Double, n, { unique: { key: "k", for: "1 hour" } })
      const first = yield* submit(1)
      expect(yield* submit(2)).toBe(first)
      expect(yield* jobs.awaitResult(Double, first)).toBe(2)
      expect(yield* submit(2)).toBe(first)
      // As if the hour had passed.
      yield* sql`UPDATE job_unique SET until = until - 3600000`
      const second = yield* submit(3)
      expect(second).not.toBe(first)
      expect(yield* jobs.awaitResult(Double, second)).toBe(6)
      expect(yield* jobs.submit(Wait, undefined, { unique: { key: "k", for: "1 hour" } })).not.toBe(second)
      expect(yield* counted("jobs_duplicates_total")).toBe(2)
    }).pipe(Effect.provide(world(DoubleLive, {}, database))),

  "starts nothing of a type that is paused, and goes on when it is resumed": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      yield* jobs.pause("double")
      expect(yield* jobs.paused).toEqual(["double"])
      const id = yield* jobs.submit(Double, 1)
      const other = yield* jobs.submit(Pay, 1)
      yield* jobs.awaitResult(Pay, other)
      yield* settled
      expect(yield* stateOf(id)).toBe("ready")
      yield* jobs.resume("double")
      expect(yield* jobs.awaitResult(Double, id)).toBe(2)
      expect(yield* jobs.paused).toEqual([])
    }).pipe(Effect.provide(world(Layer.mergeAll(DoubleLive, PayLive), {}, database))),

  "lists jobs by state and type in pages, and shows the payload of one": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const ids = yield* jobs.submitMany(Double, [1, 2, 3, 4, 5])
      yield* jobs.submit(Pay, 1)
      const first = yield* jobs.list("ready", { jobType: "double", limit: 2 })
      const second = yield* jobs.list("ready", { jobType: "double", limit: 2, after: first.next })
      const third = yield* jobs.list("ready", { jobType: "double", limit: 2, after: second.next })
      expect([first, second, third].map(({ items }) => items.map(({ id }) => id))).toEqual([
        ids.slice(0, 2),
        ids.slice(2, 4),
        ids.slice(4)
      ])
      expect(third.next).toBe(undefined)
      expect((yield* jobs.list("ready")).items.length).toBe(6)
      expect((yield* jobs.list("dead")).items).toEqual([])
      expect(yield* jobs.payload(ids[2] ?? "")).toBe("3")
      yield* jobs.cancel(ids[0] ?? "")
      expect((yield* jobs.list("cancelled")).items).toMatchObject([{ id: ids[0], state: "cancelled", attempt: 0 }])
      expect(yield* Effect.flip(jobs.payload("none"))).toMatchObject({ reason: "NotFound" })
    }).pipe(Effect.provide(client({}, database))),

  "lists, replays and purges dead letters": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const { deadLetters } = jobs
      const ids: Array<string> = []
      for (let n = 0; n < 5; n += 1) {
        const id = yield* jobs.submit(Pay, 0)
        ids.push(id)
        expect(yield* Effect.flip(jobs.awaitResult(Pay, id))).toEqual(new Refused({ reason: "NoFunds" }))
      }
      const first = yield* deadLetters.list({ limit: 3 })
      const second = yield* deadLetters.list({ limit: 3, after: first.next, jobType: "pay" })
      expect([first, second].map(({ items }) => items.map(({ id }) => id))).toEqual([ids.slice(0, 3), ids.slice(3)])
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
      const [one = "", two = ""] = ids
      yield* deadLetters.replay(one)
      yield* Effect.flip(jobs.awaitResult(Pay, one))
      expect(yield* jobs.status(one)).toMatchObject({ state: "dead", attempt: 2, replays: 1 })
      expect((yield* jobs.status(one)).errors.length).toBe(4)
      expect(yield* deadLetters.purge({ ids: [two] })).toBe(1)
      expect(yield* deadLetters.purge()).toBe(4)
      expect(yield* Effect.flip(jobs.status(two))).toMatchObject({ reason: "NotFound" })
      expect(yield* Effect.flip(deadLetters.replay(two))).toMatchObject({ reason: "NotFound" })
      expect((yield* totals).failures).toBe(0)
      const now = yield* Testing.snapshot
      expect(now['jobs_dead_lettered_total{job_type="pay",reason="NoFunds"}']).toBe(6)
      expect(now['jobs_replayed_total{job_type="pay",operation="replay",priority="normal"}']).toBe(1)
      expect(now['jobs_failed_total{job_type="pay",reason="NoFunds"}']).toBe(12)
    }).pipe(Effect.provide(world(PayLive, {}, database))),

  "replays with no handler anywhere, and not where a live job has the key": (database) =>
    Effect.gen(function* () {
      const jobs = yield* JobService
      const sql = yield* SqlClient.SqlClient
      const dead = yield* jobs.submit(Pay, 1, { dedupeKey: "k" })
      const free = yield* jobs.submit(Pay, 1)
      yield* Effect.forEach([dead, free], jobs.cancel)
      yield* sql`UPDATE jobs_done SET state = 4`
      yield* jobs.submit(Pay, 2, { dedupeKey: "k" })
      expect(yield* Effect.flip(jobs.deadLetters.replay(dead))).toMatchObject({ reason: "Validation" })
      yield* jobs.deadLetters.replay(free)
      expect(yield* jobs.status(free)).toMatchObject({ state: "ready", replays: 1 })
      expect(yield* counted("jobs_replayed_total")).toBe(1)
    }).pipe(Effect.provide(client({}, database))),

  "cancels a job that runs and one that waits, each counted once, and what fails each time": (database) => {
    const { handler, times } = countedWait()
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const running = yield* jobs.submit(Wait, undefined)
      const waiting = yield* jobs.submit(Wait, undefined, { delay: "1 hour" })
      yield* eventually(Effect.sync(() => expect(times.begun).toBe(1)))
      yield* Effect.forEach([running, waiting], jobs.cancel)
      yield* eventually(Effect.sync(() => expect(times.interrupted).toBe(1)))
      const exits = yield* Effect.all([Effect.flip(jobs.cancel(running)), Effect.flip(jobs.cancel(running))], {
        concurrency: 2
      })
      expect(exits).toMatchObject([{ reason: "AlreadyCancelled" }, { reason: "AlreadyCancelled" }])
      expect(yield* Effect.flip(jobs.awaitResult(Wait, running))).toMatchObject({ reason: "AlreadyCancelled" })
      const now = yield* Testing.snapshot
      expect(now['jobs_cancelled_total{job_type="wait",operation="cancel",priority="normal"}']).toBe(2)
      expect(now['jobs_failed_total{job_type="wait",reason="AlreadyCancelled"}']).toBe(2)
      expect(yield* totals).toMatchObject({ cancellations: 2, held: 0 })
    }).pipe(Effect.provide(world(handler, {}, database)))
  },

  "shows how far an attempt has come, and what span it was submitted in": (database) => {
    let seen: string | undefined
    const Far = Job.make({ type: "far", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
    const handler = Far.toLayer((_, attempt) => {
      seen = attempt.traceparent
      return Effect.zipRight(attempt.progress(0.4, "two of five"), Effect.never)
    })
    return Effect.gen(function* () {
      const jobs = yield* JobService
      const [id, span] = yield* Effect.useSpan("request", (span) =>
        Effect.map(Effect.withParentSpan(jobs.submit(Far, undefined), span), (id) => [id, span] as const)
      )
      yield* eventually(
        Effect.map(jobs.status(id), ({ progress }) => expect(progress).toEqual({ ratio: 0.4, note: "two of five" }))
      )
      expect(seen).toBe(`00-${span.traceId}-${span.spanId}-01`)
    }).pipe(Effect.provide(world(handler, {}, database)))
  }
})
