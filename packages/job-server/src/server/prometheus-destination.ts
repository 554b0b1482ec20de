/**
 * The page that a Prometheus may scrape. It is served when `OTEL_METRICS_EXPORTER` contains `prometheus`, at
 * `OTEL_EXPORTER_PROMETHEUS_HOST` and `OTEL_EXPORTER_PROMETHEUS_PORT`.
 */
import { type PrometheusOptions, OptionsError } from "@parametric-portal/server/observe/telemetry"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { listedExporters } from "./listed-exporters.ts"

const defaultPort = 9464
const lastPort = 65_535

/**
 * The page of a process, or none. A runner adds the number in its name to the port, so that each process has its own;
 * port 0 always takes a free one.
 */
export const prometheusDestinations = (
  processName: string
): Effect.Effect<ReadonlyArray<PrometheusOptions>, OptionsError> =>
  Effect.gen(function* () {
    const listed = yield* listedExporters("OTEL_METRICS_EXPORTER", ["otlp", "prometheus", "none"])
    return listed.includes("prometheus") ? [{ type: "prometheus", ...(yield* portOf(processName)) }] : []
  })

/** No port where the library's own reading of the variable is right. */
const portOf = (processName: string): Effect.Effect<{ readonly port?: number }, OptionsError> =>
  Effect.gen(function* () {
    const number = Number(/-(\d+)$/.exec(processName)?.[1] ?? 0)
    const given = (yield* text(variable)).trim()
    const first = given === "" ? defaultPort : Number(given)
    if (number === 0 || first === 0 || !Number.isInteger(first)) {
      return {}
    }
    const port = first + number
    return port <= lastPort
      ? { port }
      : yield* OptionsError.of({
          option: variable,
          given: JSON.stringify(given),
          expected: `at most ${lastPort - number}, because ${processName} adds ${number} to it`
        })
  })

const variable = "OTEL_EXPORTER_PROMETHEUS_PORT"

const text = (name: string): Effect.Effect<string> => Effect.orElseSucceed(Config.string(name), () => "")
