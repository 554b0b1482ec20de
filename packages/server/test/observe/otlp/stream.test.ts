/** Telemetry that is built more than once over metrics that outlive it: each amount arrives once, in one last export. */
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import { captureLog, own, telemetryTo, totalOf } from "./pipeline.ts"

const count = (by: number) =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "again" }), by)
  )

/** A program with telemetry of its own, over metrics that are there already. */
const program = (by: number, options: TelemetryOptions = {}, otlp: Omit<OtlpOptions, "type"> = {}) =>
  Effect.scoped(Effect.zipRight(count(by), Telemetry.flush)).pipe(Effect.provide(telemetryTo(options, otlp)))

const delta = { temporality: "delta" } as const

/** Metrics that live until the effect that is returned has run. */
const longLived = <E>(layer: Layer.Layer<MetricsService, E>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const metrics = yield* Effect.map(Layer.buildWithScope(layer, scope), Context.unsafeGet(MetricsService))
    return { metrics: Layer.succeed(MetricsService, metrics), close: Scope.close(scope, Exit.void) }
  })

const linesOf = (lines: ReadonlyArray<string>) => lines.filter((line) => line.includes("The final export")).length

describe("telemetry that is built again", () => {
  it.scopedLive("goes on where the one before it ended, and ends with one last export", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      yield* Effect.gen(function* () {
        const { close, metrics } = yield* longLived(own)
        yield* Effect.provide(program(10, {}, delta), metrics)
        yield* Effect.provide(program(5, {}, { ...delta, timeout: "2 seconds" }), metrics)
        yield* Effect.provide(count(7), metrics)
        expect(yield* totalOf("jobs_enqueued_total")).toBe(15)
        yield* close
      }).pipe(Effect.provide(layer))
      expect(yield* totalOf("jobs_enqueued_total")).toBe(22)
      expect(linesOf(lines)).toBe(1)
      expect(yield* (yield* Receiver).violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("does so for external metrics, and over one registry for several services", () =>
    Effect.gen(function* () {
      const external = Metric.counter("again_external", { incremental: true })
      for (const by of [10, 5]) {
        const { close, metrics } = yield* longLived(MetricsService.Default)
        yield* Metric.incrementBy(external, by)
        yield* Effect.provide(program(by, { registries: "all" }, delta), metrics)
        yield* close
      }
      expect(yield* totalOf("jobs_enqueued_total")).toBe(15)
      expect(yield* totalOf("again_external")).toBe(15)
      expect(yield* (yield* Receiver).violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("exports everything to another address, and as another service", () =>
    Effect.gen(function* () {
      const { find, url } = yield* Receiver
      const { layer, lines } = captureLog()
      const { close, metrics } = yield* longLived(own)
      yield* Effect.provide(program(10, {}, delta), metrics)
      yield* Effect.provide(program(5, {}, { ...delta, url: `${url}?tenant=b` }), metrics)
      yield* Effect.provide(program(1, {}, { ...delta, headers: { "x-tenant": "c" } }), metrics)
      yield* Effect.provide(program(1, { serviceName: "other" }, delta), metrics)
      const totals = (yield* find("jobs_enqueued_total")).map(({ resource, total }) => [
        resource["service.name"],
        total
      ])
      expect(Object.fromEntries(totals)).toEqual({ other: 17, "unknown_service:node": 10 + 15 + 16 })
      yield* Effect.provide(close, layer)
      expect(linesOf(lines)).toBe(4)
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
