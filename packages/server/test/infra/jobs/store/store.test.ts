import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import { accept, claimAll, failure, jobOf, lease, live, onBoth, outside, requestOf, startOne } from "./databases.ts"

onBoth("first", {
  "goes round": Effect.gen(function* () {
    const store = yield* JobStore
    yield* live()
    expect(yield* accept(jobOf("a"), jobOf("b"), jobOf("c", { dedupeKey: "k" }))).toHaveLength(3)
    expect(yield* accept(jobOf("d", { dedupeKey: "k" }))).toEqual([{ id: "c", isDuplicate: true }])
    const a = yield* startOne()
    expect(a).toMatchObject({ id: "a", attempt: 1, isStarted: true, run: 1 })
    const rest = yield* store.claim(requestOf())
    expect(rest.jobs.map(({ attempt, id, isStarted }) => [id, attempt, isStarted])).toEqual([
      ["b", 1, false],
      ["c", 1, false]
    ])
    expect(rest.nextDueMs).toBe(undefined)
    expect(yield* store.start("me", rest.jobs, false)).toEqual(["b", "c"])
    expect(yield* store.start("me", rest.jobs, false)).toEqual(["b", "c"])
    const ends = [
      { ...a, settlement: { _tag: "Completed", result: "1" } },
      { ...rest.jobs[0]!, settlement: { _tag: "Retrying", failure, pauseMs: 60_000 } },
      { ...rest.jobs[1]!, settlement: { _tag: "Dead", failure } }
    ] as const
    expect(yield* store.end("me", ends)).toEqual(["written", "written", "written"])
    expect(yield* store.end("me", ends)).toEqual(["written", "written", "written"])
    expect(yield* store.end("other", ends)).toEqual(["written", "written", "written"])
    const next = yield* store.claim(requestOf())
    expect(next.nextDueMs).toBeGreaterThan(50_000)
    expect(yield* store.depth).toEqual([{ jobType: "t", state: "retrying", jobs: 1 }])
    expect(yield* store.dead).toEqual([{ jobType: "t", state: "dead", jobs: 1 }])
    expect(yield* store.oldestDead).toHaveLength(1)
    expect(yield* store.oldestWaiting).toEqual([])
    expect(Option.isSome(yield* store.replay("c", outside))).toBe(true)
    expect(Option.isSome(yield* store.replay("c", outside))).toBe(false)
    expect(Option.isSome(yield* store.cancel("b", outside))).toBe(true)
    expect(Option.isSome(yield* store.cancel("b", outside))).toBe(false)
    const c = yield* startOne()
    expect(c).toMatchObject({ id: "c", attempt: 1, run: 2 })
    yield* store.finish("me")
    expect(yield* store.takeOver(lease, 5)).toEqual({ suspects: 1, untouched: 0, dead: [] })
    yield* live()
    expect(yield* claimAll()).toEqual([])
    const suspect = Option.getOrThrow(yield* store.claimSuspect(requestOf()))
    expect(suspect).toMatchObject({ id: "c", attempt: 1, run: 4, isRedelivered: true, deaths: 1 })
    expect(yield* store.start("me", [suspect], true)).toEqual(["c"])
    expect(yield* store.beat({ id: "me", leaseMs: lease })).toBe(true)
    yield* store.finish("me")
    expect(yield* store.beat({ id: "me", leaseMs: lease })).toBe(false)
    expect(yield* store.takeOver(lease, 1)).toMatchObject({ dead: [{ type: "t", attempts: 1 }] })
    expect(Option.getOrThrow(yield* store.status("c"))).toMatchObject({
      state: "dead",
      reason: "RunnerLost",
      redeliveries: 1
    })
    expect(Option.getOrThrow(yield* store.ending("c"))).toMatchObject({ state: "dead", reason: "RunnerLost" })
    expect(yield* store.progress("me", suspect, 0.5, "half")).toBe(false)
    yield* store.setPaused("t", true)
    expect(yield* store.paused).toEqual(["t"])
    expect(yield* store.purge({ state: "dead" })).toBe(1)
    expect(yield* store.takeUncounted("me")).toEqual([])
  })
})
