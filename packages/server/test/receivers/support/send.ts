/** Exports what an effect records to a real receiver, from a registry of its own, and says what failed. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { type OtlpOptions, Telemetry, type TelemetryOptions } from "../../../src/observe/telemetry.ts"
import type { RealReceiver } from "@parametric-portal/receivers/stored"

export interface SendOptions extends TelemetryOptions {
  readonly serviceName: string
  readonly otlp?: Partial<Omit<OtlpOptions, "type">>
}

/** The failures of two exports to this receiver; protobuf, which all of them take, unless said otherwise. */
export const send = <A>(
  receiver: Pick<RealReceiver, "url">,
  { otlp, ...options }: SendOptions,
  record: Effect.Effect<A, unknown, MetricsService>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    yield* Effect.orDie(record)
    // The second one tells what was left out of the first.
    const reports = [...(yield* Telemetry.flush), ...(yield* Telemetry.flush)]
    return reports.flatMap(({ failures, rejected }) =>
      rejected === 0 ? failures : [...failures, `${rejected} rejected`]
    )
  }).pipe(
    Effect.provide(
      Telemetry.layer({
        interval: "1 hour",
        registries: "own",
        destinations: [{ type: "otlp", url: receiver.url, protocol: "http/protobuf", ...otlp }],
        ...options
      }).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own", limits: { default: 200_000 } })))
    ),
    Effect.provide(Logger.remove(Logger.defaultLogger)),
    Effect.orDie
  )
