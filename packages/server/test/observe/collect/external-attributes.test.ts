/** Labels that others gave: an empty one is none, text is well-formed, and series that come to one are added. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as FastCheck from "effect/FastCheck"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricRegistry from "effect/MetricRegistry"
import { attributesOf } from "../../../src/observe/collect/external-attributes.ts"
import { collectorOf, tagged } from "./collected.ts"

const counter = (name: string) => MetricKey.counter(name, { incremental: true })

const summary = (name: string) =>
  MetricKey.summary({ name, maxAge: Duration.minutes(1), maxSize: 9, error: 0, quantiles: [0.5] })

/** A counter for each of these label lists, holding 1, 2, 4, 8, … */
const counted = (...lists: ReadonlyArray<ReadonlyArray<readonly [unknown, unknown]>>) => {
  const registry = MetricRegistry.make()
  lists.forEach((tags, index) => registry.getCounter(tagged(counter("c"), ...tags)).update(2 ** index))
  return collectorOf(registry)
}

describe("an empty label value", () => {
  it("is no label: a counter without it is the same series, and both are added", () => {
    const { drops, values } = counted([], [["queue", ""]], [["queue", "a"]])
    expect(values()).toEqual([
      ["c", {}, 3],
      ["c", { queue: "a" }, 4]
    ])
    expect(values().length).toBe(2)
    expect(drops).toEqual([])
  })

  it("does not hide an outer label of the same key", () => {
    expect(
      counted([
        ["queue", ""],
        ["queue", "outer"]
      ]).values()
    ).toEqual([["c", { queue: "outer" }, 1]])
  })

  it("of a frequency is no key", () => {
    const registry = MetricRegistry.make()
    const words = registry.getFrequency(MetricKey.frequency("f"))
    words.update("")
    words.update("a")
    registry.getFrequency(tagged(MetricKey.frequency("f"), ["queue", ""])).update("")
    expect(collectorOf(registry).values()).toEqual([
      ["f", {}, 2],
      ["f", { key: "a" }, 1]
    ])
  })

  it("of a histogram is no label either", () => {
    const registry = MetricRegistry.make()
    const key = () => MetricKey.histogram("h", MetricBoundaries.fromIterable([1]))
    registry.getHistogram(key()).update(1)
    registry.getHistogram(tagged(key(), ["queue", ""])).update(5)
    expect(collectorOf(registry).values()).toMatchObject([["h", {}, { count: 2, sum: 6, min: 1, max: 5 }]])
  })

  it("of a summary adds count and sum; quantiles can't be merged, which is counted", () => {
    const registry = MetricRegistry.make()
    registry.getSummary(summary("s")).update([4, Date.now()])
    registry.getSummary(tagged(summary("s"), ["queue", ""])).update([-6, Date.now()])
    registry.getSummary(tagged(summary("s"), ["queue", ""], ["shop", ""])).update([9, Date.now()])
    const { drops, values } = collectorOf(registry)
    expect(values()).toEqual([["s", {}, { count: 3, sum: 7, min: -6, quantiles: [] }]])
    expect(drops).toMatchObject([{ metric: "s", reason: "conflict", points: 1, part: "quantiles" }])
  })
})

describe("a label that is none", () => {
  it("of a frequency is counted once, and what it counted is what has no key", () => {
    const registry = MetricRegistry.make()
    const words = registry.getFrequency(MetricKey.frequency("f"))
    const given: ReadonlyArray<unknown> = ["a", { not: "a text" }, Symbol("s"), null]
    given.forEach((word) => words.update(word as string))
    const { drops, values } = collectorOf(registry)
    const expected = [
      ["f", { key: "a" }, 1],
      ["f", {}, 3]
    ]
    expect(values()).toEqual(expected)
    expect(values()).toEqual(expected)
    const drop = { metric: "f", reason: "rejected", points: 1, part: "one of its labels" }
    const why = 'the value of "key" is not a text'
    expect(drops).toEqual([
      { ...drop, why },
      { ...drop, why }
    ])
  })

  it("is left out, once said, and its series is what it is without it", () => {
    const { drops, values } = counted([["", "lost"]], [], [["load", Number.NaN]], [["load", Number.NEGATIVE_INFINITY]])
    expect(values()).toEqual([["c", {}, 15]])
    expect(values()).toEqual([["c", {}, 15]])
    expect(drops.map(({ part, reason, points, why }) => [part, reason, points, why]).sort()).toEqual([
      ["one of its labels", "rejected", 1, 'the value "lost" has no key'],
      ["one of its labels", "rejected", 1, 'the value of "load" is not a text'],
      ["one of its labels", "rejected", 1, 'the value of "load" is not a text']
    ])
  })

  it("never ends a collection, whatever stands for its key and value", () => {
    const { drops, values } = counted(
      [
        ["a", 5],
        ["b", true],
        ["c", 7n],
        ["d", undefined],
        ["e", null]
      ],
      [["f", { toString: 1 }.constructor]],
      [[undefined, "x"]]
    )
    expect(values()).toEqual([
      ["c", { a: "5", b: "true", c: "7" }, 1],
      ["c", {}, 6]
    ])
    expect(drops.map(({ reason }) => reason)).toEqual(["rejected", "rejected"])
  })
})

describe("a name that Prometheus gives the series itself", () => {
  const lost = [
    ["__name__", "other"],
    ["__unit__", "x"],
    ["instance", "a"],
    ["job", "b"]
  ] as const

  it("instance, job and the like are exported_…, and what differs by nothing else stays apart", () => {
    const exported = lost.map(([key, value]) => ["c", { [`exported_${key}`]: value }] as const)
    const found = counted(...lost.map((tag) => [tag])).values()
    expect(found.map(([name, attributes]) => [name, attributes])).toEqual(exported)
  })

  it("le is exported_… in a histogram, whose buckets have it, and stays in all else", () => {
    const registry = MetricRegistry.make()
    for (const mine of ["a", "b"]) {
      const key = MetricKey.histogram("h", MetricBoundaries.fromIterable([1]))
      registry.getHistogram(tagged(key, ["le", mine])).update(1)
    }
    registry.getGauge(tagged(MetricKey.gauge("g"), ["le", "mine"])).update(1)
    expect(collectorOf(registry).values()).toMatchObject([
      ["g", { le: "mine" }, 1],
      ["h", { exported_le: "a" }, { count: 1 }],
      ["h", { exported_le: "b" }, { count: 1 }]
    ])
  })
})

describe("a name that points of a kind have besides", () => {
  it("quantile, of a summary, and key, of a frequency, are exported_… and hide nothing", () => {
    const registry = MetricRegistry.make()
    for (const mine of ["a", "b"]) {
      registry.getSummary(tagged(summary("s"), ["quantile", mine])).update([4, Date.now()])
      registry.getFrequency(tagged(MetricKey.frequency("f"), ["key", mine], ["exported_key", "x"])).update("word")
    }
    expect(collectorOf(registry).values()).toMatchObject([
      ["f", { exported_exported_key: expect.any(String), exported_key: "x", key: "word" }, 1],
      ["f", { exported_exported_key: expect.any(String), exported_key: "x", key: "word" }, 1],
      ["s", { exported_quantile: expect.any(String) }, { count: 1 }],
      ["s", { exported_quantile: expect.any(String) }, { count: 1 }]
    ])
  })
})

it("names, help, keys and values that leave are well-formed, whatever was given, and no two points are one series", () => {
  const text = FastCheck.oneof(
    FastCheck.string({ unit: "binary" }),
    FastCheck.constantFrom("", "a\ud800", "a\ud801", "\udc00", "__proto__", "constructor", "unit", "key", "quantile")
  )
  FastCheck.assert(
    FastCheck.property(
      FastCheck.array(FastCheck.tuple(text, text, FastCheck.array(FastCheck.tuple(text, text), { maxLength: 4 })), {
        maxLength: 6
      }),
      (metrics) => {
        const registry = MetricRegistry.make()
        for (const [name, description, tags] of metrics) {
          const key = MetricKey.counter(name, { description, incremental: true })
          registry.getCounter(tagged(key, ...tags)).update(1)
        }
        const { drops, points } = collectorOf(registry)
        const all = points()
        const seen = new Set<string>()
        for (const { metric, series } of all) {
          const texts = [metric.name, metric.help, metric.unit, ...Object.entries(series.attributes).flat()]
          expect(texts.every((one) => typeof one === "string" && one.isWellFormed())).toBe(true)
          expect(Object.entries(series.attributes).every(([key, value]) => key !== "" && value !== "")).toBe(true)
          seen.add(JSON.stringify([metric.name, Object.entries(series.attributes)]))
        }
        expect(seen.size).toBe(all.length)
        const lost = drops.reduce((sum, { part, points: some }) => sum + (part === undefined ? some : 0), 0)
        const shown = all.reduce((sum, { value }) => sum + (typeof value === "number" ? value : 0), 0)
        const distinct = Array.from(registry.snapshot()).length
        expect(shown + lost).toBeGreaterThanOrEqual(distinct)
      }
    ),
    { numRuns: 50 }
  )
})

it("attributes are the same in whatever order and form labels come that mean the same", () => {
  const pairs = FastCheck.uniqueArray(FastCheck.tuple(FastCheck.string(), FastCheck.string()), {
    selector: ([key]) => key,
    maxLength: 6
  })
  FastCheck.assert(
    FastCheck.property(pairs, (tags) => {
      const of = (some: ReadonlyArray<readonly [string, string]>) =>
        attributesOf(tagged(counter("c"), ...some), undefined).attributes
      expect(Object.entries(of(tags))).toEqual(Object.entries(of([...tags].reverse())))
      expect(of(tags)).toEqual(of(tags.filter(([, value]) => value !== "")))
    })
  )
})
