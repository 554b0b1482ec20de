/** What is left in memory of long texts: what is kept of them, and not the texts. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const collectGarbage: Effect.Effect<void> = Effect.sync(() => {
  setFlagsFromString("--expose_gc")
  runInNewContext("gc")()
})

const heapUsed = Effect.zipRight(
  collectGarbage,
  Effect.sync(() => process.memoryUsage().heapUsed)
)

const count = 300

/** A text of 300 kB that nobody else has; joined, as one that arrived in pieces is. */
const longText = (index: number): string => [`reason ${index} `, "x".repeat(100_000), "y".repeat(200_000)].join("")

const cutBy = (cut: (text: string) => string) => (index: number) => ({ reason: cut(longText(index)) })

const errors: Readonly<Record<string, (index: number) => unknown>> = {
  "long reasons": cutBy((text) => text),
  "the beginnings of long texts": cutBy((text) => text.slice(0, 100)),
  "long reasons of other scripts": cutBy((text) => `\u6f22${text}`),
  "the names of long classes": (index) => Object.defineProperty(new Error(), "_tag", { value: longText(index) })
}

/** What is kept in memory after many of these, the first of which does not count. */
const megabytesKeptBy = <E, R>(track: (index: number) => Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    yield* track(-1)
    const before = yield* heapUsed
    yield* Effect.forEach(
      Array.from({ length: count }, (_, index) => index),
      track,
      { discard: true }
    )
    return ((yield* heapUsed) - before) / 1e6
  })

/** A text that was cut from a long one. */
const part = (index: number): string => longText(index).slice(0, 100)

it.effect("types, priorities and messages that are parts of long texts keep no more memory than they need", () =>
  Effect.gen(function* () {
    const track = (index: number) =>
      Effect.zip(
        MetricsService.trackJob(Effect.void, { jobType: part(index), operation: "submit", priority: part(index) }),
        MetricsService.trackCluster(Effect.void, { operation: "send", entityType: part(index), message: part(index) })
      )
    expect(yield* megabytesKeptBy(track)).toBeLessThan(10)
  }).pipe(Effect.provide(Testing.layer()))
)

it.effect("labels of metrics of others that are parts of long texts keep no more memory than they need", () =>
  Effect.gen(function* () {
    const metrics = { duration: Metric.timer("kept durations"), errors: Metric.counter("kept errors") }
    const track = (index: number) =>
      Effect.all(
        [
          MetricsService.trackEffect(Effect.fail({ _tag: part(index) }), {
            ...metrics,
            labels: { queue: part(index) }
          }),
          MetricsService.trackError(metrics.errors, {}, { _tag: part(index) }),
          MetricsService.inc(metrics.errors, { queue: part(index) })
        ].map(Effect.ignore)
      )
    expect(yield* megabytesKeptBy(track)).toBeLessThan(10)
  }).pipe(Effect.provide(Testing.layer()))
)

it.effect("spans of exemplars whose ids are parts of long texts keep no more memory than they need, once read", () =>
  Effect.gen(function* () {
    const { jobs } = yield* MetricsService
    const track = (index: number) => {
      const id = String(index + 1).padStart(32, "a")
      const [traceId = "", spanId = ""] = `${id}-${id.slice(16)}-${longText(index)}`.split("-")
      return Effect.zipRight(
        Effect.withParentSpan(
          MetricsService.trackJob(Effect.void, { jobType: `type ${index}`, operation: "submit" }),
          Tracer.externalSpan({ traceId, spanId })
        ),
        Effect.map(Testing.exemplars(jobs.processingSeconds, { job_type: `type ${index}` }), (found) =>
          expect(found.map(({ span }) => span?.traceId)).toEqual([id])
        )
      )
    }
    expect(yield* megabytesKeptBy(track)).toBeLessThan(10)
  }).pipe(Effect.provide(Testing.layer()))
)

describe.each(Object.keys(errors))("errors with %s", (name) => {
  const errorOf = errors[name] ?? (() => undefined)

  it.effect("keep no more memory than their names need", () =>
    Effect.gen(function* () {
      const { cluster, jobs } = yield* MetricsService
      const words = Metric.frequency(`words of ${name}`)
      const fail = (index: number) => {
        const failed = Effect.suspend(() => Effect.fail(errorOf(index)))
        const options = { duration: cluster.messageLatency, errors: index % 2 === 0 ? jobs.failures : words }
        return Effect.all(
          [
            MetricsService.trackJob(failed, { jobType: "t", operation: "process" }),
            MetricsService.trackCluster(failed, { operation: "send", entityType: "t" }),
            MetricsService.trackEffect(failed, options)
          ].map(Effect.ignore),
          { discard: true }
        )
      }
      yield* fail(-1)
      const before = yield* heapUsed
      yield* Effect.forEach(
        Array.from({ length: count }, (_, index) => index),
        fail,
        { discard: true }
      )
      expect(((yield* heapUsed) - before) / 1e6).toBeLessThan(10)
    }).pipe(Effect.provide(Testing.layer()))
  )
})
