import { describe, expect, it } from "@effect/vitest"
import { OptionsError } from "@parametric-portal/server/observe/telemetry"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { scrapeDestinations } from "../../src/server/prometheus-destination.ts"

const asked = (name: string, variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(scrapeDestinations(name), ConfigProvider.fromMap(new Map(Object.entries(variables))))

const exporter = { OTEL_METRICS_EXPORTER: "prometheus" }

describe("the page to scrape", () => {
  it.effect("is not there unless it is asked for", () =>
    Effect.gen(function* () {
      for (const listed of ["", "otlp", "none"]) {
        expect(yield* asked("server", { OTEL_METRICS_EXPORTER: listed })).toEqual([])
      }
      expect(yield* asked("server", {})).toEqual([])
    })
  )

  it.effect("is where the variables of the library say, beside whatever else is listed", () =>
    Effect.gen(function* () {
      expect(yield* asked("server", exporter)).toEqual([{ type: "prometheus" }])
      expect(yield* asked("front", { OTEL_METRICS_EXPORTER: "otlp, Prometheus" })).toEqual([{ type: "prometheus" }])
    })
  )

  it.effect("has a port of its own in each runner, or a free one", () =>
    Effect.gen(function* () {
      expect(yield* asked("runner-2", exporter)).toEqual([{ type: "prometheus", port: 9466 }])
      const port = (value: string) => ({ ...exporter, OTEL_EXPORTER_PROMETHEUS_PORT: value })
      expect(yield* asked("runner-3", port("8000"))).toEqual([{ type: "prometheus", port: 8003 }])
      // What these are, the library reads itself: a free port, the default, or a fault that it names.
      for (const value of ["0", "", "x"]) {
        expect(yield* asked("server", port(value))).toEqual([{ type: "prometheus" }])
      }
      expect(yield* asked("runner-3", port("0"))).toEqual([{ type: "prometheus" }])
      expect(yield* asked("runner-3", port("x"))).toEqual([{ type: "prometheus" }])
      expect(yield* asked("runner-1", port(""))).toEqual([{ type: "prometheus", port: 9465 }])
      expect(yield* asked("runner-1", port(" 9500 "))).toEqual([{ type: "prometheus", port: 9501 }])
    })
  )

  it.effect("is refused where a word is not known, or no port is left", () =>
    Effect.gen(function* () {
      expect(yield* Effect.flip(asked("server", { OTEL_METRICS_EXPORTER: "promtheus" }))).toEqual(
        OptionsError.of({
          option: "OTEL_METRICS_EXPORTER",
          given: '"promtheus"',
          expected:
            "prometheus, which adds a page to scrape; otlp or none, which add nothing to the receiver of the demo"
        })
      )
      expect(yield* Effect.flip(asked("runner-3", { ...exporter, OTEL_EXPORTER_PROMETHEUS_PORT: "65533" }))).toEqual(
        OptionsError.of({
          option: "OTEL_EXPORTER_PROMETHEUS_PORT",
          given: '"65533"',
          expected: "a port that leaves room for 3 more, so at most 65532"
        })
      )
    })
  )
})
