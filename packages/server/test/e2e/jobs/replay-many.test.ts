/** Dead letters that are replayed together, and what a service says of its runners, types and clock, on both databases. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { client, counted, eventually, onBoth, totals, world } from "../../infra/jobs/world.ts"

const One = Job.make({ type: "one", payload: Schema.Number, success: Schema.Void, error: Schema.Never })
const Two = Job.make({ type: "two", payload: Schema.Number, success: Schema.Void, error: Schema.Never })
const Wait = Job.make({ type: "wait", payload: Schema.Void, success: Schema.Void, error: Schema.Never })

/** So many dead letters of a type, one a second from `from` on; their ids. */
const bury = (job: typeof One | typeof Two, from: number, many: number) =>
  Effect.gen(function* () {
    const jobs = yield* JobService
    const sql = yield* SqlClient.SqlClient
    const ids: ReadonlyArray<string> = yield* jobs.submitMany(
      job,
      Array.from({ length: many }, (_, n) => n)
    )
    for (const [index, id] of ids.entries()) {
      yield* sql`
        INSERT INTO jobs_done (id, type, partition, priority, state, due_at, accepted_at, finished_at, payload, reason,
          dedupe_key)
        SELECT id, type, partition, priority, 4, due_at, accepted_at, ${from + index * 1000}, payload, 'Refused', ${id}
        FROM jobs WHERE id = ${id}`
      yield* sql`DELETE FROM jobs WHERE id = ${id}`
    }
    return ids
  })

const replays = counted("jobs_replayed_total")

onBoth("replay_many", {
  "replays dead letters by their ids, each once, and says which are none": (database) =>
    Effect.gen(function* () {
      const { deadLetters, status, submit } = yield* JobService
      const ids = yield* bury(One, 1000, 3)
      const [one = "", two = "", three = ""] = ids
      const ready = yield* submit(One, 9)
      const done = yield* deadLetters.replayMany({ ids: [one, one, two, ready, "none"] })
      expect([done.replayed, done.left]).toEqual([2, 2])
      expect(done.errors.map(({ jobId, message, reason }) => [jobId, reason, message])).toEqual([
        [ready, "NotFound", "The job is ready, not a dead letter"],
        ["none", "NotFound", "There is no job none"]
      ])
      expect(yield* status(one)).toMatchObject({ state: "ready", replays: 1, attempt: 0 })
      expect((yield* deadLetters.list()).items.map(({ id }) => id)).toEqual([three])
      expect(yield* deadLetters.replayMany({ ids: [] })).toEqual({ replayed: 0, left: 0, errors: [] })
    }).pipe(Effect.provide(client({}, database))),

  "replays those that match a type and a time, the oldest first, and counts each as one replay": (database) =>
    Effect.gen(function* () {
      const { deadLetters } = yield* JobService
      const ones = yield* bury(One, 1000, 450)
      yield* bury(Two, 1500, 5)
      expect(yield* deadLetters.count()).toBe(455)
      expect(yield* deadLetters.count({ jobType: "one", before: 401_000 })).toBe(400)
      const some = yield* deadLetters.replayMany({ jobType: "one", before: 401_000, limit: 250 })
      expect(some).toEqual({ replayed: 250, left: 0, errors: [] })
      const { items } = yield* deadLetters.list({ jobType: "one", limit: 1 })
      expect(items[0]?.id).toBe(ones[250])
      expect(yield* deadLetters.replayMany({ jobType: "one", before: 401_000 })).toMatchObject({ replayed: 150 })
      expect(yield* deadLetters.count({ jobType: "one" })).toBe(50)
      expect(yield* replays).toBe(400)
      expect(yield* deadLetters.replayMany()).toEqual({ replayed: 55, left: 0, errors: [] })
      expect(yield* deadLetters.count()).toBe(0)
      expect(yield* replays).toBe(455)
      expect(yield* totals).toMatchObject({ enqueued: 455, held: 455, replays: 455 })
      expect(yield* counted("jobs_enqueued_total")).toBe(455)
    }).pipe(Effect.provide(client({}, database))),

  "leaves those whose dedupe key a live job has, and those that match not every option": (database) =>
    Effect.gen(function* () {
      const { deadLetters, submit } = yield* JobService
      const ids = yield* bury(One, 1000, 3)
      const [one = "", two = "", three = ""] = ids
      yield* submit(One, 7, { dedupeKey: one })
      const done = yield* deadLetters.replayMany({ jobType: "one" })
      expect([done.replayed, done.left, done.errors[0]?.reason, done.errors[0]?.jobId]).toEqual([
        2,
        1,
        "Validation",
        one
      ])
      const [other = ""] = yield* bury(Two, 5000, 1)
      expect(yield* deadLetters.replayMany({ ids: [other], jobType: "one" })).toMatchObject({ replayed: 0, left: 0 })
      expect(yield* deadLetters.replayMany({ ids: [other], before: 5000 })).toMatchObject({ replayed: 0, left: 0 })
      expect(yield* deadLetters.replayMany({ ids: [other, two, three], before: 5001 })).toMatchObject({
        replayed: 1,
        left: 0
      })
    }).pipe(Effect.provide(client({}, database))),

  "is committed or rolled back with the caller's transaction": (database) =>
    Effect.gen(function* () {
      const { deadLetters } = yield* JobService
      const sql = yield* SqlClient.SqlClient
      yield* bury(One, 1000, 20)
      const rolledBack = Effect.zipRight(deadLetters.replayMany(), Effect.fail("rolled back"))
      expect(yield* Effect.flip(sql.withTransaction(rolledBack))).toBe("rolled back")
      expect(yield* deadLetters.count()).toBe(20)
      expect(yield* sql.withTransaction(deadLetters.replayMany())).toMatchObject({ replayed: 20, left: 0 })
      expect(yield* deadLetters.count()).toBe(0)
    }).pipe(Effect.provide(client({}, database))),

  "refuses what makes no sense": (database) =>
    Effect.gen(function* () {
      const { deadLetters, list } = yield* JobService
      const refused = yield* Effect.forEach(
        [
          deadLetters.replayMany({ limit: 0 }),
          deadLetters.replayMany({ before: Number.NaN }),
          deadLetters.replayMany({ jobType: "" }),
          deadLetters.count({ before: Number.POSITIVE_INFINITY }),
          // @ts-expect-error -- for callers without types
          list("ready", { order: "best" })
        ] as const,
        (call) => Effect.map(Effect.flip<unknown, unknown, never>(call), String)
      )
      expect(refused).toEqual([
        'JobError: "limit" is a whole number of at least 1, not 0',
        'JobError: "before" is a time in epoch milliseconds, not NaN',
        'JobError: "jobType" is well-formed text of 1 to 120 characters, not ""',
        'JobError: "before" is a time in epoch milliseconds, not Infinity',
        'JobError: "order" is oldest or newest, not best'
      ])
    }).pipe(Effect.provide(client({}, database))),

  "pages through a list in both orders": (database) =>
    Effect.gen(function* () {
      const { list } = yield* JobService
      const ids = yield* bury(One, 1000, 5)
      const first = yield* list("dead", { order: "newest", limit: 2 })
      const second = yield* list("dead", { order: "newest", limit: 2, after: first.next })
      const third = yield* list("dead", { order: "newest", limit: 2, after: second.next })
      expect([first, second, third].map(({ items }) => items.map(({ id }) => ids.indexOf(id)))).toEqual([
        [4, 3],
        [2, 1],
        [0]
      ])
      expect(third.next).toBeUndefined()
    }).pipe(Effect.provide(client({}, database))),

  "says which runners there are, which types, what waits longest, and the time of the database": (database) =>
    Effect.gen(function* () {
      const { now, oldestReady, pause, runners, status, submit, types } = yield* JobService
      const id = yield* submit(Wait, undefined)
      yield* eventually(Effect.map(status(id), ({ state }) => expect(state).toBe("running")))
      yield* bury(One, 1000, 1)
      yield* submit(Two, 1)
      yield* pause("paused")
      const { heldBy } = yield* status(id)
      const found = yield* eventually(Effect.filterOrFail(runners, ([runner]) => runner?.slots !== undefined))
      expect(found).toEqual([{ id: heldBy, name: "me", running: 1, slots: 16, heartbeatAgeMs: expect.any(Number) }])
      expect(found[0]?.heartbeatAgeMs).toBeLessThan(1000)
      expect(yield* types).toEqual(["one", "paused", "two", "wait"])
      expect((yield* oldestReady).map(({ jobType }) => jobType)).toEqual(["two"])
      expect(Math.abs((yield* now) - (yield* status(id)).acceptedAt)).toBeLessThan(60_000)
    }).pipe(
      Effect.provide(
        world(
          Wait.toLayer(() => Effect.never),
          { runnerName: "me" },
          database
        )
      )
    )
})
