/**
 * The page that a Prometheus may scrape, beside the receiver of the demo: there when `OTEL_METRICS_EXPORTER` lists
 * `prometheus`, at `OTEL_EXPORTER_PROMETHEUS_HOST` and `OTEL_EXPORTER_PROMETHEUS_PORT`.
 */
import { type PrometheusOptions, OptionsError } from "@parametric-portal/server/observe/telemetry"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"

const defaultPort = 9464
const lastPort = 65_535

/** What may be listed; `console` would write between the lines of the result. */
const exporters = ["otlp", "prometheus", "none"]

/**
 * The destination of a process, or none. Each process of a fleet has a port of its own: the one of the variable, 9464
 * unless set, plus the number at the end of its name; 0 stays 0, a free port.
 */
export const scrapeDestinations = (
  processName: string
): Effect.Effect<ReadonlyArray<PrometheusOptions>, OptionsError> =>
  Effect.gen(function* () {
    const given = yield* text("OTEL_METRICS_EXPORTER")
    const listed = given
      .toLowerCase()
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "")
    if (listed.some((one) => !exporters.includes(one))) {
      return yield* OptionsError.of({
        option: "OTEL_METRICS_EXPORTER",
        given: JSON.stringify(given),
        expected: "prometheus, which adds a page to scrape; otlp or none, which add nothing to the receiver of the demo"
      })
    }
    return listed.includes("prometheus") ? [{ type: "prometheus", ...(yield* portOf(processName)) }] : []
  })

/** Nothing where the library's own reading of the variable is all that is needed. */
const portOf = (processName: string): Effect.Effect<{ readonly port?: number }, OptionsError> =>
  Effect.gen(function* () {
    const number = Number(/-(\d+)$/.exec(processName)?.[1] ?? 0)
    const given = (yield* text(variable)).trim()
    const first = given === "" ? defaultPort : Number(given)
    if (number === 0 || first === 0 || !Number.isInteger(first)) return {}
    const port = first + number
    return port <= lastPort
      ? { port }
      : yield* OptionsError.of({
          option: variable,
          given: JSON.stringify(given),
          expected: `a port that leaves room for ${number} more, so at most ${lastPort - number}`
        })
  })

const variable = "OTEL_EXPORTER_PROMETHEUS_PORT"

const text = (name: string): Effect.Effect<string> => Effect.orElseSucceed(Config.string(name), () => "")
