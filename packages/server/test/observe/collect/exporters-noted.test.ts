/** What is noted of a layer that is built again and again over the same metrics, as where it is reloaded. */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { noteExporter } from "../../../src/observe/collect/exporters.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"

it.effect("is noted once for its metrics, and not again at each build", () =>
  Effect.gen(function* () {
    const metrics = yield* MetricsService
    let finalizers = 0
    const scope = {
      ...metrics.scope,
      addFinalizer: (finalizer: Scope.Scope.Finalizer) => {
        finalizers += 1
        return Scope.addFinalizerExit(metrics.scope, finalizer)
      }
    }
    const counted = new MetricsService({ ...metrics, scope })
    const note = Effect.flatten(noteExporter({ kind: "Telemetry.layer", metrics: counted, registries: "own" }))
    yield* Effect.repeatN(note, 9)
    expect(finalizers).toBe(1)
  }).pipe(Effect.provide(MetricsService.layer({ registry: "own" })))
)
