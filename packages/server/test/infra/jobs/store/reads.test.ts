/** What is read of jobs: the status of one, pages of many, and the numbers behind the gauges. */
import { expect } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import type { JobState } from "../../../../src/infra/jobs/store/state.ts"
import {
  accept,
  age,
  claimAll,
  completed,
  dead,
  endAs,
  failure,
  jobOf,
  lease,
  live,
  onBoth,
  outside,
  type Promises,
  startOne
} from "./databases.ts"

const states: ReadonlyArray<JobState> = ["ready", "scheduled", "retrying", "running", "completed", "cancelled", "dead"]

/** Three jobs in each state, two of the type t and one of u, named after their states. */
const fill = Effect.gen(function* () {
  const { cancel } = yield* JobStore
  yield* live()
  for (const [n, type] of [
    [1, "t"],
    [2, "u"],
    [3, "t"]
  ] as const) {
    const named = (state: string) => `${state} ${n}`
    const startNext = startOne("me", type)
    for (const [state, settlement] of [
      ["completed", completed],
      ["dead", dead],
      ["retrying", { _tag: "Retrying", failure, pauseMs: 60_000 + n }]
    ] as const) {
      yield* accept(jobOf(named(state), { type }))
      yield* endAs(yield* startNext, settlement)
    }
    yield* accept(jobOf(named("running"), { type }))
    yield* startNext
    yield* accept(jobOf(named("cancelled"), { type }))
    yield* cancel(named("cancelled"), outside)
    yield* accept(jobOf(named("scheduled"), { type, delayMs: 60_000 + n, priority: "critical" }))
  }
  const priorities = ["low", "critical", "normal"] as const
  for (const [index, priority] of priorities.entries()) {
    yield* accept(jobOf(`ready ${index + 1}`, { type: index === 1 ? "u" : "t", priority }))
    yield* Effect.sleep("2 millis")
  }
})

const promises: Promises = {
  "gives pages of each state, of all types or one, the oldest first": Effect.gen(function* () {
    yield* fill
    const { page } = yield* JobStore
    for (const state of states) {
      const whole = yield* page({ state, limit: 10 })
      expect(whole.map((job) => [job.id, job.state])).toEqual([1, 2, 3].map((n) => [`${state} ${n}`, state]))
      const first = yield* page({ state, limit: 2 })
      const last = first.at(-1)
      const after = { at: last?.finishedAt ?? last?.dueAt ?? 0, id: last?.id ?? "" }
      const rest = yield* page({ state, limit: 2, after })
      expect([...first, ...rest].map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
      expect((yield* page({ state, limit: 10, type: "u" })).map(({ id }) => id)).toEqual([`${state} 2`])
      expect(yield* page({ state, limit: 10, type: "v" })).toEqual([])
    }
    const [retrying] = yield* page({ state: "retrying", limit: 1 })
    expect(retrying?.errors).toMatchObject([{ attempt: 1, reason: "r", message: "m" }])
  }),

  "gives the newest first where that is asked for, in pages that what arrives meanwhile does not move": Effect.gen(
    function* () {
      yield* fill
      const { page } = yield* JobStore
      for (const state of states) {
        const whole = yield* page({ state, limit: 10, order: "newest" })
        expect(whole.map(({ id }) => id)).toEqual([3, 2, 1].map((n) => `${state} ${n}`))
        const first = yield* page({ state, limit: 1, order: "newest" })
        if (state === "ready") {
          yield* accept(jobOf("later", { type: "t", priority: "high" }))
        }
        const last = first.at(-1)
        const after = { at: last?.finishedAt ?? last?.dueAt ?? 0, id: last?.id ?? "" }
        const rest = yield* page({ state, limit: 5, order: "newest", after })
        expect([...first, ...rest].map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
      }
    }
  ),

  "tells jobs of the same time apart by their ids, in both orders": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { page } = yield* JobStore
    const ids = ["a", "b", "c", "d", "e"]
    yield* accept(...ids.map((id) => jobOf(id)))
    yield* sql`UPDATE jobs SET due_at = 1000`
    for (const order of ["oldest", "newest"] as const) {
      const seen: Array<string> = []
      let after: { readonly at: number; readonly id: string } | undefined
      do {
        const some = yield* page({ state: "ready", limit: 2, order, after })
        seen.push(...some.map(({ id }) => id))
        const last = some.at(-1)
        after = last === undefined ? undefined : { at: last.dueAt, id: last.id }
      } while (after !== undefined)
      expect(seen).toEqual(order === "oldest" ? ids : ids.toReversed())
    }
  }),

  "keeps the trace that a job was submitted in, wherever the job stands": Effect.gen(function* () {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    const store = yield* JobStore
    yield* live()
    yield* accept(jobOf("a", { traceparent }), jobOf("b"))
    const traces = Effect.map(Effect.all([store.status("a"), store.status("b")]), (all) =>
      all.map((job) => Option.getOrThrow(job).traceparent)
    )
    expect(yield* traces).toEqual([traceparent, undefined])
    yield* Effect.forEach(yield* claimAll(), (job) => endAs(job, completed))
    expect(yield* traces).toEqual([traceparent, undefined])
    const done = yield* store.page({ state: "completed", limit: 5 })
    expect(done.map((job) => job.traceparent).sort()).toEqual([traceparent, undefined])
  }),

  "shows the runners, what they hold, and how old their heartbeats are": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { lives } = yield* JobStore
    yield* live("b", 5)
    yield* live("a")
    yield* live("gone", 1)
    yield* accept(jobOf("1"), jobOf("2"), jobOf("3"))
    yield* claimAll({ runnerId: "b" })
    yield* sql`UPDATE job_runners SET heartbeat_at = heartbeat_at - 7000 WHERE id = 'a'`
    yield* sql`UPDATE job_runners SET heartbeat_at = - heartbeat_at WHERE id = 'gone'`
    const found = yield* lives
    expect(found.map(({ id, name, running }) => [id, name, running])).toEqual([
      ["a", "a", 0],
      ["b", "b", 3]
    ])
    expect(found.map(({ heartbeatAgeMs }) => Math.floor(heartbeatAgeMs / 5000))).toEqual([1, 0])
  }),

  "shows how many slots each runner has, as its last heartbeat said": Effect.gen(function* () {
    const { beat, lives } = yield* JobStore
    const slots = Effect.map(lives, (all) => all.map((life) => [life.id, "slots" in life ? life.slots : "none"]))
    yield* live("a", 5)
    yield* live("b")
    expect(yield* slots).toEqual([
      ["a", 5],
      ["b", "none"]
    ])
    // Of two types, each with the most that is accepted.
    const most = 2 * 2_147_483_647
    yield* beat({ id: "a", leaseMs: lease, slots: undefined })
    yield* beat({ id: "b", leaseMs: lease, slots: most })
    expect(yield* slots).toEqual([
      ["a", "none"],
      ["b", most]
    ])
    yield* live("a", 0)
    expect(yield* slots).toEqual([
      ["a", 0],
      ["b", most]
    ])
  }),

  "counts what a purge would remove, and knows the types of what is alive": Effect.gen(function* () {
    yield* fill
    const { countFinished, now, page, waitingTypes } = yield* JobStore
    const [first] = yield* page({ state: "dead", limit: 1 })
    const counts = yield* Effect.forEach(
      [
        { state: "dead" },
        { state: "dead", type: "t" },
        { state: "dead", type: "v" },
        { state: "dead", ids: ["dead 1", "dead 2", "ready 1", "none"] },
        { state: "dead", ids: [] },
        { state: "dead", before: first?.finishedAt ?? 0 },
        { state: "completed", before: yield* now },
        { state: "completed", before: 1000 }
      ] as const,
      countFinished
    )
    expect(counts).toEqual([3, 2, 0, 2, 0, 0, 3, 0])
    expect(Array.from(new Set(yield* waitingTypes)).sort()).toEqual(["t", "u"])
  }),

  "counts what there is by type and state, and says how old it is": Effect.gen(function* () {
    yield* fill
    yield* age(5000)
    const store = yield* JobStore
    const depth = (yield* store.depth).map(({ jobType, jobs, state }) => `${jobType} ${state} ${jobs}`)
    expect(depth.sort()).toEqual(
      ["t ready 2", "t retrying 2", "t running 2", "t scheduled 2", "u ready 1"].concat([
        "u retrying 1",
        "u running 1",
        "u scheduled 1"
      ])
    )
    const dead = (yield* store.dead).map(({ jobType, jobs, state }) => `${jobType} ${state} ${jobs}`)
    expect(dead.sort()).toEqual(["t dead 2", "u dead 1"])
    for (const oldest of [yield* store.oldestWaiting, yield* store.oldestDead]) {
      expect(oldest.map(({ jobType }) => jobType).sort()).toEqual(["t", "u"])
      for (const { ageMs } of oldest) {
        expect(ageMs).toBeGreaterThanOrEqual(5000)
        expect(ageMs).toBeLessThan(60_000)
      }
    }
    yield* age(60_003)
    const now = (yield* store.depth).map(({ jobType, jobs, state }) => `${jobType} ${state} ${jobs}`)
    expect(now.sort()).toEqual(["t ready 6", "t running 2", "u ready 3", "u running 1"])
  }),

  "counts and shows suspects with what is ready": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const store = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"))
    yield* startOne()
    yield* sql`UPDATE job_runners SET heartbeat_at = 0`
    yield* store.takeOver(lease, 5)
    yield* age(3000)
    expect(yield* store.depth).toEqual([{ jobType: "t", state: "ready", jobs: 1 }])
    expect((yield* store.page({ state: "ready", limit: 5 })).map(({ id }) => id)).toEqual(["a"])
    expect((yield* store.oldestWaiting)[0]?.ageMs).toBeGreaterThanOrEqual(3000)
  }),

  "has nothing to say where there is nothing": Effect.gen(function* () {
    const store = yield* JobStore
    expect(yield* Effect.all([store.depth, store.dead, store.oldestWaiting, store.oldestDead])).toEqual([
      [],
      [],
      [],
      []
    ])
    expect(yield* store.status("a")).toEqual(Option.none())
    expect(yield* store.ending("a")).toEqual(Option.none())
    expect(yield* store.payload("a")).toEqual(Option.none())
    expect(yield* store.paused).toEqual([])
  }),

  "keeps the failures of a job over its replays, the oldest first": Effect.gen(function* () {
    const { ending, replay, status } = yield* JobStore
    yield* live()
    yield* accept(jobOf("a"))
    for (const message of ["1", "2"]) {
      yield* endAs(yield* startOne(), { _tag: "Dead", failure: { reason: "r", message, encoded: `"${message}"` } })
      yield* replay("a", outside)
    }
    yield* claimAll()
    const found = Option.getOrThrow(yield* status("a"))
    expect(found.errors.map(({ message }) => message)).toEqual(["1", "2"])
    expect(found).toMatchObject({ state: "running", replays: 2, heldBy: "me" })
    expect(Option.getOrThrow(yield* ending("a"))).toMatchObject({ state: "running", message: "2", error: '"2"' })
  })
}

onBoth("reads", promises)
