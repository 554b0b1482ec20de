/** What a registry comes to as text: names that a scraper keeps for itself, and metrics that come to one name. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as FastCheck from "effect/FastCheck"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import type * as MetricKeyType from "effect/MetricKeyType"
import * as MetricLabel from "effect/MetricLabel"
import * as MetricRegistry from "effect/MetricRegistry"
import type { TextFormat } from "../../../../src/observe/prometheus/text/negotiate.ts"
import { makeRenderer } from "../../../../src/observe/prometheus/text/render.ts"
import { makeCollector } from "../../../../src/observe/collect/registries.ts"
import type { Drop } from "../../../../src/observe/collect/points/drop.ts"

/** The samples of a scrape, and what it left out. */
const rendered = (format: TextFormat, registry: MetricRegistry.MetricRegistry, startNanos = 0n) => {
  const drops: Array<Drop> = []
  const dropped = (drop: Drop) => drops.push(drop)
  const collector = makeCollector({ registries: [registry], externalStartNanos: startNanos, dropped })
  const renderer = makeRenderer(format, dropped)
  const text = Array.from(collector.collect(1n), (step) => (step === undefined ? "" : renderer.point(step))).join("")
  const points: Record<string, number> = {}
  for (const drop of drops) {
    points[drop.metric] = (points[drop.metric] ?? 0) + drop.points
  }
  const lines = text.split("\n").filter((line) => line !== "")
  return {
    samples: lines.filter((line) => !line.startsWith("#")),
    metadata: lines.filter((line) => line.startsWith("#")),
    dropped: points,
    drops
  }
}

const tagged = <T extends MetricKeyType.MetricKeyType.Untyped>(
  key: MetricKey.MetricKey<T>,
  tags: Record<string, string>
) =>
  MetricKey.taggedWithLabels(
    key,
    Object.entries(tags).map(([name, value]) => MetricLabel.make(name, value))
  )

const counter = (registry: MetricRegistry.MetricRegistry, name: string, tags: Record<string, string> = {}) =>
  registry.getCounter(tagged(MetricKey.counter(name, { incremental: true }), tags)).update(1)

const gauge = (registry: MetricRegistry.MetricRegistry, name: string, tags: Record<string, string> = {}) =>
  registry.getGauge(tagged(MetricKey.gauge(name), tags)).update(2)

const histogram = (registry: MetricRegistry.MetricRegistry, name: string, tags: Record<string, string> = {}) =>
  registry.getHistogram(tagged(MetricKey.histogram(name, MetricBoundaries.fromIterable([1])), tags)).update(3)

const summary = (registry: MetricRegistry.MetricRegistry, name: string, tags: Record<string, string> = {}) => {
  const options = { name, maxAge: Duration.minutes(1), maxSize: 9, error: 0, quantiles: [0.5] }
  registry.getSummary(tagged(MetricKey.summary(options), tags)).update([4, Date.now()])
}

describe("a label whose name is taken", () => {
  it("is exported_le in a histogram, and stays in what has no buckets", () => {
    const registry = MetricRegistry.make()
    histogram(registry, "h", { le: "mine" })
    gauge(registry, "g", { le: "mine" })
    expect(rendered("text", registry).samples.sort()).toEqual([
      'g{le="mine"} 2',
      'h_bucket{exported_le="mine",le="+Inf"} 1',
      'h_bucket{exported_le="mine",le="1.0"} 0',
      'h_count{exported_le="mine"} 1',
      'h_sum{exported_le="mine"} 3'
    ])
  })

  it("is exported_quantile in a summary", () => {
    const registry = MetricRegistry.make()
    summary(registry, "s", { quantile: "mine" })
    expect(rendered("text", registry).samples).toEqual([
      's{exported_quantile="mine",quantile="0.5"} 4',
      's_sum{exported_quantile="mine"} 4',
      's_count{exported_quantile="mine"} 1'
    ])
  })

  it("is exported where it begins with two underscores, as it is or as it is written", () => {
    const registry = MetricRegistry.make()
    gauge(registry, "g", { __name__: "other", "..x": "y", exported___x: "z" })
    expect(rendered("openmetrics", registry).samples).toEqual(['g{exported___name__="other",exported___x="y;z"} 2'])
  })
})

describe("series that come to the same labels", () => {
  it("show the first, and the others are counted", () => {
    const registry = MetricRegistry.make()
    counter(registry, "hits", { "a.b": "1" })
    counter(registry, "hits", { a_b: "1" })
    counter(registry, "hits", { a_b: "2" })
    counter(registry, "misses", { a_b: "1" })
    const { drops, samples } = rendered("text", registry)
    expect(samples.sort()).toEqual(['hits_total{a_b="1"} 1', 'hits_total{a_b="2"} 1', 'misses_total{a_b="1"} 1'])
    expect(drops).toEqual([
      {
        metric: "hits",
        reason: "conflict",
        points: 1,
        why: 'another of its series has the labels a_b="1", which these come to here'
      }
    ])
  })

  it("are told also where their keys sort in another order than the labels that they come to", () => {
    const registry = MetricRegistry.make()
    gauge(registry, "load", { "a.c": "1", aB: "2" })
    gauge(registry, "load", { a_c: "1", aB: "2" })
    gauge(registry, "load", { "10": "x", "9": "y" })
    gauge(registry, "load", { _10: "x", "9": "y" })
    const { dropped, samples } = rendered("text", registry)
    expect(samples).toEqual(['load{aB="2",a_c="1"} 2', 'load{_10="x",_9="y"} 2'])
    expect(dropped).toEqual({ load: 2 })
  })
})

describe("metrics that come to one name", () => {
  for (const format of ["text", "openmetrics"] as const) {
    it(`are told by all names of their samples, and each point left out is counted (${format})`, () => {
      const registry = MetricRegistry.make()
      histogram(registry, "lat")
      gauge(registry, "lat_count", { shop: "a" })
      gauge(registry, "lat_count", { shop: "b" })
      gauge(registry, "latest")
      const { dropped, samples } = rendered(format, registry)
      const names = new Set(samples.map((line) => line.replace(/[{ ].*/, "").replace("lat_created", "lat_sum")))
      const isHistogramFirst = names.has("lat_bucket")
      expect(dropped).toEqual(isHistogramFirst ? { lat_count: 2 } : { lat: 1 })
      expect(Array.from(names).sort()).toEqual(
        isHistogramFirst ? ["lat_bucket", "lat_count", "lat_sum", "latest"] : ["lat_count", "latest"]
      )
    })
  }

  it("are two in the text format where only OpenMetrics has one name for them", () => {
    const registry = MetricRegistry.make()
    gauge(registry, "cache")
    counter(registry, "cache_total")
    expect(rendered("text", registry)).toMatchObject({ dropped: {} })
    expect(rendered("text", registry).samples.sort()).toEqual(["cache 2", "cache_total 1"])
    const { dropped, samples } = rendered("openmetrics", registry)
    expect(Object.values(dropped)).toEqual([1])
    expect([["cache 2"], ["cache_total 1", "cache_created 0.000"]]).toContainEqual(samples)
  })
})

it("writes when a series was created to the millisecond", () => {
  const registry = MetricRegistry.make()
  counter(registry, "c")
  expect(rendered("openmetrics", registry, 1_000_000_000_007_000_000n).samples).toEqual([
    "c_total 1",
    "c_created 1000000000.007"
  ])
})

describe("a name of which nothing is left", () => {
  const nothing = ["_total", ".total", "\ud83d_total", "{}", "…", "__.__", "очередь"]

  for (const format of ["text", "openmetrics"] as const) {
    it(`is refused and counted, and costs nothing else on the page (${format})`, () => {
      const registry = MetricRegistry.make()
      nothing.forEach((name) => counter(registry, name, { a: "1" }))
      nothing.forEach((name) => counter(registry, name, { a: "2" }))
      gauge(registry, "good")
      const { drops, samples } = rendered(format, registry)
      expect(samples).toEqual(["good 2"])
      expect(drops.map(({ metric, points, reason }) => [metric.toWellFormed(), points, reason]).sort()).toEqual(
        nothing.flatMap((name) => [1, 1].map((points) => [name.toWellFormed(), points, "rejected"])).sort()
      )
    })
  }

  it("stays where it is a name as it stands, or where a letter or a digit is left", () => {
    const registry = MetricRegistry.make()
    for (const name of ["_", ":", "a_total", "größe", "…5", "total"]) {
      gauge(registry, name)
    }
    const { drops, samples } = rendered("openmetrics", registry)
    expect(samples.sort()).toEqual(["gr__e 2", "total 2", "a_total 2", "_ 2", ": 2", "_5 2"].sort())
    expect(drops).toEqual([])
  })

  it("of a label is underscores, as the series is worth more than its label's name", () => {
    const registry = MetricRegistry.make()
    gauge(registry, "g", { "{}": "a", "…": "b", ключ: "c" })
    const { drops, samples } = rendered("openmetrics", registry)
    expect(samples).toEqual(['g{_="b",exported___="a",exported_____="c"} 2'])
    expect(drops).toEqual([])
  })
})

it("help of nothing but blanks is none", () => {
  const registry = MetricRegistry.make()
  registry.getGauge(MetricKey.gauge("a", { description: " \t\r\n" })).update(1)
  expect(rendered("text", registry).metadata).toContain("# HELP a A gauge that says nothing of itself.")
  expect(rendered("openmetrics", registry).metadata).toContain("# HELP a A gauge that says nothing of itself.")
})

it("a family without a unit has an empty line of it in OpenMetrics, in the order TYPE, UNIT, HELP, and none in text", () => {
  const registry = MetricRegistry.make()
  gauge(registry, "a")
  expect(rendered("openmetrics", registry).metadata).toEqual([
    "# TYPE a gauge",
    "# UNIT a ",
    "# HELP a A gauge that says nothing of itself."
  ])
  expect(rendered("text", registry).metadata).toEqual([
    "# HELP a A gauge that says nothing of itself.",
    "# TYPE a gauge"
  ])
})

describe("negative values", () => {
  const bucketsOf = (bounds: ReadonlyArray<number>, ...values: ReadonlyArray<number>) => {
    const registry = MetricRegistry.make()
    const hook = registry.getHistogram(MetricKey.histogram("h", MetricBoundaries.fromIterable(bounds)))
    values.forEach((value) => hook.update(value))
    return registry
  }

  it("leave a histogram without a sum, and in OpenMetrics without the count that goes with it", () => {
    const registry = bucketsOf([0, 1e6], 5, -7)
    const buckets = ['h_bucket{le="0.0"} 1', 'h_bucket{le="1e+06"} 2', 'h_bucket{le="+Inf"} 2']
    expect(rendered("text", registry).samples).toEqual([...buckets, "h_count 2"])
    expect(rendered("openmetrics", registry).samples).toEqual([...buckets, "h_created 0.000"])
  })

  it("that a bound allows leave it without them from the start", () => {
    const registry = bucketsOf([-1, 1], 0.5)
    const buckets = ['h_bucket{le="-1.0"} 0', 'h_bucket{le="1.0"} 1', 'h_bucket{le="+Inf"} 1']
    expect(rendered("text", registry).samples).toEqual([...buckets, "h_count 1"])
    expect(rendered("openmetrics", registry).samples).toEqual([...buckets, "h_created 0.000"])
  })

  it("leave a summary without a sum; negative quantiles are in the text format only, and counted in the other", () => {
    const registry = MetricRegistry.make()
    const options = { name: "s", maxAge: Duration.minutes(1), maxSize: 9, error: 0, quantiles: [0.25, 1] }
    const hook = registry.getSummary(MetricKey.summary(options))
    const values = [-4, 3, 2, 5]
    values.forEach((value) => hook.update([value, Date.now()]))
    const text = rendered("text", registry)
    expect(text.samples).toEqual(['s{quantile="0.25"} -4', 's{quantile="1.0"} 5', "s_count 4"])
    expect(text.drops).toEqual([])
    const open = rendered("openmetrics", registry)
    expect(open.samples).toEqual(['s{quantile="1.0"} 5', "s_count 4", "s_created 0.000"])
    expect(open.drops).toMatchObject([{ metric: "s", reason: "negative", points: 1, part: "negative quantiles" }])
  })
})

describe("whatever names, help and labels are", () => {
  const name = "[a-zA-Z_:][a-zA-Z0-9_:]*"
  const label = '[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\\\\n]|\\\\["\\\\n])*"'
  const sample = new RegExp(`^${name}(\\{${label}(,${label})*\\})? [-+0-9.e]+$`, "u")
  const metadata = new RegExp(`^# (TYPE ${name} [a-z]+|UNIT ${name} |HELP ${name} [^\\n]+)$`, "u")
  const text = FastCheck.oneof(
    FastCheck.string({ unit: "binary" }),
    FastCheck.string({ unit: "grapheme" }),
    FastCheck.constantFrom(
      "",
      "_total",
      "{}",
      "\ud800",
      "a\n# EOF",
      '"',
      "\\",
      "__name__",
      "le",
      "\0",
      "a\r\n",
      "a_total"
    )
  )
  const kinds = [counter, gauge, histogram, summary]

  for (const format of ["text", "openmetrics"] as const) {
    it(`every line is a line of the format, and no sample is there twice (${format})`, () => {
      FastCheck.assert(
        FastCheck.property(
          FastCheck.array(FastCheck.tuple(FastCheck.nat(3), text, FastCheck.dictionary(text, text, { maxKeys: 3 }))),
          (metrics) => {
            const registry = MetricRegistry.make()
            metrics.forEach(([kind, metric, tags]) => kinds[kind]?.(registry, metric, tags))
            const page = rendered(format, registry)
            expect(page.samples.filter((line) => !sample.test(line))).toEqual([])
            expect(page.metadata.filter((line) => !metadata.test(line))).toEqual([])
            const series = page.samples.map((line) => line.slice(0, line.lastIndexOf(" ")))
            expect(new Set(series).size).toBe(series.length)
          }
        ),
        { numRuns: 60 }
      )
    })
  }
})
