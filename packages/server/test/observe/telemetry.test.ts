/** Where the layer may stand: the last export comes after the finalizers of everything that was given the metrics. */
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"
import { own, pipeline, telemetryTo, totalOf } from "./otlp/pipeline.ts"

const count = (by: number) =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    MetricsService.inc(jobs.completions, MetricsService.label({ job_type: "drained" }), by)
  )

/** Takes a while to finish what it has begun, and counts it. */
const worker = Layer.scopedDiscard(Effect.addFinalizer(() => Effect.delay(count(10), "50 millis")))

const run = (app: Layer.Layer<never, unknown, Receiver>) => Effect.scoped(Layer.build(app))

const drained = totalOf("jobs_completed_total")

const cases = {
  "beside the worker, first": Layer.mergeAll(telemetryTo(), worker).pipe(Layer.provide(own)),
  "beside the worker, last": Layer.mergeAll(worker, telemetryTo()).pipe(Layer.provide(own)),
  "below the worker": worker.pipe(Layer.provide(telemetryTo()), Layer.provide(own)),
  "above the worker": telemetryTo().pipe(Layer.provide(worker), Layer.provide(own)),
  "apart, each with the same metrics": Layer.mergeAll(
    Layer.provide(worker, own),
    Layer.discard(Layer.provide(telemetryTo(), own))
  )
}

describe("the last export", () => {
  for (const [place, app] of Object.entries(cases)) {
    it.live(`has what a worker counts in its finalizer, with the layer ${place}`, () =>
      Effect.gen(function* () {
        yield* run(Layer.discard(app))
        expect(yield* drained).toBe(10)
      }).pipe(Effect.provide(Receiver.layer()))
    )
  }

  it.live("has what a program's own scope counts as it closes", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(Effect.addFinalizer(() => count(10))).pipe(Effect.provide(pipeline()))
      expect(yield* drained).toBe(10)
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.live("comes when a managed runtime is disposed of", () =>
    Effect.gen(function* () {
      const { url } = yield* Receiver
      const telemetry = Telemetry.layer({ destinations: [{ type: "otlp", url }], registries: "own" })
      const runtime = ManagedRuntime.make(Layer.provideMerge(Layer.mergeAll(telemetry, worker), own))
      yield* Effect.promise(() => runtime.runPromise(count(1)))
      yield* runtime.disposeEffect
      expect(yield* drained).toBe(11)
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.live("comes when the program is interrupted", () =>
    Effect.gen(function* () {
      const isLaunched = yield* Deferred.make<void>()
      const app = Layer.effectDiscard(Deferred.succeed(isLaunched, undefined)).pipe(
        Layer.provide(cases["beside the worker, first"])
      )
      const launched = yield* Effect.fork(Layer.launch(app))
      yield* Deferred.await(isLaunched)
      yield* launched.interruptAsFork(launched.id())
      yield* launched.await
      expect(yield* drained).toBe(10)
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
