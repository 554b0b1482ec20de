/** The types of `expectDelta`: the effect's own, and labels and changes of each handle. */
import * as Effect from "effect/Effect"
import { expectTypeOf } from "vitest"
import type { Counter, LabelInput, MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

declare const effect: Effect.Effect<"value", "error", "requirement">
declare const metrics: MetricsService
const { jobs } = metrics

expectTypeOf(
  Testing.expectDelta(effect, [
    [jobs.completions, { job_type: "mail" }, 1],
    [jobs.processingSeconds, { outcome: "failure" }, { count: 1, sum: 3, buckets: { "0.1": 1, 10: 2 } }],
    [jobs.dlqSize, Testing.exactly({ job_type: "mail" }), Testing.atZero],
    [jobs.failures, {}, Testing.absent]
  ])
).toEqualTypeOf<Effect.Effect<"value", "error" | Testing.UnexpectedDelta, "requirement" | MetricsService>>()

// @ts-expect-error no metric has this label
Testing.expectDelta(effect, [[jobs.completions, { job_typ: "mail" }, 1]])
// @ts-expect-error another metric has this label
Testing.expectDelta(effect, [[jobs.failures, { reason: "x" }, 1], [jobs.completions, { reason: "x" }, 1]]) // prettier-ignore
// @ts-expect-error exactly takes declared labels alone
Testing.expectDelta(effect, [[jobs.completions, Testing.exactly({ job_type: "mail", reason: "x" }), 1]])
// @ts-expect-error a histogram has a count and a sum
Testing.expectDelta(effect, [[jobs.duration, {}, 1]])
// @ts-expect-error a counter has none
Testing.expectDelta(effect, [[jobs.completions, {}, { count: 1 }]])
// @ts-expect-error handles, not strings
Testing.expectDelta(effect, { jobs_completed_total: 1 })
// @ts-expect-error handles, not strings
Testing.expectDelta(effect, [["jobs_completed_total", {}, 1]])
// @ts-expect-error no such label
Testing.total(jobs.completions, { reason: "x" })
// @ts-expect-error no such label
Testing.countSeries(jobs.completions, { reason: "x" })
// @ts-expect-error no such label
Testing.read(jobs.completions, { reason: "x" })

expectTypeOf(Testing.total(jobs.completions)).toEqualTypeOf<Effect.Effect<number | undefined>>()
expectTypeOf(Testing.total(jobs.dlqSize, { job_type: "mail" })).toEqualTypeOf<Effect.Effect<number | undefined>>()
expectTypeOf(Testing.read(jobs.inFlight, { job_type: "mail", operation: "process" })).toEqualTypeOf<
  Effect.Effect<number | undefined>
>()
expectTypeOf(Testing.read(jobs.duration, {})).toEqualTypeOf<Effect.Effect<Testing.HistogramValue | undefined>>()
expectTypeOf(Testing.total(jobs.processingSeconds, { outcome: "failure" })).toEqualTypeOf<
  Effect.Effect<Testing.HistogramValue | undefined>
>()
expectTypeOf(Testing.eventually(Testing.total(jobs.completions), (count = 0) => count >= 1)).toEqualTypeOf<
  Effect.Effect<number | undefined, Testing.NotReached>
>()

// Helpers of tests are generic over labels, or take any handle.
const counts = <Label extends string>(counter: Counter<Label>, labels: LabelInput<Label>) =>
  Effect.zipRight(Testing.expectDelta(effect, [[counter, labels, 1]]), Testing.total(counter, labels))
expectTypeOf(counts(jobs.completions, { job_type: "mail" })).toEqualTypeOf<
  Effect.Effect<number | undefined, "error" | Testing.UnexpectedDelta, "requirement" | MetricsService>
>()
declare const anyHandle: Testing.Handle
expectTypeOf(Testing.total(anyHandle, {})).toEqualTypeOf<Effect.Effect<Testing.Value | undefined>>()
Testing.expectDelta(
  effect,
  ["mail", "digest"].map((job_type) => [jobs.completions, { job_type }, 1] as const)
)

declare const numbers: Effect.Effect<number | undefined, "error">
const isNumber = (value: number | undefined): value is number => value !== undefined
expectTypeOf(Testing.eventually(numbers, isNumber)).toEqualTypeOf<Effect.Effect<number, "error" | Testing.NotReached>>()
