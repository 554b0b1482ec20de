/** The page with the text of another library behind ours, prom-client's above all. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Fiber from "effect/Fiber"
import { Counter, Histogram, Registry } from "prom-client"
import { appended } from "../../../src/observe/prometheus/text/appended.ts"
import type { Drop } from "../../../src/observe/collect/points/drop.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Prometheus } from "../../../src/observe/prometheus.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { captureLog, own } from "../otlp/pipeline.ts"

const page = (append: Effect.Effect<string, unknown>) =>
  Layer.provideMerge(Prometheus.layer({ port: 0, registries: "own", append }), own)

const scrape = Effect.flatMap(Prometheus, ({ url }) =>
  Effect.promise(() =>
    fetch(url, { headers: { accept: "application/openmetrics-text; version=1.0.0" } }).then(async (response) => ({
      type: response.headers.get("content-type"),
      lines: (await response.text()).split("\n").filter((line) => !line.includes("telemetry_"))
    }))
  )
)

const count = Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.enqueued, { job_type: "mail" }))

const ours = [
  "# HELP jobs_enqueued_total Jobs accepted: a submit succeeded and is committed; in a caller's transaction, once a runner has seen it.",
  "# TYPE jobs_enqueued_total counter",
  'jobs_enqueued_total{job_type="mail"} 1'
]

describe("a page with the text of others", () => {
  it.live("has what prom-client registers behind ours, and its format", () =>
    Effect.gen(function* () {
      const registry = new Registry()
      new Counter({ name: "http_requests", help: "Requests.", labelNames: ["route"], registers: [registry] }).inc({
        route: 'a "b" \\ }'
      })
      new Histogram({ name: "http_seconds", help: "Time.", buckets: [0.1, 1], registers: [registry] }).observe(0.5)
      const { lines, type } = yield* Effect.zipRight(count, scrape).pipe(
        Effect.provide(page(Effect.promise(() => registry.metrics())))
      )
      expect(type).toBe(registry.contentType)
      expect(lines).toEqual([
        ...ours,
        "# HELP http_requests Requests.",
        "# TYPE http_requests counter",
        'http_requests{route="a \\"b\\" \\\\ }"} 1',
        "# HELP http_seconds Time.",
        "# TYPE http_seconds histogram",
        'http_seconds_bucket{le="0.1"} 0',
        'http_seconds_bucket{le="1"} 1',
        'http_seconds_bucket{le="+Inf"} 1',
        "http_seconds_sum 0.5",
        "http_seconds_count 1",
        ""
      ])
    })
  )

  it.live("leaves out a metric whose name is ours, counts its samples and says so once", () =>
    Effect.gen(function* () {
      const registry = new Registry()
      new Counter({ name: "jobs_enqueued_total", help: "Theirs.", registers: [registry] }).inc(7)
      const log = captureLog()
      yield* Effect.gen(function* () {
        yield* count
        yield* scrape
        const { lines } = yield* scrape
        expect(lines).toEqual([...ours, ""])
        const { telemetry } = yield* MetricsService
        expect(yield* Testing.read(telemetry.pointsDropped, { reason: "conflict" })).toBe(2)
      }).pipe(Effect.provide(page(Effect.promise(() => registry.metrics()))), Effect.provide(log.layer))
      expect(log.lines.filter((line) => line.startsWith("WARN"))).toEqual([
        'WARN Metric "jobs_enqueued_total" is not exported: its name jobs_enqueued_total in the appended text is used by another metric'
      ])
    })
  )

  it.live("shows ours where the others fail, and says so once", () =>
    Effect.gen(function* () {
      const log = captureLog()
      yield* Effect.gen(function* () {
        yield* count
        yield* scrape
        expect((yield* scrape).lines).toEqual([...ours, ""])
      }).pipe(
        Effect.provide(page(Effect.promise(() => Promise.reject(new Error("not now"))))),
        Effect.provide(log.layer)
      )
      expect(log.lines.filter((line) => line.startsWith("WARN"))).toEqual([
        'WARN Watching "prometheus append" failed, and was left out'
      ])
    })
  )

  it.effect.each([
    ["the others", Effect.never],
    ["others that can't be interrupted", Effect.uninterruptible(Effect.sleep("6 seconds"))]
  ] as const)("waits five seconds for %s", ([, append]) =>
    Effect.gen(function* () {
      yield* count
      const scraping = yield* Effect.fork(scrape)
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100)))
      yield* TestClock.adjust("5 seconds")
      expect((yield* Fiber.join(scraping)).lines).toEqual([...ours, ""])
    }).pipe(Effect.provide(page(Effect.as(append, ""))))
  )

  it.live("shows ours where the others give no text, as JavaScript can", () =>
    Effect.gen(function* () {
      yield* count
      expect((yield* scrape).lines).toEqual([...ours, ""])
    }).pipe(Effect.provide(page(Effect.succeed(JSON.parse("[1]")))))
  )
})

const read = (text: string, taken: ReadonlyArray<string> = []) => {
  const drops: Array<Drop> = []
  return { shown: appended(text, new Set(taken), (drop) => drops.push(drop)), drops }
}

describe("the text of others", () => {
  it("loses lines that are no samples, and an end that is not the page's", () => {
    const { drops, shown } = read('a 1\n<html>\nb{x="1"} NaN 1700000000000\r\n\n# EOF\n# a remark\n')
    expect(shown).toBe('a 1\nb{x="1"} NaN 1700000000000\n')
    expect(drops.map(({ metric, points, reason }) => ({ metric, points, reason }))).toEqual([
      { metric: "of another library", points: 1, reason: "rejected" }
    ])
  })

  it.each([
    { what: "its name is that of a sample of ours", text: '# TYPE a gauge\na 1\na{b="c"} 2\n', taken: "a", points: 2 },
    {
      what: "one of its samples has the name of a metric of ours",
      text: "# TYPE a summary\na_sum 1\na_count 2\n",
      taken: "a_count",
      points: 2
    },
    {
      what: "its name is that of a part of ours",
      text: "# HELP a_bucket x\n# TYPE a_bucket gauge\na_bucket 1\n",
      taken: "a_bucket",
      points: 1
    }
  ])("loses a metric as a whole where $what", ({ points, taken, text }) => {
    const { drops, shown } = read(text, [taken])
    expect(shown).toBe("")
    expect(drops.map((drop) => [drop.reason, drop.points])).toEqual([["conflict", points]])
  })

  it("loses the exemplars of OpenMetrics, and none of the samples that have them", () => {
    const { drops, shown } = read(
      '# TYPE a histogram\na_bucket{le="1",b=" # {"} 1 # {trace_id="x"} 0.5 1700000000.123\n'
    )
    expect(shown).toBe('# TYPE a histogram\na_bucket{le="1",b=" # {"} 1\n')
    expect(drops).toEqual([])
  })

  it("loses the second of two metrics with one name, as of two registries", () => {
    const { drops, shown } = read("# TYPE a counter\na 1\n# TYPE b counter\nb 1\n# TYPE a counter\na 2\n")
    expect(shown).toBe("# TYPE a counter\na 1\n# TYPE b counter\nb 1\n")
    expect(drops.map(({ metric }) => metric)).toEqual(["a"])
  })
})

/** What a scraper refuses, and with it the page; each of them was accepted once. */
const bad = [
  'a{b="\\q"} 1',
  'a{b="1",b="2"} 1',
  'a{b="1"c="2"} 1',
  'a{__name__="b"} 1',
  "a 1.2.3",
  "a 1e999",
  "a 1 99999999999999999999999",
  "# TYPE a banana",
  "# TYPE a",
  "# HELP a \\q"
]

describe("a line of others that would cost the page", () => {
  it.each(bad)("%s is left out by itself", (line) => {
    const { drops, shown } = read(`${line}\nb 1\n`)
    expect(shown).toBe("b 1\n")
    expect(drops.map(({ metric, points, reason }) => ({ metric, points, reason }))).toEqual([
      { metric: "a", points: 1, reason: "rejected" }
    ])
  })

  it.each([
    `a ${"1".repeat(100_000)}x`,
    `a 1.${"1".repeat(100_000)}x`,
    `a{b="1"${" ".repeat(100_000)}x`,
    `a{${'b="1",'.repeat(20_000)}`
  ])("is left out at once where it is long", (line) => {
    const began = performance.now()
    expect(read(line).shown).toBe("")
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  it("is a second help or type, and a type behind its samples", () => {
    const first = "# HELP a x\n# TYPE a counter\na 1\n"
    expect(read(`${first}# TYPE a gauge\n# HELP a y\na{b="c"} 2\n`).shown).toBe(`${first}a{b="c"} 2\n`)
    expect(read("a 1\n# TYPE a gauge\n").shown).toBe("a 1\n")
  })

  it("is warned of by its metric, whatever its values are", () => {
    const { drops } = read("a_total 1 1.5\na_total 2 2.5\n")
    expect(drops.map(({ metric }) => metric)).toEqual(["a_total", "a_total"])
  })
})

describe("a line of others with the blanks and numbers that a scraper takes", () => {
  it.each(['a{ b = "1" , c="2" } 1', 'a {b="1",} +Inf', "a\tinf 5", "a .5", "a nan", "a 5."])("%s stays", (line) => {
    expect(read(`  ${line}\r\n`)).toEqual({ shown: `${line}\n`, drops: [] })
  })
})
