/** The types of `trackCluster`: both forms keep value, error and requirements, and add `MetricsService`. */
import type * as Effect from "effect/Effect"
import { expectTypeOf } from "vitest"
import { MetricsService } from "../../../src/observe/metrics.ts"

declare const effect: Effect.Effect<"value", "error", "requirement">

type Tracked = Effect.Effect<"value", "error", "requirement" | MetricsService>

expectTypeOf(MetricsService.trackCluster(effect, { operation: "send", entityType: "e" })).toEqualTypeOf<Tracked>()
expectTypeOf(MetricsService.trackCluster({ operation: "send", entityType: "e" })(effect)).toEqualTypeOf<Tracked>()
expectTypeOf(
  effect.pipe(MetricsService.trackCluster({ operation: "receive", entityType: "e", message: "m" }))
).toEqualTypeOf<Tracked>()

// @ts-expect-error no such operation
MetricsService.trackCluster({ operation: "reply", entityType: "e" })
// @ts-expect-error an entity has a type
MetricsService.trackCluster(effect, { operation: "send" })
