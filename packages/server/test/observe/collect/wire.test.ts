/** What others registered, as a receiver of OTLP gets it: held to the data model, and what is refused is counted. */
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { captureLog, pipeline } from "../otlp/pipeline.ts"
import { tagged } from "./collected.ts"

const totals = (name: string) =>
  Effect.flatMap(Receiver, ({ find }) =>
    Effect.map(find(name), (all) => all.map(({ attributes, total }) => ({ attributes, total })))
  )

/** Points that were dropped, by reason. */
const dropped = Effect.map(totals("telemetry_points_dropped_total"), (all) =>
  Object.fromEntries(all.map(({ attributes, total }) => [attributes["reason"], total]))
)

describe("what others registered", () => {
  for (const temporality of ["cumulative", "delta"] as const) {
    it.scopedLive(`has no sum in a histogram of negative values (${temporality})`, () =>
      Effect.gen(function* () {
        yield* Effect.gen(function* () {
          const { registry } = yield* MetricsService
          const changes = registry.getHistogram(MetricKey.histogram("changes", MetricBoundaries.fromIterable([0, 10])))
          changes.update(4)
          changes.update(-9)
          yield* Telemetry.flush
          changes.update(20)
          yield* Telemetry.flush
        }).pipe(Effect.provide(pipeline({}, { temporality })))
        const [changes] = yield* totals("changes")
        expect(changes?.total).toMatchObject({ count: 3, bucketCounts: [1, 1, 1], explicitBounds: [0, 10] })
        expect(changes?.total).not.toHaveProperty("sum")
        expect(yield* (yield* Receiver).violations).toEqual([])
      }).pipe(Effect.provide(Receiver.layer()))
    )
  }

  it.scopedLive("is one metric of a name, and one series of a set of labels", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const { registry } = yield* MetricsService
        const options = { maxAge: Duration.minutes(1), maxSize: 10, error: 0, quantiles: [0.5] }
        registry.getSummary(MetricKey.summary({ name: "req", ...options })).update([1, Date.now()])
        const counter = (name: string) => MetricKey.counter(name, { incremental: true })
        yield* Telemetry.flush
        registry.getCounter(counter("req_count")).update(5)
        registry.getCounter(counter("hits")).update(1)
        registry.getCounter(tagged(counter("hits"), ["queue", ""], ["", "lost"])).update(2)
        yield* Telemetry.flush
        yield* Telemetry.flush
      }).pipe(Effect.provide(pipeline()))
      expect(yield* totals("req_count")).toEqual([{ attributes: {}, total: 1 }])
      expect(yield* totals("hits")).toEqual([{ attributes: {}, total: 3 }])
      // Of the counter two exports and the last one; of the label once.
      expect(yield* dropped).toEqual({ conflict: 3, non_finite: 0, negative: 0, rejected: 1, refused: 0 })
      expect(yield* (yield* Receiver).violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()), Effect.provide(captureLog().layer))
  )

  it.scopedLive("is well-formed in every text, and so is the resource", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver
      const resource = { "team\ud800": "a\udc00b", "": "lost", load: Number.NaN, size: 3 }
      const { layer, lines } = captureLog()
      yield* Effect.gen(function* () {
        const { registry } = yield* MetricsService
        const key = MetricKey.counter("n\ud800", { description: "h\udfff", incremental: true })
        registry.getCounter(tagged(key, ["k\ud800", "v\ud800"])).update(1)
        yield* Telemetry.flush
      }).pipe(Effect.provide(pipeline({ resource })), Effect.provide(layer))
      const [series] = yield* receiver.find("n\ufffd")
      expect([series?.attributes, series?.resource["team\ufffd"]]).toEqual([{ "k\ufffd": "v\ufffd" }, "a\ufffdb"])
      expect(series?.resource).toMatchObject({ size: 3 })
      expect(Object.keys(series?.resource ?? {}).filter((name) => name === "" || name === "load")).toEqual([])
      expect(lines.filter((line) => line.includes("resource"))).toEqual([
        'WARN Attributes of the resource are left out: "" of lost, "load" of NaN; a key must not be empty, a number must be finite'
      ])
      expect(yield* receiver.violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("is named in the log in one line of a bounded length, whatever it is called", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      yield* Effect.gen(function* () {
        const { registry } = yield* MetricsService
        for (const name of ["a\n\u001b[31mERROR", "x".repeat(100_000)]) {
          registry.getGauge(MetricKey.gauge(name)).update(Number.NaN)
        }
        yield* Telemetry.flush
      }).pipe(Effect.provide(pipeline()), Effect.provide(layer))
      const warnings = lines.filter((line) => line.startsWith("WARN Metric")).sort()
      expect(warnings.map((line) => line.slice(0, 60))).toEqual([
        'WARN Metric "a\ufffd\ufffd[31mERROR" is not exported: its value is not finite'.slice(0, 60),
        `WARN Metric "${"x".repeat(47)}`
      ])
      expect(warnings.every((line) => line.length < 1_000)).toBe(true)
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
