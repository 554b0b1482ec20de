/** Every span and every log line arrives, whatever becomes of the receiver; what can't is counted. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { type Answer, collector, ok } from "../otlp/collector.ts"
import { captureLog, until } from "../otlp/pipeline.ts"
import { arrived, numbered, ran, recordsOf, refuse, signalsTo, spansOf, upTo, work } from "./recorded.ts"

/** The first answers to each signal, then well. */
const first =
  (times: number, answer: Answer): Answer =>
  (response, request, index) => {
    const one: Answer = index < times ? answer : ok
    one(response, request, index)
  }

const soon = { scheduleDelay: "20 millis" } as const

const dropped = (metric: "spansDropped" | "logRecordsDropped", reason: string) =>
  Effect.flatMap(MetricsService, ({ telemetry }) =>
    Effect.map(Metric.value(Metric.tagged(telemetry[metric], "reason", reason)), (state) =>
      MetricState.isCounterState(state) ? state.count : 0
    )
  )

describe("spans and log lines", () => {
  it.live("arrive at the end, in order, with those of finalizers", () =>
    Effect.gen(function* () {
      const program = Effect.scoped(
        Effect.zipRight(
          Effect.addFinalizer(() => work(3)),
          work(1_200)
        )
      )
      const { lines, log, spans } = yield* ran(program, ok)
      expect(spans).toEqual([...upTo(1_200), ...upTo(3)])
      expect(lines).toEqual([...upTo(1_200), ...upTo(3)])
      expect(numbered(log.map((line) => line.slice(5)))).toEqual(lines)
    })
  )

  it.live("arrive at their time, and as soon as a batch is full", () =>
    Effect.gen(function* () {
      const { spans } = yield* ran(
        Effect.gen(function* () {
          yield* work(10)
          yield* Effect.sleep("100 millis")
        }),
        ok,
        { traces: soon, logs: soon }
      )
      expect(spans).toEqual(upTo(10))
    })
  )

  it.live("wait for a receiver that is not there", () =>
    Effect.gen(function* () {
      const { log, requests } = yield* ran(
        Effect.zipRight(work(100), Effect.zipLeft(Effect.sleep("1500 millis"), work(100))),
        first(4, refuse(503)),
        { traces: { ...soon, timeout: "50 millis" }, logs: { ...soon, timeout: "50 millis" } }
      )
      const { lines, spans } = arrived(requests.slice(4))
      expect(spans).toEqual([...upTo(100), ...upTo(100)])
      expect(lines).toEqual([...upTo(100), ...upTo(100)])
      expect(log.filter((line) => line.includes("not exported"))).toHaveLength(2)
      expect(log.filter((line) => line.includes("again"))).toHaveLength(2)
    })
  )

  for (const status of [400, 413, 422, 500]) {
    it.live(`arrive in parts where a request is refused with ${status}`, () =>
      Effect.gen(function* () {
        const { requests } = yield* ran(work(600), first(4, refuse(status)))
        const { lines, spans } = arrived(requests.slice(4))
        expect(spans.toSorted((a, b) => a - b)).toEqual(upTo(600))
        expect(lines.toSorted((a, b) => a - b)).toEqual(upTo(600))
      })
    )
  }

  it.live("but for the one that is refused, which is counted and named", () =>
    Effect.gen(function* () {
      const poisonous: Answer = (response, request, index) => {
        const answer: Answer = request.body.includes('"span 77"') ? refuse(400) : ok
        answer(response, request, index)
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const log = captureLog()
          const { requests, url } = yield* collector(poisonous)
          const count = Effect.gen(function* () {
            yield* work(300)
            yield* Telemetry.flush
            return [yield* dropped("spansDropped", "refused"), yield* dropped("logRecordsDropped", "refused")]
          })
          const counts = yield* count.pipe(Effect.provide(signalsTo({ url })), Effect.provide(log.layer))
          expect(counts).toEqual([1, 0])
          const taken = requests.filter(({ body }) => !body.includes('"span 77"'))
          expect(arrived(taken).spans.toSorted((a, b) => a - b)).toEqual(upTo(300).filter((index) => index !== 77))
          expect(log.lines.filter((line) => line.includes("Spans are dropped (refused): 400"))).toHaveLength(1)
        })
      )
    })
  )

  it.live("are dropped and counted where more wait than may", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const log = captureLog()
        const { requests, url } = yield* collector(ok)
        const few = { maxQueueSize: 10 }
        const counts = yield* Effect.gen(function* () {
          yield* work(25)
          const both = [yield* dropped("spansDropped", "queue_full"), yield* dropped("logRecordsDropped", "queue_full")]
          yield* Telemetry.flush
          return both
        }).pipe(Effect.provide(signalsTo({ url }, { traces: few, logs: few })), Effect.provide(log.layer))
        expect(counts[0]).toBe(15)
        expect(counts[1]).toBeGreaterThanOrEqual(15)
        expect(arrived(requests).spans).toEqual(upTo(10))
        expect(log.lines.filter((line) => line.includes("Spans are dropped (queue_full)"))).toHaveLength(1)
      })
    )
  )

  it.live("are not sent twice where a request is under way at the end", () =>
    Effect.gen(function* () {
      const slow: Answer = (response) => {
        setTimeout(() => ok(response), 200)
      }
      const { requests, spans } = yield* ran(Effect.zipLeft(work(5), Effect.sleep("60 millis")), slow, {
        traces: soon,
        logs: soon
      })
      expect(spans).toEqual(upTo(5))
      expect(recordsOf(requests).filter(({ body }) => body.stringValue === "line 3")).toHaveLength(1)
    })
  )

  it.live("hold up the end no longer than the deadline, and no signal the other", () =>
    Effect.gen(function* () {
      const hanging: Answer = (response, request) => {
        if (request.body.includes("resourceLogs")) {
          ok(response)
        }
      }
      const started = performance.now()
      const { log, requests } = yield* ran(work(20), hanging, { shutdownTimeout: "600 millis" })
      expect(performance.now() - started).toBeLessThan(1_800)
      expect(arrived(requests).lines).toEqual(upTo(20))
      const said = log.join("\n")
      expect(said).toMatch(/^WARN The final export of spans to .* 20 did not, in/m)
      expect(said).toMatch(/^INFO The final export of log records to .* was acknowledged: 20/m)
    })
  )

  it.live("wait as long as the receiver asks, and no request comes in between", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const paused: Answer = (response, request, index) => {
        if (request.body.includes("resourceSpans")) {
          times.push(performance.now())
          const answer: Answer = times.length === 1 ? refuse(429, { "retry-after": "1" }) : ok
          answer(response, request, index)
        } else {
          ok(response)
        }
      }
      const { spans } = yield* ran(Effect.zipLeft(work(600), Effect.sleep("1500 millis")), paused, {
        traces: { ...soon, timeout: "500 millis" }
      })
      expect(new Set(spans).size).toBe(600)
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990)
    })
  )

  it.live("are exported before their time where they have much text", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { requests, url } = yield* collector(ok)
        const text = "x".repeat(600_000)
        const long = Effect.zipRight(Effect.log(text), Effect.withSpan(Effect.void, "long", { attributes: { text } }))
        const isThere = () => spansOf(requests).length === 2 && recordsOf(requests).length === 2
        const arrivedAt = yield* Effect.replicateEffect(long, 2).pipe(
          Effect.zipRight(Effect.repeat(Effect.sleep("20 millis"), { until: isThere })),
          Effect.timeoutOption("10 seconds"),
          Effect.provide(Logger.remove(Logger.defaultLogger)),
          Effect.provide(signalsTo({ url }))
        )
        expect(arrivedAt._tag).toBe("Some")
      })
    )
  )

  it.live("are told apart where two layers export, and both arrive", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { requests, url } = yield* collector(ok)
        const metrics = MetricsService.layer({ registry: "own" })
        const target = { exporter: "otlp", protocol: "http/json", url: new URL("/v1/traces", url).href } as const
        const telemetry = () => Layer.fresh(Telemetry.layer({ destinations: [], traces: target }))
        const one = Effect.withSpan(Effect.void, "one").pipe(Effect.provide(telemetry()))
        const two = Effect.withSpan(Effect.void, "two").pipe(Effect.provide(telemetry()))
        yield* Effect.provide(Effect.all([one, two], { concurrency: 2 }), metrics)
        expect(
          spansOf(requests)
            .map(({ name }) => name)
            .toSorted()
        ).toEqual(["one", "two"])
      })
    )
  )

  it.live("arrive soon after telemetry's layer ends, although the metrics go on", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { requests, url } = yield* collector(ok)
        const target = { exporter: "otlp", protocol: "http/json", url: new URL("/v1/traces", url).href } as const
        yield* Effect.gen(function* () {
          const telemetry = Telemetry.layer({ destinations: [], traces: { ...target, scheduleDelay: "1 hour" } })
          yield* Effect.provide(Effect.withSpan(Effect.void, "one"), telemetry)
          yield* until(Effect.sync(() => spansOf(requests).length === 1))
        }).pipe(Effect.provide(MetricsService.layer({ registry: "own" })))
        expect(spansOf(requests)).toHaveLength(1)
      })
    )
  )

  it.live("arrive once where a flush is interrupted and another follows", () =>
    Effect.gen(function* () {
      const slow: Answer = (response) => {
        setTimeout(() => ok(response), 100)
      }
      const { spans } = yield* ran(
        Effect.gen(function* () {
          yield* work(3)
          const flush = yield* Effect.fork(Telemetry.flush)
          yield* Effect.sleep("30 millis")
          yield* Fiber.interrupt(flush)
          yield* work(2)
          const reports = yield* Telemetry.flush
          expect(reports.map(({ failures }) => failures)).toEqual([[], []])
        }),
        slow
      )
      expect(spans).toEqual([0, 1, 2, 0, 1])
    })
  )
})
