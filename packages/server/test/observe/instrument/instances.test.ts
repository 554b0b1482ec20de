import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as MetricRegistry from "effect/MetricRegistry"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import * as Testing from "../../../src/observe/testing.ts"

/** The warnings that an effect logs. */
const warningsOf = <E>(effect: Effect.Effect<unknown, E>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel._tag === "Warning") {
        lines.push(String(message))
      }
    })
    return Effect.as(Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)), lines)
  })

const counted = Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.duplicates, { job_type: "t" }))

const telemetry = Telemetry.layer({ destinations: [{ type: "prometheus", port: 0 }] })

/** Code given one service, inside of telemetry given another. */
const apart = (exported: Layer.Layer<MetricsService>, recorded: Layer.Layer<MetricsService>) =>
  counted.pipe(Effect.provide(recorded), Effect.provide(Layer.provideMerge(telemetry, exported)))

const place = /instances\.test\.ts:\d+:\d+/g

describe("two services over one registry", () => {
  it.effect("are warned of once, with the places where each was built", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      const one = Layer.orDie(MetricsService.layer({ registry }))
      const other = Layer.orDie(MetricsService.layer({ registry }))
      const [line = "", ...more] = yield* warningsOf(apart(one, Layer.merge(other, Layer.fresh(one))))
      expect(more).toEqual([])
      expect(line).toContain("Two layers of MetricsService are alive over one registry")
      expect(new Set(line.match(place)).size).toBeGreaterThanOrEqual(2)
    })
  )

  it.effect("are warned of whatever a program made of its stacks", () =>
    Effect.gen(function* () {
      const { prepareStackTrace } = Error
      const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")
      const replaced = [
        () => (Error.prepareStackTrace = (_, sites) => sites),
        () => (Error.prepareStackTrace = () => undefined),
        () => (Error.prepareStackTrace = () => JSON.parse("broken")),
        () => Object.defineProperty(Error, "stackTraceLimit", { value: 10, writable: false, configurable: true })
      ]
      for (const replace of replaced) {
        replace()
        const registry = MetricRegistry.make()
        const layers = [MetricsService.layer({ registry }), MetricsService.layer({ registry })] as const
        const lines = yield* Effect.exit(warningsOf(apart(Layer.orDie(layers[0]), Layer.orDie(layers[1]))))
        Error.prepareStackTrace = prepareStackTrace
        Object.defineProperty(Error, "stackTraceLimit", limit ?? {})
        expect(Exit.map(lines, ({ length }) => length)).toEqual(Exit.succeed(1))
      }
    })
  )

  it.effect("are warned of when one layer is made twice", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      const layer = Layer.orDie(MetricsService.layer({ registry }))
      const lines = yield* warningsOf(apart(layer, Layer.fresh(layer)))
      expect(lines.length).toBe(1)
    })
  )

  it.effect("are not warned of where one layer is provided in two places, or one ends before the other", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      const layer = Layer.orDie(MetricsService.layer({ registry }))
      const shared = Layer.merge(Layer.provide(telemetry, layer), layer)
      const lines = yield* warningsOf(Effect.forEach([1, 2], () => Effect.provide(counted, shared), { discard: true }))
      expect(lines).toEqual([])
    })
  )
})

describe("telemetry given one service and code another", () => {
  const own = () => Layer.orDie(MetricsService.layer({ registry: "own" }))

  it.effect("is warned of once, with the places where each was built", () =>
    Effect.gen(function* () {
      const one = own()
      for (const other of [own(), Layer.fresh(one)]) {
        const [line = "", ...more] = yield* warningsOf(apart(one, other))
        expect(more).toEqual([])
        expect(line).toContain("Telemetry was given one MetricsService and code another")
        expect(line.match(place)?.length).toBeGreaterThanOrEqual(2)
      }
    })
  )

  it.effect("is not warned of where the registry is fresh on purpose, or its numbers are read, or there are none", () =>
    Effect.gen(function* () {
      const read = Effect.zipRight(counted, Testing.snapshot)
      const inTelemetry = Effect.provide(Layer.provideMerge(telemetry, own()))
      const lines = yield* warningsOf(
        Effect.all([
          apart(own(), Testing.layer()),
          apart(own(), Layer.orDie(MetricsService.layer({ registry: MetricRegistry.make() }))),
          inTelemetry(Effect.provide(read, own())),
          inTelemetry(Effect.provide(MetricsService, own())),
          Effect.provide(counted, own())
        ])
      )
      expect(lines).toEqual([])
    })
  )
})
