import { describe, expect, it } from "@effect/vitest"
import { OptionsError } from "@parametric-portal/server/observe/telemetry"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { listedExporters } from "../../src/server/listed-exporters.ts"

const listedIn = (value: string) =>
  Effect.withConfigProvider(
    listedExporters("OTEL_TRACES_EXPORTER", ["otlp", "none"]),
    ConfigProvider.fromMap(new Map([["OTEL_TRACES_EXPORTER", value]]))
  )

describe("the exporters that a variable lists", () => {
  it.effect("are those that are known, in any case", () =>
    Effect.gen(function* () {
      expect(yield* listedIn("")).toEqual([])
      expect(yield* listedIn(" OTLP , none,")).toEqual(["otlp", "none"])
    })
  )

  it.effect("are never the console, whose lines would be among those of the result", () =>
    Effect.gen(function* () {
      for (const given of ["console", "otlp,console"]) {
        expect(yield* Effect.flip(listedIn(given))).toEqual(
          OptionsError.of({ option: "OTEL_TRACES_EXPORTER", given: `"${given}"`, expected: "otlp or none" })
        )
      }
    })
  )
})
