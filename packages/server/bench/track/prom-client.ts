/** prom-client inside Effect, as its README uses it: metrics with label names, `startTimer`, labels with the value. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Counter, Gauge, Histogram, Registry } from "prom-client"
import { options } from "./work.ts"

const registers = [new Registry()]
const labelNames = ["job_type", "operation", "priority"]
const buckets = [0.01, 0.1, 1, 10, 100, 1000]

/** One set of metrics: each form has its own, so that each can be checked. */
const metrics = (form: string) => ({
  duration: new Histogram({
    name: `${form}_processing_seconds`,
    help: "duration",
    labelNames: [...labelNames, "outcome"],
    buckets,
    registers
  }),
  completions: new Counter({ name: `${form}_completed_total`, help: "completed", labelNames, registers }),
  cancellations: new Counter({ name: `${form}_cancelled_total`, help: "cancelled", labelNames, registers }),
  failures: new Counter({
    name: `${form}_failed_total`,
    help: "failed",
    labelNames: ["job_type", "reason"],
    registers
  }),
  inFlight: new Gauge({ name: `${form}_in_flight`, help: "in flight", labelNames, registers })
})

const simple = metrics("simple")
const careful = metrics("careful")

const labelsOf = () => ({ job_type: options.jobType, operation: options.operation, priority: options.priority })

/** Successes timed and counted. */
export const promClient = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const end = simple.duration.startTimer(labelsOf())
    return Effect.tap(effect, () =>
      Effect.sync(() => {
        end()
        simple.completions.inc(labelsOf())
      })
    )
  })

/** Every exit timed and counted by its outcome, and what is in flight. */
export const promClientEqualCare = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    careful.inFlight.inc(labelsOf())
    const end = careful.duration.startTimer(labelsOf())
    return Effect.onExit(effect, (exit) =>
      Effect.sync(() => {
        careful.inFlight.dec(labelsOf())
        if (Exit.isSuccess(exit)) {
          end()
          careful.completions.inc(labelsOf())
        } else if (Cause.isInterruptedOnly(exit.cause)) {
          end({ outcome: "interrupted" })
          careful.cancellations.inc(labelsOf())
        } else {
          end({ outcome: "failure" })
          careful.failures.inc({ job_type: options.jobType, reason: String(Object(Cause.squash(exit.cause))._tag) })
        }
      })
    )
  })

const read = async ({ completions, duration, inFlight }: typeof simple) => {
  const histogram = await duration.get()
  const count = histogram.values.find(({ metricName }) => metricName?.endsWith("_count"))
  return {
    timed: count?.value ?? 0,
    completed: (await completions.get()).values[0]?.value ?? 0,
    inFlight: (await inFlight.get()).values[0]?.value ?? 0
  }
}

/** What was recorded so far, by form. */
export const recorded = (form: "simple" | "careful") => read(form === "simple" ? simple : careful)
