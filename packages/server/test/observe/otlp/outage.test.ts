/** When the collector does not take what it is sent: logged sparingly, counted, and over as soon as it is over. */
import { describe, expect, it } from "@effect/vitest"
import { FailureMode, Receiver } from "@parametric-portal/dashboard/receiver"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { snapshot } from "../../../src/observe/testing.ts"
import { makeOutageLog } from "../../../src/observe/otlp/outage.ts"
import { captureLog, pipeline, totalOf, until } from "./pipeline.ts"

const masked = (line: string) =>
  line
    .replace(/127\.0\.0\.1:\d+/g, "host")
    .replace(/\d+ ms/g, "n ms")
    .replace(/\d+ points/, "n points")

const flushTimes = (times: number) => Effect.forEach(Array.from({ length: times }), () => Telemetry.flush)

describe("an outage", () => {
  it.effect("is logged again after a clock that was a year ahead at the last warning", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      const log = yield* makeOutageLog("Metrics", "there")
      const failed = ["no"]
      yield* TestClock.setTime(365 * 86_400_000)
      yield* Effect.provide(log(failed), layer)
      yield* TestClock.setTime(100_000)
      yield* Effect.provide(log(failed), layer)
      expect(lines.length).toBe(2)
    })
  )

  it.scoped("is logged at its first failure, once a minute, and at its end, without credentials", () =>
    Effect.gen(function* () {
      const { setFailureMode, url } = yield* Receiver
      const { layer, lines } = captureLog()
      const secret = url.replace("http://", "http://me:password@") + "?key=secret"
      yield* TestClock.setTime(1_000_000_000_000)
      yield* Effect.gen(function* () {
        yield* Telemetry.flush
        yield* setFailureMode(FailureMode.status(503))
        for (let second = 0; second < 130; second += 10) {
          yield* Telemetry.flush
          yield* TestClock.adjust("10 seconds")
        }
        yield* setFailureMode(FailureMode.none)
        yield* flushTimes(2)
      }).pipe(
        Effect.provide(pipeline({ interval: "1 hour" }, { url: secret, timeout: "700 millis" })),
        Effect.provide(layer)
      )
      const cause =
        "Metrics are not exported to http://host/v1/metrics: 503 Service Unavailable: answered 503 on request"
      expect(lines.map(masked)).toEqual([
        `WARN ${cause}`,
        `WARN ${cause} (7 failed exports in a row)`,
        `WARN ${cause} (13 failed exports in a row)`,
        "INFO Metrics are exported to http://host/v1/metrics again, after 13 failed exports",
        "INFO The final export to http://host/v1/metrics was acknowledged: n points in n ms"
      ])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  const causes: ReadonlyArray<readonly [string, FailureMode, RegExp]> = [
    ["a refused connection", FailureMode.refuse, /ECONNREFUSED/],
    ["a reset", FailureMode.reset, /ECONNRESET|socket hang up/],
    ["no answer", FailureMode.hang, /no answer within 300 ms/],
    ["a bad request", FailureMode.status(400), /400 Bad Request: .*answered 400 on request/],
    ["too many requests", FailureMode.status(429, { retryAfterSeconds: 5 }), /429 Too Many Requests/]
  ]
  for (const [cause, mode, message] of causes) {
    it.scopedLive(`by ${cause} is named in the log and in the report`, () =>
      Effect.gen(function* () {
        const { setFailureMode } = yield* Receiver
        const { layer, lines } = captureLog()
        yield* setFailureMode(mode)
        yield* Effect.gen(function* () {
          const [report] = yield* Telemetry.flush
          expect(report).toMatchObject({ points: 0, rejected: 0, failures: [expect.stringMatching(message)] })
          expect(lines).toEqual([expect.stringMatching(message)])
          yield* setFailureMode(FailureMode.none)
        }).pipe(Effect.provide(pipeline({}, { timeout: "300 millis" })), Effect.provide(layer))
      }).pipe(Effect.provide(Receiver.layer()))
    )
  }

  it.scoped("costs one interval at most: the next export after it has everything", () =>
    Effect.gen(function* () {
      const { requests, setFailureMode } = yield* Receiver
      yield* TestClock.setTime(1_000_000_000_000)
      yield* Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        yield* MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "digest" }), 3)
        const answered = (count: number) => until(Effect.map(requests, ({ length }) => length >= count))
        yield* setFailureMode(FailureMode.hang)
        yield* TestClock.adjust("10 seconds")
        yield* answered(1)
        yield* setFailureMode(FailureMode.none)
        yield* until(Effect.map(snapshot, (series) => series['telemetry_exports_total{outcome="failure"}'] === 1))
        yield* TestClock.adjust("10 seconds")
        yield* answered(2)
        yield* until(Effect.map(totalOf("jobs_enqueued_total"), (total) => total > 0))
        expect(yield* totalOf("jobs_enqueued_total")).toBe(3)
      }).pipe(Effect.provide(pipeline({ interval: "10 seconds" }, { timeout: "300 millis" })))
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("at the end is told by one line, whatever was under way", () =>
    Effect.gen(function* () {
      const { requests, setFailureMode } = yield* Receiver
      yield* setFailureMode(FailureMode.hang)
      for (const temporality of ["cumulative", "delta"] as const) {
        const { layer, lines } = captureLog()
        const before = (yield* requests).length
        yield* until(Effect.map(requests, ({ length }) => length > before)).pipe(
          Effect.provide(pipeline({ interval: "2 seconds", shutdownTimeout: "600 millis" }, { temporality })),
          Effect.provide(layer)
        )
        yield* Effect.sleep("200 millis")
        expect(lines).toEqual([expect.stringMatching(/^WARN The final export to .* was not acknowledged: no answer/)])
      }
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("is counted and timed, and so is what was rejected", () =>
    Effect.gen(function* () {
      const { setFailureMode } = yield* Receiver
      const { layer, lines } = captureLog()
      yield* Effect.gen(function* () {
        expect(yield* snapshot).toMatchObject({
          telemetry_exports_total: 0,
          'telemetry_exports_total{outcome="failure"}': 0,
          'telemetry_points_dropped_total{reason="rejected"}': 0
        })
        expect(yield* snapshot).not.toHaveProperty("telemetry_last_success_timestamp_seconds")
        yield* setFailureMode(FailureMode.status(400))
        yield* flushTimes(2)
        yield* setFailureMode(FailureMode.partial(3, "too old"))
        const [report] = yield* Telemetry.flush
        expect(report).toMatchObject({ rejected: 3, failures: [] })
        const after = yield* snapshot
        expect(after).toMatchObject({
          telemetry_exports_total: 1,
          telemetry_export_seconds: { count: 1 },
          'telemetry_export_seconds{outcome="failure"}': { count: 2 },
          'telemetry_exports_total{outcome="failure"}': 2,
          'telemetry_points_dropped_total{reason="rejected"}': 3
        })
        expect(Number(after["telemetry_last_success_timestamp_seconds"]) * 1_000).toBeGreaterThan(Date.now() - 60_000)
        expect(lines.some((line) => line.includes("too old"))).toBe(true)
        yield* setFailureMode(FailureMode.none)
      }).pipe(Effect.provide(pipeline()), Effect.provide(layer))
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scoped("does not move the time of the last success, which is the wall's", () =>
    Effect.gen(function* () {
      const { find, setFailureMode } = yield* Receiver
      const lastSuccess = Effect.map(snapshot, (series) => series["telemetry_last_success_timestamp_seconds"])
      // A machine that slept: the wall went on, what counts nanoseconds did not.
      const base = yield* Effect.clock
      const asleep: Clock.Clock = Object.assign(Object.create(base), {
        currentTimeMillis: Effect.map(base.currentTimeMillis, (ms) => ms + 3_600_000)
      })
      yield* TestClock.setTime(1_000_000_000_000)
      yield* Effect.gen(function* () {
        yield* Telemetry.flush
        expect(yield* lastSuccess).toBe(1_000_000_000)
        yield* setFailureMode(FailureMode.status(503))
        yield* TestClock.adjust("10 seconds")
        yield* Telemetry.flush
        expect(yield* lastSuccess).toBe(1_000_000_000)
        yield* setFailureMode(FailureMode.none)
        yield* TestClock.adjust("10 seconds")
        yield* Effect.withClock(Telemetry.flush, asleep)
        expect(yield* lastSuccess).toBe(1_000_003_620)
        const [exported] = yield* find("telemetry_exports_total", {})
        expect(exported?.timeUnixNano).toBe(1_000_003_620_000_000_000n)
      }).pipe(Effect.provide(pipeline({ interval: "1 hour" }, { timeout: "300 millis" })))
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("a rejected part is seen over protobuf as well", () =>
    Effect.gen(function* () {
      const { setFailureMode } = yield* Receiver
      yield* setFailureMode(FailureMode.partial(2, "over the limit"))
      yield* Effect.gen(function* () {
        const [report] = yield* Telemetry.flush
        expect(report).toMatchObject({ rejected: 2, failures: [] })
      }).pipe(Effect.provide(pipeline({}, { protocol: "http/protobuf" })))
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("of one destination leaves another alone", () =>
    Effect.gen(function* () {
      const { url } = yield* Receiver
      const down = "http://127.0.0.1:9/v1/metrics"
      const destinations = [
        { type: "otlp", url: down, temporality: "delta", timeout: "300 millis" },
        { type: "otlp", url }
      ] as const
      yield* Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        yield* MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "digest" }), 3)
        const reports = yield* Telemetry.flush
        expect(reports.map(({ destination, failures }) => [destination, failures.length])).toEqual([
          [down, 1],
          [url, 0]
        ])
        expect(yield* totalOf("jobs_enqueued_total")).toBe(3)
      }).pipe(Effect.provide(pipeline({ destinations, shutdownTimeout: "500 millis" })))
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
