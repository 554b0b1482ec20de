/**
 * What exemplars cost a value that a bound histogram records: in a sampled span, and where there is none; beside a
 * histogram without them. All of it on a fiber, as in a program.
 */
import * as Effect from "effect/Effect"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { claim, interleave, medians, pairedMicros, type Result, type Samples, type Subject } from "./harness.ts"
import { tracerOf } from "../test/support/sampled.ts"

const pairs = { job_type: "digest", operation: "process", priority: "high" }

type Filter = "trace_based" | "always_off"

const subject = async (name: string, filter: Filter, isInSpan: boolean): Promise<Subject> => {
  const { handle, histogram } = await Effect.runPromise(
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      return {
        handle: jobs.processingSeconds,
        histogram: yield* MetricsService.series(jobs.processingSeconds, pairs)
      }
    }).pipe(Effect.provide(MetricsService.layer({ registry: "own", exemplars: { default: filter } })))
  )
  return {
    name,
    run: (calls) => {
      const loop = Effect.sync(() => {
        for (let call = 0; call < calls; call++) {
          histogram.record(call % 200)
        }
      })
      const onFiber = Effect.withTracer(isInSpan ? Effect.withSpan(loop, "batch") : loop, tracerOf(true))
      Effect.runSync(onFiber)
    },
    check: async (calls) => {
      const held = await Effect.runPromise(Testing.read(handle, pairs))
      claim(name, held?.count ?? 0, calls)
      const kept = await Effect.runPromise(Testing.exemplars(handle, pairs))
      claim(`${name}, exemplars`, Number(kept.length > 0), Number(isInSpan && filter === "trace_based"))
    }
  }
}

/** Measures `exemplar_cost_ns`, and what is left of it outside of spans. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const samples = await interleave(
    [
      await subject("in a span", "trace_based", true),
      await subject("in a span, off", "always_off", true),
      await subject("in none", "trace_based", false),
      await subject("in none, off", "always_off", false)
    ],
    { rounds: 200, batchMs: 2 }
  )
  return [
    nanos("exemplar_cost_ns", samples, ["in a span", "in a span, off"]),
    nanos("exemplar_idle_ns", samples, ["in none", "in none, off"]),
    ...medians("exemplar", samples)
  ]
}

const nanos = (name: string, samples: Samples, [of, to]: readonly [string, string]): Result => {
  const { value, ...rest } = pairedMicros(name, samples, { of: [of], to: [to] })
  return { ...rest, value: value * 1_000, unit: "ns" }
}
