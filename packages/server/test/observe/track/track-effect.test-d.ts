/** The types of `trackEffect` and `trackError`: which metrics they take, and that what is tracked stays what it is. */
import type * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { expectTypeOf } from "vitest"
import { type Counter, MetricsService, type Seconds } from "../../../src/observe/metrics.ts"

declare const effect: Effect.Effect<"value", "error", "requirement">
declare const duration: Seconds<"route" | "outcome">
declare const errors: Counter<"route" | "type">

type Tracked = Effect.Effect<"value", "error", "requirement" | MetricsService>

const { label, trackEffect, trackError } = MetricsService

expectTypeOf(trackEffect(effect, { duration, errors, labels: { route: "/" } })).toEqualTypeOf<Tracked>()
expectTypeOf(trackEffect({ duration, errors, labels: { route: "/" } })(effect)).toEqualTypeOf<Tracked>()
expectTypeOf(effect.pipe(trackEffect({ duration, labels: label({ route: "/" }) }))).toEqualTypeOf<Tracked>()

// Errors may be left out, or counted as words; metrics may be Effect's own.
expectTypeOf(trackEffect(effect, { duration })).toEqualTypeOf<Tracked>()
expectTypeOf(trackEffect(effect, { duration, errors: Metric.frequency("words") })).toEqualTypeOf<Tracked>()
expectTypeOf(
  trackEffect(effect, { duration: Metric.timer("time"), errors: Metric.counter("errors") })
).toEqualTypeOf<Tracked>()

// @ts-expect-error a duration is measured
trackEffect(effect, { errors })
// @ts-expect-error a counter takes no durations
trackEffect(effect, { duration: errors })
// @ts-expect-error a histogram of durations counts no errors
trackEffect(effect, { duration, errors: duration })

expectTypeOf(trackError(errors, { route: "/" }, new Error("no"))).toEqualTypeOf<Effect.Effect<void>>()
expectTypeOf(trackError(Metric.frequency("words"), {}, "no")).toEqualTypeOf<Effect.Effect<void>>()

// Labels are those that the duration or the counter declares; nobody declares those of Effect's own metrics.
declare const routed: Counter<"method" | "type">
trackEffect(effect, { duration, errors: routed, labels: { route: "/", method: "GET" } })
trackEffect(effect, { duration: Metric.timer("time"), labels: { any: "x" } })
trackError(Metric.counter("errors"), { any: "x" }, "no")
// @ts-expect-error neither declares the label
trackEffect(effect, { duration, errors, labels: { path: "/1" } })
// @ts-expect-error the duration alone does not declare it
trackEffect(effect, { duration, labels: { route: "/", method: "GET" } })
// @ts-expect-error nor in a set of labels
effect.pipe(trackEffect({ duration, labels: label({ path: "/1" }) }))
// @ts-expect-error the counter does not declare it
trackError(errors, { path: "/1" }, "no")
