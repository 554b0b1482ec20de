/** The OpenTelemetry API, with its SDK behind it, inside Effect: instruments made once, attributes given with each value. */
import { metrics as api } from "@opentelemetry/api"
import { MeterProvider } from "@opentelemetry/sdk-metrics"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { options } from "./work.ts"
import { Reader } from "../../test/support/sdk-reader.ts"

const reader = new Reader()
api.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
const meter = api.getMeter("bench")

const explicitBucketBoundaries = [0.01, 0.1, 1, 10, 100, 1000]

const metrics = (form: string) => ({
  duration: meter.createHistogram(`${form}.processing`, { unit: "s", advice: { explicitBucketBoundaries } }),
  completions: meter.createCounter(`${form}.completed`),
  cancellations: meter.createCounter(`${form}.cancelled`),
  failures: meter.createCounter(`${form}.failed`),
  inFlight: meter.createUpDownCounter(`${form}.in_flight`)
})

const simple = metrics("simple")
const careful = metrics("careful")

const attributes = () => ({ job_type: options.jobType, operation: options.operation, priority: options.priority })

const secondsSince = (start: number): number => (performance.now() - start) / 1000

/** Successes timed and counted. */
export const otelApi = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.tap(effect, () =>
      Effect.sync(() => {
        simple.duration.record(secondsSince(start), attributes())
        simple.completions.add(1, attributes())
      })
    )
  })

/** Every exit timed and counted by its outcome, and what is in flight. */
export const otelApiEqualCare = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    careful.inFlight.add(1, attributes())
    const start = performance.now()
    return Effect.onExit(effect, (exit) =>
      Effect.sync(() => {
        careful.inFlight.add(-1, attributes())
        if (Exit.isSuccess(exit)) {
          careful.duration.record(secondsSince(start), attributes())
          careful.completions.add(1, attributes())
        } else if (Cause.isInterruptedOnly(exit.cause)) {
          careful.duration.record(secondsSince(start), { ...attributes(), outcome: "interrupted" })
          careful.cancellations.add(1, attributes())
        } else {
          const reason = String(Object(Cause.squash(exit.cause))._tag)
          careful.duration.record(secondsSince(start), { ...attributes(), outcome: "failure" })
          careful.failures.add(1, { job_type: options.jobType, reason })
        }
      })
    )
  })

const read = async (name: string): Promise<number> => {
  const { resourceMetrics } = await reader.collect()
  const metric = resourceMetrics.scopeMetrics
    .flatMap((scope) => scope.metrics)
    .find((one) => one.descriptor.name === name)
  return (metric?.dataPoints ?? []).reduce((sum, { value }) => {
    return sum + (typeof value === "number" ? value : "count" in value ? value.count : 0)
  }, 0)
}

/** What was recorded so far in one form: `simple` or `careful`. */
export const recorded = async (form: "simple" | "careful") => ({
  timed: await read(`${form}.processing`),
  completed: await read(`${form}.completed`),
  inFlight: await read(`${form}.in_flight`)
})
