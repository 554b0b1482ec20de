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
