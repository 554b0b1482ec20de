/** The guide "Coming from hand-written metrics": what its two programs export is what its table says of them. */
import { NodeContext } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { type Histogram, Receiver, type Series } from "@parametric-portal/dashboard/receiver"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import { readFileSync } from "node:fs"
import path from "node:path"
import { collectorOf } from "../../src/observe/collect/collector.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import * as Testing from "../../src/observe/testing.ts"
import { captureLog } from "../observe/otlp/pipeline.ts"
import { read } from "../docs/pages.ts"
import { compiledBefore, examples, run, textOf } from "./example-run.ts"

const before = path.join(examples, "hand-written-metrics.ts")
const after = path.join(examples, "migrated-metrics.ts")

const place = compiledBefore([before, after])

/** The table's columns of what was exported before and after: a series in code, and its value as words. */
const rows = Array.from(
  read("docs/guides/migrating.md").matchAll(/^\| (?:[^|]+) \| (.*) \| (.*) \| <!-- compared -->$/gm),
  ([, ...columns]) => columns
)

const statements = (column: 0 | 1): Readonly<Record<string, string>> =>
  Object.fromEntries(
    rows.flatMap((row) => Array.from(String(row[column]).matchAll(/`([^`]+)` ([^;]+)/g), ([, ...pair]) => pair))
  )

const bucketOf = ({ bucketCounts, explicitBounds }: Histogram): string => {
  const index = bucketCounts.findIndex((count) => count > 0)
  return `above ${explicitBounds[index - 1]} and at most ${explicitBounds[index]}`
}

/** In the words of the guide. Times are real: those that the work takes at least, and less than twice as much. */
const wordsOf = ({ unit, value }: Series, isTwice: boolean): string => {
  if (typeof value === "number") {
    return `${value}${isTwice ? ` and again ${value}` : ""}`
  }
  if (!("explicitBounds" in value)) {
    return "no histogram"
  }
  const { count, sum = 0 } = value
  const least = unit === "s" ? 0.2 : 200
  const sums = Math.floor((sum / count / least) * 1.02) * count * least
  return `${count}${isTwice ? ` and again ${count}` : ""}, ${bucketOf(value)}, sum about ${Number(sums.toFixed(1))}`
}

/** What a program exports of the shop, by series. */
const exported = (program: string) =>
  Effect.gen(function* () {
    const { exitCode } = yield* run(place(program))
    expect(exitCode).toBe(0)
    const { series, violations } = yield* Receiver
    const twice = (yield* violations).map(({ kind, name }) => `${kind} ${name}`)
    const shop = (yield* series).filter(({ name }) => name.startsWith("shop_"))
    return Object.fromEntries(shop.map((one) => [textOf(one), wordsOf(one, twice.includes(`duplicate ${one.name}`))]))
  }).pipe(Effect.scoped, Effect.provide([Receiver.layer(), NodeContext.layer]))

describe.concurrent("the table of the guide says what is exported", () => {
  it.live("before", () =>
    Effect.gen(function* () {
      expect(yield* exported(before)).toEqual(statements(0))
    })
  )

  it.live("after", () =>
    Effect.gen(function* () {
      expect(yield* exported(after)).toEqual(statements(1))
    })
  )
})

it("both programs do the same work", () => {
  const work = (file: string) => /^class OutOfStock[^]*?^const program = .*$/m.exec(readFileSync(file, "utf8"))?.[0]
  expect(work(before)).toBeDefined()
  expect(work(before)).toBe(work(after))
})

describe("what the guide says of code that is half moved", () => {
  const rows = {
    orders: { name: "moved_orders_total", kind: "counter", unit: "{order}", labels: ["country"], help: "Orders." },
    failed: { name: "moved_failed_total", kind: "counter", unit: "{order}", labels: ["reason"], help: "Failures." },
    duration: { name: "moved_order_seconds", kind: "histogram", unit: "s", labels: ["outcome"], help: "Time." }
  } as const

  it.effect.each([
    { description: "Orders.", what: "adds to it", value: 2 },
    { description: "Orders by hand.", what: "is left out", value: 1 }
  ])("a counter of Effect's of a row's name $what where its description is $description", ({ description, value }) =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService
      const { orders } = yield* MetricsService.define(rows)
      yield* MetricsService.inc(orders, { country: "no" })
      const key = MetricKey.counter("moved_orders_total", { description, incremental: true })
      metrics.registry.get(MetricKey.tagged(key, "country", "no")).update(1)
      const { collector } = yield* collectorOf(metrics, "own")
      const points = Array.from(collector.collect(1_000_000_000n)).filter(
        (point) => point?.metric.name === "moved_orders_total"
      )
      expect(points.map((point) => point?.value)).toEqual([value])
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(captureLog().layer))
  )

  it.effect("trackDuration around trackEffect counts each success twice, and trackErrorWith each failure", () =>
    Effect.gen(function* () {
      const { duration, failed } = yield* MetricsService.define(rows)
      const tracked = (order: Effect.Effect<void, string>) =>
        order.pipe(
          MetricsService.trackEffect({ duration, errors: failed }),
          Metric.trackDuration(duration),
          Metric.trackErrorWith(failed, () => 1)
        )
      const moved = yield* Testing.deltaOf(Effect.all([tracked(Effect.void), tracked(Effect.fail("no"))]))
      expect(moved).toEqual({
        moved_order_seconds: { count: 2, sum: 0 },
        'moved_order_seconds{outcome="failure"}': { count: 1, sum: 0 },
        'moved_failed_total{reason="Unknown"}': 1,
        moved_failed_total: 1
      })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("trackEffect times all outcomes in a timer of Effect's, in milliseconds", () =>
    Effect.gen(function* () {
      const timer = Metric.timerWithBoundaries("moved_timer", [10, 100])
      const tracked = MetricsService.trackEffect(Effect.void, { duration: timer })
      yield* Effect.all([tracked, Effect.exit(Effect.zipRight(tracked, Effect.fail("no")))])
      yield* Metric.update(timer, Duration.millis(50))
      expect((yield* Metric.value(timer)).count).toBe(3)
    }).pipe(Effect.provide(Testing.layer()))
  )
})
