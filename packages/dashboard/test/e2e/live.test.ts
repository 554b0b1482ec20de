/** What pages are sent, from what processes send. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { began, dataOf, makeFeed } from "../live/feed.ts"

describe("a tick", () => {
  it.scoped("has what is new, and then only what has changed", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [
        { name: "x", counter: 1, attributes: { kind: "one" } },
        { name: "x", counter: 2, attributes: { kind: "two" } },
        { name: "y", buckets: [1, 2], bounds: [0.5] }
      ])
      const first = yield* seconds()
      expect(first.processes).toEqual([
        {
          id: 0,
          service: "test",
          instance: "a",
          resource: { "service.name": "test", "service.instance.id": "a" },
          firstSeenAt: began,
          lastSeenAt: began
        }
      ])
      expect(first.metrics).toEqual([
        { id: 0, name: "x", kind: "counter", unit: "", description: "" },
        { id: 1, name: "y", kind: "histogram", unit: "", description: "" }
      ])
      expect(first.series).toEqual([
        { id: 0, metric: 0, process: 0, labels: { kind: "one" } },
        { id: 1, metric: 0, process: 0, labels: { kind: "two" } },
        { id: 2, metric: 1, process: 0, labels: {} }
      ])
      expect(first.values).toEqual([{ time: began, ids: [0, 1, 1], values: [1, 2, 3], sums: [3] }])
      yield* send("a", [{ name: "x", counter: 5, attributes: { kind: "two" } }])
      const second = yield* seconds()
      expect(second).toMatchObject({ metrics: [], series: [], now: began + 2_000 })
      expect(second.values).toEqual([{ time: began + 1_000, ids: [1], values: [5], sums: [] }])
      expect(yield* seconds()).toMatchObject({ processes: [], metrics: [], series: [], values: [] })
    })
  )

  it.scoped("has the values of processes by the times of their points", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [
        { name: "x", counter: 1 },
        { name: "y", gauge: Number.NaN }
      ])
      yield* send("b", [{ name: "x", counter: 2 }], { at: began - 40_000, start: began - 90_000 })
      const { health, values } = yield* seconds()
      expect(values).toEqual([
        { time: began, ids: [0, 1], values: [1, null], sums: [] },
        { time: began - 40_000, ids: [2], values: [2], sums: [] }
      ])
      expect(health.lag).toEqual([
        { process: 0, ms: 0 },
        { process: 1, ms: 40_000 }
      ])
    })
  )

  it.scoped("takes names and labels of any text for what they are", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed()
      const attributes = Object.fromEntries([
        ["__proto__", "a"],
        ["constructor", "b"]
      ])
      yield* send(
        "a",
        [
          { name: "__proto__", counter: 1, attributes },
          { name: "constructor", gauge: 1, attributes: { toString: ["x"] } },
          { name: catalogue.jobs.failures.name, counter: 1, attributes: { reason: "__proto__" } }
        ],
        { start: began - 1_000 }
      )
      const { charts, metrics, series } = yield* seconds()
      expect(metrics.map(({ name }) => name)).toEqual(["__proto__", "constructor", catalogue.jobs.failures.name])
      expect(series.map(({ labels }) => Object.entries(labels))).toEqual([
        [
          ["__proto__", "a"],
          ["constructor", "b"]
        ],
        [["toString", '["x"]']],
        [["reason", "__proto__"]]
      ])
      expect(Object.entries(charts.failures)).toEqual([["__proto__", 1]])
      expect(live.detail("__proto__")?.series).toEqual([{ id: 0, times: [began], values: [1] }])
      expect(live.detail("toString")).toBeUndefined()
    })
  )

  it.scoped("cuts texts that are too long to be sent", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [{ name: "x", counter: 1, attributes: { a: "b".repeat(5_000), c: "\u0001".repeat(900) } }])
      const cut = { a: `${"b".repeat(999)}…`, c: `${"\u0001".repeat(166)}…` }
      expect((yield* seconds()).series[0]?.labels).toEqual(cut)
    })
  )

  it.scoped("has names that can be asked for in an address, of whatever a metric is called", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed()
      const [half, long] = ["a\ud800", `${"x".repeat(998)}\u{1f600}${"y".repeat(5_000)}`]
      yield* send("a", [
        { name: half, gauge: 1 },
        { name: long, gauge: 2 }
      ])
      const names = (yield* seconds()).metrics.map(({ name }) => name)
      expect(names).toEqual(["a\ufffd", `${"x".repeat(998)}\ufffd…`])
      const details = names.map((name) => live.detail(decodeURIComponent(encodeURIComponent(name))))
      expect(details.map((detail) => detail?.series[0]?.values)).toEqual([[1], [2]])
      expect(names.every(({ length }) => length <= 1_000)).toBe(true)
    })
  )

  it.scoped("has the first of many attributes, and says how many more there are", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const attributes = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`a${1_000 + index}`, "x"]))
      yield* send("a", [{ name: "x", gauge: 1, attributes }])
      const labels = Object.entries((yield* seconds()).series[0]?.labels ?? {})
      expect([labels.length, labels[127], labels[128]]).toEqual([129, ["a1127", "x"], ["…", "and 872 more"]])
    })
  )

  it.scoped("has the lag of the hundred processes that were heard of last", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      for (let index = 0; index < 150; index++) {
        yield* send(`restart ${index}`, [{ name: "x", gauge: 1 }])
        yield* seconds()
      }
      const { health } = yield* seconds()
      expect(health.lag.map(({ process }) => process)).toEqual(Array.from({ length: 100 }, (_, index) => 149 - index))
    })
  )

  it.scoped("tells a series apart whose sender changes its kind, and knows it when it changes back", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [{ name: "x", counter: 1 }])
      yield* seconds()
      yield* send("a", [{ name: "x", gauge: 7 }])
      expect(yield* seconds()).toMatchObject({
        metrics: [{ id: 1, name: "x", kind: "gauge" }],
        series: [{ id: 1, metric: 1 }],
        values: [{ ids: [1], values: [7] }]
      })
      yield* send("a", [{ name: "x", counter: 3 }])
      expect(yield* seconds()).toMatchObject({ metrics: [], series: [], values: [{ ids: [0], values: [3] }] })
    })
  )

  it.scoped("says that all before is void after the receiver was cleared, and begins its ids again", () =>
    Effect.gen(function* () {
      const { clear, seconds, send, state } = yield* makeFeed()
      yield* send("a", [
        { name: "x", counter: 1 },
        { name: "y", counter: 1 }
      ])
      yield* seconds()
      yield* clear
      expect(state()).toMatchObject({ processes: [], metrics: [], series: [], values: [], history: [] })
      yield* send("b", [{ name: "z", counter: 4 }])
      expect(yield* seconds()).toMatchObject({
        isReset: true,
        processes: [{ id: 0, instance: "b" }],
        metrics: [{ id: 0, name: "z" }],
        series: [{ id: 0 }],
        health: { requests: 1 }
      })
      expect((yield* seconds()).isReset).toBeUndefined()
    })
  )
})

describe("the state", () => {
  it.scoped("is everything as of the last tick, and the charts of before anybody looked", () =>
    Effect.gen(function* () {
      const { seconds, send, state } = yield* makeFeed()
      const { name } = catalogue.jobs.enqueued
      yield* send("a", [{ name, counter: 10 }])
      yield* seconds()
      yield* send("a", [{ name, counter: 40 }])
      yield* seconds()
      const late = { name: "late", counter: 1 }
      yield* send("a", [late])
      expect(state()).toMatchObject({
        startedAt: began,
        now: began + 2_000,
        metrics: [{ name }, { name: "late" }],
        series: [{ id: 0 }],
        values: [{ ids: [0], values: [40] }]
      })
      expect(state().history.map(({ jobs }) => jobs)).toEqual([{}, { enqueued: 30 }])
      // What is newer is in the next tick, for all who had this state.
      expect((yield* seconds()).series).toEqual([{ id: 1, metric: 1, process: 0, labels: {} }])
    })
  )

  it.scoped("is encoded once for all who begin in the same second", () =>
    Effect.gen(function* () {
      const { live, seconds } = yield* makeFeed()
      yield* seconds()
      const first = live.state()
      expect(live.state()).toBe(first)
      yield* seconds()
      expect(live.state()).not.toBe(first)
    })
  )
})

describe("the metric in detail", () => {
  it.scoped("has the past of its series, close together at first and then every half a minute", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed()
      for (let second = 0; second < 200; second++) {
        yield* send("a", [{ name: "x", counter: second }])
        yield* seconds()
      }
      const [series] = live.detail("x")?.series ?? []
      const recent = Array.from({ length: 60 }, (_, index) => 140 + index)
      expect(series?.values).toEqual([0, 30, 60, 90, 120, ...recent])
      expect(series?.times).toEqual(series?.values.map((value) => began + Number(value) * 1_000))
    })
  )

  it.scoped("has no past of series beyond the memory for it, and still their values", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed(256 * 2_880)
      yield* send(
        "a",
        Array.from({ length: 300 }, (_, index) => ({ name: "x", gauge: index, attributes: { index } }))
      )
      const { values } = yield* seconds()
      expect(values[0]?.values.length).toBe(300)
      const pasts = live.detail("x")?.series ?? []
      // Of three hundred, the two hundred with the largest values are sent.
      expect(pasts.map(({ id, values }) => [id, values.length])).toEqual(
        Array.from({ length: 200 }, (_, index) => [299 - index, 299 - index < 256 ? 1 : 0])
      )
    })
  )

  it.scoped("has the past of a process that is new, where the memory is that of processes that have ended", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed(737_280)
      const counters = (count: number, value: number) =>
        Array.from({ length: count }, (_, index) => ({ name: "x", counter: value, attributes: { n: index } }))
      const past = () => live.detail("x")?.series.map(({ times }) => times.length) ?? []
      for (let restart = 0; restart < 3; restart++) {
        for (const value of [1, 2]) {
          yield* send(`restart ${restart}`, counters(200, value))
          yield* seconds(restart === 1 ? 601 : 1)
        }
      }
      // The two hundred with the largest values are shown: those of the last one among them.
      yield* send("restart 2", counters(200, 10))
      yield* seconds()
      expect(past()).toEqual(Array.from({ length: 200 }, () => 3))
      // What was taken from another one begins with nothing.
      expect(live.detail("x")?.series[0]?.values).toEqual([1, 2, 10])
    })
  )

  it.scoped("has a heat map of distributions, all series together", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed()
      const bounds = [1, 2]
      const both = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => [
        { name: "h", bounds, buckets: a, attributes: { s: "a" } },
        { name: "h", bounds, buckets: b, attributes: { s: "b" } }
      ]
      yield* send("a", both([5, 0, 0], [0, 0, 9]), { start: began - 3_000_000 })
      yield* seconds()
      yield* send("a", both([6, 1, 0], [0, 0, 11]), { start: began - 3_000_000 })
      yield* seconds(6)
      yield* send("a", both([6, 1, 4], [0, 0, 11]), { start: began - 3_000_000 })
      yield* seconds()
      expect(live.detail("h")?.heat).toEqual({
        bounds,
        columns: [
          { time: began + 2_000, counts: [1, 1, 2] },
          { time: began + 8_000, counts: [0, 0, 4] }
        ]
      })
      expect(live.detail("h")?.series[0]).toMatchObject({ values: [5, 7, 11], sums: [5, 7, 11] })
    })
  )

  it.scoped("has its exemplars with their traces, the newest first", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed()
      const exemplar = (value: number) => ({
        value,
        timeUnixNano: BigInt(began + value) * 1_000_000n,
        traceId: "0".repeat(31) + String(value),
        spanId: "1".repeat(16),
        filteredAttributes: { id: value }
      })
      yield* send("a", [{ name: "x", counter: 1, exemplars: [exemplar(1), exemplar(2)] }])
      const { health } = yield* seconds()
      expect(health.exemplars).toBe(2)
      expect(live.detail("x")?.exemplars).toEqual(
        [2, 1].map((value) => ({
          series: 0,
          time: began + value,
          value,
          traceId: exemplar(value).traceId,
          spanId: exemplar(value).spanId,
          labels: { id: String(value) }
        }))
      )
    })
  )
})

describe("the viewers", () => {
  it.scoped("get the same event, which is made once and only if somebody looks", () =>
    Effect.gen(function* () {
      const { live, seconds } = yield* makeFeed()
      const got: Array<unknown> = []
      const viewer = { offer: (event: unknown) => got.push(event) > 0, drop: () => undefined }
      live.viewers.add(viewer)
      const remove = live.viewers.add({ ...viewer })
      yield* seconds()
      expect(got.length).toBe(2)
      expect(got[0]).toBe(got[1])
      remove?.()
      yield* seconds()
      expect(got.length).toBe(3)
    })
  )

  it.scoped("that can't take any more are let go of", () =>
    Effect.gen(function* () {
      const { live, seconds } = yield* makeFeed()
      let dropped = 0
      let offered = 0
      live.viewers.add({ offer: () => (offered += 1) < 3, drop: () => (dropped += 1) })
      yield* seconds(5)
      expect([offered, dropped, live.viewers.count()]).toEqual([3, 1, 1])
    })
  )

  it.scoped("are 64 at most", () =>
    Effect.gen(function* () {
      const { live } = yield* makeFeed()
      const added = Array.from({ length: 70 }, () => live.viewers.add({ offer: () => true, drop: () => undefined }))
      expect(added.filter((remove) => remove === undefined).length).toBe(7)
      added[0]?.()
      expect(live.viewers.add({ offer: () => true, drop: () => undefined })).toBeDefined()
    })
  )
})

describe("ten thousand series", () => {
  it.scoped("that all change are one tick of all their values", () =>
    Effect.gen(function* () {
      const { live, seconds, send } = yield* makeFeed()
      const all = (add: number) =>
        Array.from({ length: 10_000 }, (_, index) => ({ name: "x", counter: index + add, attributes: { index } }))
      yield* send("a", all(0))
      yield* seconds()
      yield* send("a", all(7))
      const { values } = yield* seconds()
      expect(values.map(({ ids }) => ids)).toEqual([[0, ...Array<number>(9_999).fill(1)]])
      expect(values[0]?.values).toEqual(all(7).map(({ counter }) => counter))
      expect(dataOf(live.state())).toMatchObject({ series: { length: 10_000 } })
    })
  )
})
