/** A clock or a registry that throws costs numbers at most: neither what is watched nor a layer ends. */
import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricHook from "effect/MetricHook"
import * as MetricRegistry from "effect/MetricRegistry"
import * as Stream from "effect/Stream"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import * as Testing from "../../../src/observe/testing.ts"

const thrower = (): never => {
  throw new Error("broken")
}

const live = Clock.make()

const clocks: Readonly<Record<string, Clock.Clock>> = {
  "throws always": {
    ...live,
    unsafeCurrentTimeMillis: thrower,
    unsafeCurrentTimeNanos: thrower,
    currentTimeMillis: Effect.sync(thrower),
    currentTimeNanos: Effect.sync(thrower),
    sleep: thrower
  },
  "gives nothing": new Proxy(live, { get: () => undefined }),
  "gives what is no time": {
    ...live,
    unsafeCurrentTimeMillis: () => Number.NaN,
    unsafeCurrentTimeNanos: () => JSON.parse("5"),
    currentTimeMillis: Effect.succeed(Number.NaN),
    currentTimeNanos: Effect.succeed(JSON.parse("5"))
  },
  "can't be read": new Proxy(live, { get: thrower })
}

/** Everything that is recorded by hand or piped around an effect. */
const recorded = Effect.gen(function* () {
  const { cluster, jobs } = yield* MetricsService
  const labels = { job_type: "t", operation: "process", priority: "high" }
  const job = { jobType: "t", operation: "process", enqueuedAt: 0, attempt: 2, final: true } as const
  yield* MetricsService.trackJob(Effect.void, job)
  yield* Effect.ignore(MetricsService.trackJob(Effect.fail("no"), job))
  yield* MetricsService.trackCluster(Effect.void, { operation: "send", entityType: "t" })
  yield* MetricsService.trackEffect(Effect.void, { duration: cluster.messageLatency })
  yield* MetricsService.inc(jobs.enqueued, labels)
  yield* MetricsService.gauge(jobs.dlqSize, { job_type: "t" }, 1)
  yield* Metric.increment(jobs.duplicates)
  yield* Metric.update(jobs.waitDuration, Duration.seconds(1)).pipe(Effect.ignore)
  yield* Metric.value(jobs.enqueued)
  yield* MetricsService.trackError(jobs.failures, { job_type: "t" }, new Error("x"))
  yield* Stream.runDrain(MetricsService.trackStream(Stream.range(1, 3), jobs.enqueued, labels))
  return "done"
})

const lines: Array<string> = []

const quiet = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ message }) => void lines.push(String(message)))
)

const everything = (service: Layer.Layer<MetricsService>) =>
  Effect.gen(function* () {
    const done = yield* recorded
    const page = yield* Telemetry.flush
    return { done, failures: page.flatMap(({ failures }) => failures) }
  }).pipe(
    Effect.provide(
      Telemetry.layer({ destinations: [{ type: "prometheus", port: 0 }] }).pipe(Layer.provideMerge(service))
    ),
    Effect.provide(quiet),
    Effect.exit
  )

describe.each(Object.keys(clocks))("a clock that %s", (name) => {
  const clock = clocks[name] ?? live

  it.effect("ends neither the effects nor the layers, and every outcome is counted", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      const exit = yield* Effect.withClock(everything(Layer.orDie(MetricsService.layer({ registry }))), clock)
      expect(exit).toEqual(Exit.succeed({ done: "done", failures: [] }))
      const counted = yield* Testing.snapshot.pipe(
        Effect.provide(MetricsService.layer({ registry })),
        Effect.withClock(live)
      )
      expect(counted).toMatchObject({
        'jobs_completed_total{job_type="t",operation="process"}': 1,
        'jobs_failed_total{job_type="t",reason="String"}': 1,
        'jobs_in_flight{job_type="t",operation="process"}': 0
      })
    })
  )
})

const effects = MetricRegistry.make()
const badHook = MetricHook.make<never, never>({ get: thrower, update: thrower, modify: thrower })

const registries: Readonly<Record<string, () => MetricRegistry.MetricRegistry>> = {
  "throws at whatever it is asked": () => new Proxy(MetricRegistry.make(), { get: thrower, has: thrower }),
  "has no hooks": () =>
    Object.assign(MetricRegistry.make(), { getCounter: thrower, getGauge: thrower, getHistogram: thrower }),
  "has hooks that throw": () =>
    Object.assign(MetricRegistry.make(), {
      getCounter: () => badHook,
      getGauge: () => badHook,
      getHistogram: () => badHook
    }),
  "has no snapshot": () => ({
    ...effects,
    snapshot: thrower,
    getCounter: thrower,
    getGauge: thrower,
    getHistogram: thrower
  })
}

describe.each(Object.keys(registries))("a registry that %s", (name) => {
  it.live("ends neither the effects nor the layers", () =>
    Effect.gen(function* () {
      const registry = registries[name]?.() ?? effects
      lines.length = 0
      const exit = yield* everything(Layer.orDie(MetricsService.layer({ registry })))
      expect(exit).toEqual(Exit.succeed({ done: "done", failures: [] }))
      expect(lines.some((line) => line.includes("failed, and was left out"))).toBe(true)
    })
  )
})

describe("a registry whose map throws", () => {
  it.effect("loses no number but what it refused, and ends no layer", () =>
    Effect.gen(function* () {
      const typeId = Symbol.for("effect/MutableHashMap")
      const map = new Proxy({ [typeId]: typeId }, { get: (_, key) => (key === typeId ? typeId : thrower()) })
      const registry = Object.assign(MetricRegistry.make(), { map })
      yield* Effect.gen(function* () {
        expect(yield* recorded).toBe("done")
        const { jobs } = yield* MetricsService
        const label = { job_type: "t" }
        yield* MetricsService.sample({ gauge: jobs.dlqSize, read: Effect.succeed([{ labels: label, value: 1 }]) })
        expect(yield* MetricsService.remove(jobs.dlqSize, label)).toBe(1)
        const { count } = yield* Metric.value(Metric.tagged(jobs.processingSeconds, "job_type", "t"))
        expect(count).toBe(0)
      }).pipe(Effect.scoped, Effect.provide(MetricsService.layer({ registry })), Effect.provide(quiet))
    })
  )
})

describe("a registry without hooks", () => {
  it.effect("loses no number: they are ours", () =>
    Effect.gen(function* () {
      const registry = registries["has no hooks"]?.() ?? effects
      const counted = yield* recorded.pipe(
        Effect.zipRight(Testing.snapshot),
        Effect.provide(MetricsService.layer({ registry })),
        Effect.provide(quiet)
      )
      expect(counted).toMatchObject({ 'jobs_completed_total{job_type="t",operation="process"}': 1 })
    })
  )
})
