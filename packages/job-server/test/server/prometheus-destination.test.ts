import { describe, expect, it } from "@effect/vitest"
import { OptionsError } from "@parametric-portal/server/observe/telemetry"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { prometheusDestinations } from "../../src/server/prometheus-destination.ts"

const destinationsOf = (name: string, variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(prometheusDestinations(name), ConfigProvider.fromMap(new Map(Object.entries(variables))))

const exporter = { OTEL_METRICS_EXPORTER: "prometheus" }

describe("the page for Prometheus", () => {
  it.effect("is off by default", () =>
    Effect.gen(function* () {
      for (const listed of ["", "otlp", "none"]) {
        expect(yield* destinationsOf("server", { OTEL_METRICS_EXPORTER: listed })).toEqual([])
      }
      expect(yield* destinationsOf("server", {})).toEqual([])
    })
  )

  it.effect("is where the variables of the library say, whatever else is listed", () =>
    Effect.gen(function* () {
      expect(yield* destinationsOf("server", exporter)).toEqual([{ type: "prometheus" }])
      expect(yield* destinationsOf("front", { OTEL_METRICS_EXPORTER: "otlp, Prometheus" })).toEqual([
        { type: "prometheus" }
      ])
    })
  )

  it.effect("has its own port in each runner, or a free one", () =>
    Effect.gen(function* () {
      expect(yield* destinationsOf("runner-2", exporter)).toEqual([{ type: "prometheus", port: 9466 }])
      const port = (value: string) => ({ ...exporter, OTEL_EXPORTER_PROMETHEUS_PORT: value })
      expect(yield* destinationsOf("runner-3", port("8000"))).toEqual([{ type: "prometheus", port: 8003 }])
      // The library reads these itself: a free port, the default, or an error.
      for (const value of ["0", "", "x"]) {
        expect(yield* destinationsOf("server", port(value))).toEqual([{ type: "prometheus" }])
      }
      expect(yield* destinationsOf("runner-3", port("0"))).toEqual([{ type: "prometheus" }])
      expect(yield* destinationsOf("runner-3", port("x"))).toEqual([{ type: "prometheus" }])
      expect(yield* destinationsOf("runner-1", port(""))).toEqual([{ type: "prometheus", port: 9465 }])
      expect(yield* destinationsOf("runner-1", port(" 9500 "))).toEqual([{ type: "prometheus", port: 9501 }])
    })
  )

  it.effect("is rejected if an exporter is unknown, or no port is left", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(destinationsOf("server", { OTEL_METRICS_EXPORTER: "promtheus" }))).toEqual(
        OptionsError.of({
          option: "OTEL_METRICS_EXPORTER",
          given: '"promtheus"',
          expected: "otlp, prometheus or none"
        })
      )
      expect(
        yield* Effect.flip(destinationsOf("runner-3", { ...exporter, OTEL_EXPORTER_PROMETHEUS_PORT: "65533" }))
      ).toEqual(
        OptionsError.of({
          option: "OTEL_EXPORTER_PROMETHEUS_PORT",
          given: '"65533"',
          expected: "at most 65532, because runner-3 adds 3 to it"
        })
      )
    })
  )
})
