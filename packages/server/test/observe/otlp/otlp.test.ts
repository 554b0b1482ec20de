/** What goes over the wire, decoded by a real receiver with the official schema. */
import { describe, expect, it } from "@effect/vitest"
import { Receiver, type Series } from "@parametric-portal/dashboard/receiver"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import { readFileSync } from "node:fs"
import { catalogue } from "../../../src/observe/catalogue.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { ownScope } from "../../../src/observe/collect/scope.ts"
import type { OtlpOptions } from "../../../src/observe/telemetry.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { bridge } from "./grpc/bridge.ts"
import { pipeline, received } from "./pipeline.ts"

const identity = ({ resource: _resource, ...rest }: Series) => rest

const start = 1_000_000_000_000

/** The name and the version of the package. */
const { name, version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"))
const scope = { name, version }

const labels = { job_type: "digest", operation: "process" }

const nanos = (ms: number) => BigInt(ms) * 1_000_000n

const common = (startMs: number, points = 1) => ({
  scope,
  points,
  resets: 0,
  startTimeUnixNano: nanos(startMs),
  timeUnixNano: nanos(start + 60_000)
})

const histogram = (
  counts: ReadonlyArray<number>,
  more: { readonly sum: number; readonly min?: number; readonly max?: number }
) => ({
  count: counts.reduce((sum, one) => sum + one, 0),
  ...more,
  bucketCounts: counts,
  explicitBounds: [0.01, 0.1, 1, 10, 100, 1000]
})

const record = Effect.gen(function* () {
  const { jobs } = yield* MetricsService
  const digest = MetricsService.label(labels)
  yield* MetricsService.inc(jobs.completions, digest, 2)
  yield* Metric.set(Metric.taggedWithLabels(jobs.dlqSize, MetricsService.label({ job_type: "digest" })), 7)
  yield* MetricsService.gauge(jobs.inFlight, digest, -3)
  yield* MetricsService.series(jobs.waitDuration, labels)
  yield* TestClock.adjust("10 seconds")
  const processing = Metric.taggedWithLabels(jobs.processingSeconds, digest)
  yield* Metric.update(processing, Duration.millis(250))
  yield* Metric.update(processing, Duration.seconds(5))
  yield* Metric.update(Metric.taggedWithLabels(jobs.duration, digest), Duration.zero)
  yield* TestClock.adjust("50 seconds")
})

const expected = [
  {
    ...common(start - 1),
    name: "jobs_completed_total",
    description: catalogue.jobs.completions.help,
    unit: "{job}",
    attributes: labels,
    kind: "sum",
    isMonotonic: true,
    temporality: "cumulative",
    value: 2,
    total: 2
  },
  {
    ...common(start - 1),
    name: "jobs_dlq_size",
    description: catalogue.jobs.dlqSize.help,
    unit: "{job}",
    attributes: { job_type: "digest" },
    kind: "gauge",
    value: 7,
    total: 7
  },
  {
    ...common(start + 9_999),
    name: "jobs_duration_seconds",
    description: catalogue.jobs.duration.help,
    unit: "s",
    attributes: labels,
    kind: "histogram",
    temporality: "cumulative",
    value: histogram([1, 0, 0, 0, 0, 0, 0], { sum: 0, min: 0, max: 0 }),
    total: histogram([1, 0, 0, 0, 0, 0, 0], { sum: 0, min: 0, max: 0 })
  },
  {
    ...common(start - 1),
    name: "jobs_in_flight",
    description: catalogue.jobs.inFlight.help,
    unit: "{job}",
    attributes: labels,
    kind: "sum",
    isMonotonic: false,
    temporality: "cumulative",
    value: -3,
    total: -3
  },
  {
    ...common(start + 9_999),
    name: "jobs_processing_seconds",
    description: catalogue.jobs.processingSeconds.help,
    unit: "s",
    attributes: labels,
    kind: "histogram",
    temporality: "cumulative",
    value: histogram([0, 0, 1, 1, 0, 0, 0], { sum: 5.25, min: 0.25, max: 5 }),
    total: histogram([0, 0, 1, 1, 0, 0, 0], { sum: 5.25, min: 0.25, max: 5 })
  },
  {
    ...common(start - 1),
    name: "jobs_wait_duration_seconds",
    description: catalogue.jobs.waitDuration.help,
    unit: "s",
    attributes: labels,
    kind: "histogram",
    temporality: "cumulative",
    value: histogram([0, 0, 0, 0, 0, 0, 0], { sum: 0 }),
    total: histogram([0, 0, 0, 0, 0, 0, 0], { sum: 0 })
  }
]

const ways: ReadonlyArray<Pick<OtlpOptions, "protocol" | "compression">> = [
  { protocol: "http/json", compression: "none" },
  { protocol: "http/json", compression: "gzip" },
  { protocol: "http/protobuf", compression: "none" },
  { protocol: "http/protobuf", compression: "gzip" },
  { protocol: "grpc", compression: "none" },
  { protocol: "grpc", compression: "gzip" }
]

describe("on the wire", () => {
  for (const way of ways) {
    it.scoped(`every kind arrives as it is by ${way.protocol}, compression ${way.compression}`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver
        const isGrpc = way.protocol === "grpc"
        const port = isGrpc ? yield* bridge({ metrics: () => receiver.url, records: () => "" }) : undefined
        const url = port?.url.origin ?? receiver.url
        yield* TestClock.setTime(start)
        yield* record.pipe(
          Effect.provide(pipeline({ interval: "1 hour" }, { ...way, url, headers: { authorization: "Bearer x" } }))
        )
        const series = (yield* received).map((one) => ({ ...identity(one), points: 1 }))
        expect(series.sort(({ name: one }, { name: other }) => (one < other ? -1 : 1))).toEqual(expected)
        expect(yield* receiver.violations).toEqual([])
        if (port !== undefined) {
          expect(port.requests[0]?.metadata).toMatchObject({ authorization: "Bearer x" })
          return
        }
        const [request] = yield* receiver.requests
        expect(request?.headers).toMatchObject({
          authorization: "Bearer x",
          "content-type": way.protocol === "http/json" ? "application/json" : "application/x-protobuf",
          ...(way.compression === "gzip" ? { "content-encoding": "gzip" } : {})
        })
      }).pipe(Effect.provide(Receiver.layer()))
    )
  }

  it.scopedLive("the start of a series comes before its time, and never changes", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver
      yield* Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        const enqueued = MetricsService.label({ job_type: "a" })
        const times = (jobType: string) =>
          Effect.map(receiver.find("jobs_enqueued_total", { job_type: jobType }), ([one]) => ({
            start: one?.startTimeUnixNano ?? 0n,
            time: one?.timeUnixNano ?? 0n
          }))
        yield* MetricsService.inc(jobs.enqueued, enqueued)
        yield* Telemetry.flush
        const first = yield* times("a")
        yield* MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "b" }))
        yield* Telemetry.flush
        const [again, later] = [yield* times("a"), yield* times("b")]
        expect(again.start).toBe(first.start)
        expect(first.start < first.time && first.time < later.start && later.start < later.time).toBe(true)
      }).pipe(Effect.provide(pipeline()))
      expect(yield* receiver.violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.effect("the scope has the version of the package", () =>
    Effect.sync(() => {
      expect(ownScope).toEqual(scope)
    })
  )
})
