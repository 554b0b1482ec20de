// Tests all metrics of a program at once: that no job is lost, what Prometheus would read, and how they are named.
// Run: npx vitest run testing-snapshots.test.ts
import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { expectConserved, layer, lint, prometheusText } from "@parametric-portal/server/observe/testing"
import { Effect } from "effect"

/** What is tested: two uploads are accepted, and one of them is done. */
const program = Effect.gen(function* () {
  const accept = MetricsService.trackJob(Effect.void, { jobType: "upload", operation: "submit" })
  yield* Effect.repeatN(accept, 1)
  yield* MetricsService.trackJob(Effect.void, { jobType: "upload", operation: "process" })
})

it.effect("loses no upload: one is held", () =>
  Effect.gen(function* () {
    yield* program
    yield* expectConserved(1, { jobType: "upload" })
  }).pipe(Effect.provide(layer()))
)

it.effect("looks to Prometheus as it did", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    yield* program
    expect(yield* prometheusText({ only: [jobs.completions, jobs.enqueued] })).toMatchInlineSnapshot(`
      "# HELP jobs_completed_total Jobs completed: a process succeeded.
      # TYPE jobs_completed_total counter
      jobs_completed_total{job_type="upload",operation="process"} 1
      # HELP jobs_enqueued_total Jobs accepted: a submit succeeded and is committed; in a caller's transaction, once a runner has seen it.
      # TYPE jobs_enqueued_total counter
      jobs_enqueued_total{job_type="upload",operation="submit"} 2
      "
    `)
  }).pipe(Effect.provide(layer()))
)

it.effect("has metrics that promtool has nothing to say against", () =>
  Effect.gen(function* () {
    const { registry } = yield* MetricsService
    yield* program
    expect(yield* lint(registry)).toEqual([])
  }).pipe(Effect.provide(layer()))
)
