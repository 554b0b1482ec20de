/** A receiver, a registry and telemetry between them, for tests of one process. */
import { Receiver, type Series } from "@parametric-portal/dashboard/receiver"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestServices from "effect/TestServices"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"

/** Telemetry to the receiver. Only the registry of `MetricsService` is exported unless the options say otherwise. */
export const telemetryTo = (options: TelemetryOptions = {}, otlp: Omit<OtlpOptions, "type"> = {}) =>
  Layer.unwrapEffect(
    Effect.map(Receiver, ({ url }) =>
      Telemetry.layer({ destinations: [{ type: "otlp", url, ...otlp }], registries: "own", ...options })
    )
  )

/** Metrics in a registry of their own. */
export const own = MetricsService.layer({ registry: "own" })

/** Telemetry to the receiver, and the metrics that it exports. */
export const pipeline = (options: TelemetryOptions = {}, otlp: Omit<OtlpOptions, "type"> = {}) =>
  Layer.provideMerge(telemetryTo(options, otlp), own)

/** What was received, without what telemetry says of itself. */
export const received: Effect.Effect<ReadonlyArray<Series>, never, Receiver> = Effect.flatMap(Receiver, ({ series }) =>
  Effect.map(series, (all) => all.filter(({ name }) => !name.startsWith("telemetry_")))
)

/** The sum over all series of a name. */
export const totalOf = (name: string): Effect.Effect<number, never, Receiver> =>
  Effect.flatMap(Receiver, ({ find }) =>
    Effect.map(find(name), (all) => all.reduce((sum, { total }) => sum + (typeof total === "number" ? total : 0), 0))
  )

/** Waits in real time until something is so: the network knows no test clock. */
export const until = <E, R>(
  isSo: Effect.Effect<boolean, E, R>,
  within: Duration.DurationInput = "1 minute"
): Effect.Effect<void, E, R> => {
  const again: Effect.Effect<void, E, R> = Effect.flatMap(isSo, (so) =>
    so ? Effect.void : Effect.zipRight(TestServices.provideLive(Effect.sleep("5 millis")), again)
  )
  const late = TestServices.provideLive(Effect.sleep(within)).pipe(
    Effect.zipRight(Effect.dieMessage("it did not become so"))
  )
  return Effect.raceFirst(again, late)
}

/** The lines that are logged, level and text. */
export const captureLog = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    lines.push(`${logLevel.label} ${Array.isArray(message) ? message.join(" ") : String(message)}`)
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}
