/** When the two sides of the law of jobs are said to differ. */
import { describe, expect, it } from "@effect/vitest"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import * as Effect from "effect/Effect"
import { began, makeFeed, numbersOf } from "./feed.ts"

const { jobs } = catalogue

interface Numbers {
  readonly enqueued?: number
  readonly replays?: number
  readonly completions?: number
  readonly cancellations?: number
  readonly deadLettered?: number
}

/** Counters of a process, and what it says is in the tables. */
const of = (numbers: Numbers, held?: number) => [
  ...Object.entries(numbers).map(([handle, counter]) => ({ name: jobs[handle as keyof Numbers].name, counter })),
  ...(held === undefined
    ? []
    : [{ name: jobs.queueDepth.name, gauge: held, attributes: { job_type: "x", state: "ready" } }])
]

const zero = { enqueued: 0, replays: 0, completions: 0, cancellations: 0, deadLettered: 0 }

describe("the law of jobs", () => {
  it.scoped("is not known while there are no jobs, or nobody says how many are held", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [{ name: "x", counter: 1 }])
      expect((yield* seconds()).law).toBeNull()
      yield* send("a", of({ enqueued: 3 }))
      expect((yield* seconds()).law).toBeNull()
      yield* send("a", of({}, 3))
      expect((yield* seconds()).law).toMatchObject({ accepted: 3, held: 3 })
    })
  )

  it.scoped("adds up counters of all processes and takes what is held once", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", of(zero, 0))
      yield* send("b", of(zero, 0))
      yield* seconds()
      yield* send("a", of({ enqueued: 10, replays: 1, completions: 3, cancellations: 1, deadLettered: 2 }, 2))
      yield* send("b", of({ completions: 3 }, 2))
      expect((yield* seconds()).law).toEqual({
        accepted: 10,
        replayed: 1,
        completed: 6,
        cancelled: 1,
        dead: 2,
        held: 2
      })
    })
  )

  it.scoped("does not cry while something moves, however far its sides are apart", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", of(zero, 0))
      for (let second = 0; second < 60; second++) {
        yield* seconds()
        yield* send("a", of({ ...zero, enqueued: 100 + second }, 0))
        expect((yield* seconds()).law?.differsSince).toBeUndefined()
      }
    })
  )

  it.scoped("says since when its sides differ, once nothing has moved for ten seconds", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", of(zero, 0))
      yield* seconds()
      const lost = of({ ...zero, enqueued: 5, completions: 4 }, 0)
      for (let second = 0; second < 15; second++) {
        yield* send("a", lost)
        const { law } = yield* seconds()
        expect(law?.differsSince).toBe(second < 10 ? undefined : began + 2_000)
      }
      yield* send("a", of({ ...zero, enqueued: 5, completions: 5 }, 0))
      expect((yield* seconds()).law).toEqual({ accepted: 5, replayed: 0, completed: 5, cancelled: 0, dead: 0, held: 0 })
    })
  )

  it.scoped("waits until each process that goes on has reported twice", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const submitter = (enqueued: number) => send("every 30 s", of({ enqueued }))
      const runner = (completions: number) => send("every second", of({ completions }, 0))
      const differs: Array<boolean> = []
      for (let second = 0; second < 120; second++) {
        yield* second % 30 === 0 ? submitter(second < 30 ? 0 : 5) : Effect.void
        yield* runner(second < 12 ? 0 : 5)
        differs.push((yield* seconds()).law?.differsSince !== undefined)
      }
      // Accepted five jobs half a minute before it says so.
      expect(differs.includes(true)).toBe(false)
    })
  )

  it.scoped("counts jobs that were held before anybody counted to the left side, once they are certain", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const run = (numbers: Numbers, held: number, count: number) =>
        Effect.gen(function* () {
          for (let second = 1; second < count; second++) {
            yield* send("a", of({ ...zero, ...numbers }, held))
            yield* seconds()
          }
          yield* send("a", of({ ...zero, ...numbers }, held))
          return (yield* seconds()).law
        })
      expect((yield* run({}, 40, 5))?.differsSince).toBeUndefined()
      const settled = yield* run({}, 40, 15)
      expect(settled).toMatchObject({ held: 40, before: 40 })
      expect(settled?.differsSince).toBeUndefined()
      const later = yield* run({ completions: 30 }, 10, 15)
      expect(numbersOf(later)).toMatchObject({ completed: 30, held: 10, before: 40 })
      expect(later?.differsSince).toBeUndefined()
      expect((yield* run({ completions: 30 }, 9, 15))?.differsSince).toBeDefined()
    })
  )

  it.scoped("judges nothing new when nobody sends any more", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", of(zero, 0))
      yield* seconds()
      yield* send("a", of({ ...zero, enqueued: 5, completions: 4 }, 0))
      const { law } = yield* seconds(300)
      expect(law).toMatchObject({ accepted: 5, completed: 4, held: 0 })
      expect(law?.differsSince).toBeUndefined()
    })
  )

  it.scoped("knows jobs of before anybody counted also where counters ran ahead of them at first", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", of(zero, 3))
      yield* seconds()
      // What is held is read before what is counted.
      yield* send("a", of({ ...zero, enqueued: 10, completions: 5 }, 3))
      yield* seconds()
      const ends: Array<number | undefined> = []
      for (let second = 0; second < 20; second++) {
        yield* send("a", of({ ...zero, enqueued: 10, completions: 10 }, 3))
        ends.push((yield* seconds()).law?.differsSince)
      }
      expect(ends).toEqual(ends.map(() => undefined))
      yield* send("a", of({ ...zero, enqueued: 10, completions: 12 }, 1))
      expect((yield* seconds()).law).toMatchObject({ before: 3, held: 1 })
    })
  )

  it.scoped("does not wait for a process that was killed after the machine had slept for ten minutes", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const both = (enqueued: number) =>
        Effect.all([send("a", of({ ...zero, enqueued, completions: enqueued }, 0)), send("killed", of(zero, 0))])
      yield* Effect.repeatN(Effect.zipRight(both(1), seconds()), 5)
      yield* seconds(600)
      yield* Effect.repeatN(Effect.zipRight(both(2), seconds()), 0)
      const since: Array<number | undefined> = []
      for (let second = 0; second < 320; second++) {
        yield* send("a", of({ ...zero, enqueued: 5, completions: 4 }, 0))
        since.push((yield* seconds()).law?.differsSince)
      }
      expect([since[290], since[319]]).toEqual([undefined, expect.any(Number)])
    })
  )
})
