/** Rates, quantiles and gauges of the charts, from points with times of their own. */
import { describe, expect, it } from "@effect/vitest"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import * as Effect from "effect/Effect"
import { began, makeFeed } from "./feed.ts"

const { cluster, jobs } = catalogue
const old = { start: began - 3_000_000 }

describe("a rate", () => {
  it.scoped("is the increase over the time between the points, whenever they arrive", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [{ name: jobs.enqueued.name, counter: 1_000 }], { ...old, at: began - 10_000 })
      // What a process counted before anybody listened is not of now.
      expect((yield* seconds()).charts.jobs).toEqual({})
      yield* send("a", [{ name: jobs.enqueued.name, counter: 1_050 }], { ...old, at: began })
      expect((yield* seconds()).charts.jobs).toEqual({ enqueued: 5 })
    })
  )

  it.scoped("adds up processes that export at different times, and holds between their points", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const name = jobs.completions.name
      const rates: Array<number | undefined> = []
      for (let second = 0; second < 30; second++) {
        yield* send("quick", [{ name, counter: second * 2 }], old)
        if (second % 10 === 0) {
          yield* send("slow", [{ name, counter: second * 3 }], old)
        }
        rates.push((yield* seconds()).charts.jobs["completed"])
      }
      // The first point of each says only where it stands.
      expect(rates).toEqual([undefined, ...Array<number>(9).fill(2), ...Array<number>(20).fill(5)])
    })
  )

  it.scoped("begins at nothing for a series that is new in a process that was known", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const failures = (reason: string, counter: number) => ({
        name: jobs.failures.name,
        counter,
        attributes: { reason }
      })
      yield* send("a", [failures("Timeout", 1)], old)
      yield* seconds(2)
      yield* send("a", [failures("Timeout", 1), failures("Refused", 4)], old)
      expect((yield* seconds()).charts.failures).toEqual({ Timeout: 0, Refused: 2 })
    })
  )

  it.scoped("begins at nothing for a process that has begun just now", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [{ name: jobs.enqueued.name, counter: 20 }], { start: began - 4_000 })
      expect((yield* seconds()).charts.jobs).toEqual({ enqueued: 5 })
    })
  )

  it.scoped("goes on when a process starts over with its counters", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const enqueued = (counter: number) => [{ name: jobs.enqueued.name, counter }]
      yield* send("a", enqueued(500), old)
      yield* seconds()
      yield* send("a", enqueued(502), old)
      expect((yield* seconds()).charts.jobs).toEqual({ enqueued: 2 })
      yield* send("a", enqueued(3), { start: began + 1_500 })
      expect((yield* seconds()).charts.jobs).toEqual({ enqueued: 3 })
    })
  )

  it.scoped("ends when the process stops, five seconds after its last point", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      for (const counter of [0, 7]) {
        yield* send("a", [{ name: jobs.enqueued.name, counter }], old)
        yield* seconds()
      }
      expect((yield* seconds(5)).charts.jobs).toEqual({ enqueued: 7 })
      expect((yield* seconds()).charts.jobs).toEqual({})
    })
  )

  it.scoped("waits longer for a process with a longer interval", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      for (const counter of [0, 60]) {
        yield* send("a", [{ name: jobs.enqueued.name, counter }], old)
        yield* seconds(60)
      }
      expect((yield* seconds(90)).charts.jobs).toEqual({ enqueued: 1 })
      expect((yield* seconds(2)).charts.jobs).toEqual({})
    })
  )

  it.scoped("is not changed by a point that was sent again", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      for (const counter of [0, 7, 7]) {
        const at = began + (counter === 0 ? 0 : 1_000)
        yield* send("a", [{ name: jobs.enqueued.name, counter }], { ...old, at })
        yield* seconds()
      }
      expect((yield* seconds()).charts.jobs).toEqual({ enqueued: 7 })
    })
  )
})

describe("failures", () => {
  it.scoped("have lines for the five largest reasons, and the others are one", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const all = (round: number) =>
        Array.from({ length: 8 }, (_, index) => ({
          name: jobs.failures.name,
          counter: round * (index + 1),
          attributes: { reason: `R${index}` }
        }))
      yield* send("a", all(1), old)
      yield* seconds()
      yield* send("a", all(2), old)
      expect((yield* seconds()).charts.failures).toEqual({ R7: 8, R6: 7, R5: 6, R4: 5, R3: 4, others: 6 })
    })
  )
})

describe("jobs by state", () => {
  it.scoped("are taken once for the cluster, the largest of what its runners say, and added up over the types", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const depth = (job_type: string, state: string, gauge: number) => ({
        name: jobs.queueDepth.name,
        gauge,
        attributes: { job_type, state }
      })
      yield* send("a", [depth("mail", "ready", 5), depth("pdf", "ready", 2), depth("mail", "running", 1)])
      yield* send("b", [depth("mail", "ready", 7)])
      expect((yield* seconds()).charts.queue).toEqual({ ready: 9, running: 1 })
    })
  )

  it.scoped("are no longer what a runner said that has stopped", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const depth = (gauge: number) => [
        { name: jobs.queueDepth.name, gauge, attributes: { job_type: "x", state: "ready" } }
      ]
      for (let second = 0; second < 12; second++) {
        if (second < 3) {
          yield* send("killed", depth(100))
        }
        yield* send("goes on", depth(second))
        const { charts } = yield* seconds()
        expect(charts.queue).toEqual({ ready: second < 8 ? 100 : second })
      }
      expect((yield* seconds(10)).charts.queue).toEqual({})
    })
  )
})

describe("quantiles", () => {
  it.scoped("are of what was measured since the point before, over all series", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const bounds = [1, 2, 4]
      const process = (job_type: string, buckets: ReadonlyArray<number>) => ({
        name: jobs.processingSeconds.name,
        bounds,
        buckets,
        attributes: { job_type, operation: "process" }
      })
      const submit = { ...process("mail", [9_000, 0, 0, 0]), attributes: { job_type: "mail", operation: "submit" } }
      yield* send("a", [process("mail", [1_000, 0, 0, 0]), process("pdf", [0, 0, 0, 0])], old)
      expect((yield* seconds()).charts.processing).toEqual({})
      yield* send("a", [process("mail", [1_000, 50, 0, 0]), process("pdf", [0, 0, 50, 0]), submit], old)
      expect((yield* seconds()).charts.processing).toEqual({ p50: 2, p95: 3.8, p99: 3.96 })
      yield* send("a", [process("mail", [1_000, 50, 0, 0]), process("pdf", [0, 0, 50, 0])], old)
      expect((yield* seconds()).charts.processing).toEqual({})
    })
  )

  it.scoped("of messages are those that their callers saw", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const message = (operation: string, buckets: ReadonlyArray<number>) => ({
        name: cluster.messageLatency.name,
        bounds: [1],
        buckets,
        attributes: { operation }
      })
      yield* send("a", [message("send", [10, 0]), message("receive", [0, 10])], { start: began - 1_000 })
      expect((yield* seconds()).charts.messages).toEqual({ p50: 0.5, p95: 0.95, p99: 0.99 })
    })
  )
})
