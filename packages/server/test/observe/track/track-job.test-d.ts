/** The types of `trackJob`: both forms keep value, error and requirements, and add `MetricsService`. */
import type * as Effect from "effect/Effect"
import { expectTypeOf } from "vitest"
import { MetricsService } from "../../../src/observe/metrics.ts"

declare const effect: Effect.Effect<"value", "error", "requirement">

type Tracked = Effect.Effect<"value", "error", "requirement" | MetricsService>

expectTypeOf(MetricsService.trackJob(effect, { jobType: "j", operation: "process" })).toEqualTypeOf<Tracked>()
expectTypeOf(MetricsService.trackJob({ jobType: "j", operation: "process" })(effect)).toEqualTypeOf<Tracked>()
expectTypeOf(effect.pipe(MetricsService.trackJob({ jobType: "j", operation: "submit" }))).toEqualTypeOf<Tracked>()

// @ts-expect-error no such operation
MetricsService.trackJob({ jobType: "j", operation: "retry" })
// @ts-expect-error no such operation
MetricsService.trackJob(effect, { jobType: "j", operation: "retry" })
// @ts-expect-error a job has a type
MetricsService.trackJob(effect, { operation: "process" })
// @ts-expect-error no such option
MetricsService.trackJob(effect, { jobType: "j", operation: "process", id: "1" })
