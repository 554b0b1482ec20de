/** Which values become exemplars: of each bucket the last one that was recorded in a sampled span. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, ConfigProvider, Duration, Effect, FastCheck, Metric, TestClock, Tracer } from "effect"
import { type ExemplarFilter, MetricsService, type MetricsOptions } from "../../../src/observe/metrics.ts"
import { exemplars, read, total } from "../../../src/observe/testing.ts"
import { ExemplarSlots } from "../../../src/observe/instrument/exemplar-slots.ts"
import { inSpan, tracerOf } from "../../support/sampled.ts"

const name = "jobs_processing_seconds"
const labels = { job_type: "digest" }

const record = (seconds: number) =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    Metric.update(
      Metric.taggedWithLabels(jobs.processingSeconds, MetricsService.label(labels)),
      Duration.seconds(seconds)
    )
  )

const kept = Effect.flatMap(MetricsService, ({ jobs }) => exemplars(jobs.processingSeconds, labels))

const brokenSpan = (name: string) =>
  new Proxy(Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16) }), {
    get: (target, key) => {
      if (key === name) {
        throw new Error("broken")
      }
      return Reflect.get(target, key, target)
    }
  })

const own = (options: MetricsOptions = {}) => Effect.provide(MetricsService.layer({ registry: "own", ...options }))

describe("a histogram", () => {
  it.effect("keeps of each bucket the last value of a sampled span, with its time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000)
      yield* inSpan(record(0.02))
      yield* TestClock.setTime(2_000)
      const { span: second } = yield* inSpan(record(0.021))
      yield* TestClock.setTime(3_000)
      const { span: third } = yield* inSpan(record(1e9))
      yield* inSpan(record(0.022), false)
      yield* record(0.023)
      expect(yield* kept).toEqual([
        { value: 0.021, bucket: "0.1", timeMs: 2_000, span: second },
        { value: 1e9, bucket: "+Inf", timeMs: 3_000, span: third }
      ])
      const { jobs } = yield* MetricsService
      expect((yield* read(jobs.processingSeconds, labels))?.count).toBe(5)
    }).pipe(own())
  )

  it.effect("keeps nothing of spans that go nowhere, as no tracer is installed", () =>
    Effect.gen(function* () {
      yield* Effect.withSpan(record(0.02), "test")
      expect(yield* kept).toEqual([])
      const outside = Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16) })
      yield* Effect.withParentSpan(record(0.02), outside)
      expect((yield* kept).map(({ span }) => span)).toEqual([{ traceId: "a".repeat(32), spanId: "b".repeat(16) }])
    }).pipe(own())
  )

  it.effect.each<readonly [string, string]>([
    ["", "b".repeat(16)],
    ["0".repeat(32), "b".repeat(16)],
    ["a".repeat(32), "0".repeat(16)],
    [`${"a".repeat(31)}"`, "b".repeat(16)],
    ["a".repeat(31), "b".repeat(16)],
    ["a".repeat(32), "b".repeat(1_000)]
  ])("shows no span whose ids nobody takes, %s %s", ([traceId, spanId]) =>
    Effect.gen(function* () {
      yield* Effect.withParentSpan(record(0.02), Tracer.externalSpan({ traceId, spanId }))
      expect(yield* kept).toEqual([])
    }).pipe(own())
  )

  it.effect.each(["sampled", "traceId", "_tag"])("counts and times all the same where a span throws for %s", (name) =>
    Effect.gen(function* () {
      const run = Effect.sleep("2 seconds").pipe(
        MetricsService.trackJob({ jobType: "digest", operation: "process", enqueuedAt: 0, final: true })
      )
      const fiber = yield* Effect.fork(Effect.withParentSpan(Effect.zip(record(0.02), run), brokenSpan(name)))
      yield* TestClock.adjust("3 seconds")
      yield* fiber
      const { jobs } = yield* MetricsService
      expect(yield* total(jobs.processingSeconds, labels)).toMatchObject({ count: 2, sum: 2.02 })
      expect(yield* total(jobs.duration, labels)).toMatchObject({ count: 1, sum: 2 })
      expect(yield* kept).toEqual([])
    }).pipe(own())
  )

  it.effect.each([
    { traceId: "a".repeat(32), spanId: Symbol("span") },
    {
      traceId: {
        toString: () => {
          throw new Error("no text")
        }
      },
      spanId: "b".repeat(16)
    },
    { traceId: "a".repeat(32), spanId: "b".repeat(1_000_000) }
  ])("keeps the value before where the ids of a span are none", (ids) =>
    Effect.gen(function* () {
      const { span } = yield* inSpan(record(0.02))
      // @ts-expect-error -- as from JavaScript
      yield* Effect.withParentSpan(record(0.03), Tracer.externalSpan(ids))
      expect(yield* kept).toEqual([{ value: 0.02, bucket: "0.1", timeMs: 0, span }])
    }).pipe(own())
  )

  it.effect.each([-1, -0.1, 2 ** 64 / 1e6, 1e300])(
    "has no exemplar of the time %s, which OTLP could not say",
    (timeMs) =>
      Effect.gen(function* () {
        const clock = Object.assign(Clock.make(), { unsafeCurrentTimeMillis: () => timeMs })
        yield* Effect.withClock(inSpan(record(0.02)), clock)
        expect(yield* kept).toEqual([])
        const { jobs } = yield* MetricsService
        expect(yield* total(jobs.processingSeconds, labels)).toMatchObject({ count: 1, sum: 0.02 })
      }).pipe(own())
  )

  it("keeps one value a bucket, the last one that was offered to it, whatever comes", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.record({ index: FastCheck.nat(4), isSampled: FastCheck.boolean() })),
        (offers) => {
          const slots = new ExemplarSlots("trace_based", 5, () => undefined)
          const expected: Array<number | undefined> = [undefined, undefined, undefined, undefined, undefined]
          offers.forEach(({ index, isSampled }, nth) => {
            const span = Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16), sampled: isSampled })
            slots.offer(index, nth, { span, nowMillis: () => nth })
            expected[index] = isSampled ? nth : expected[index]
          })
          const state = slots.state()
          expect(state?.map((one) => one?.value) ?? []).toEqual(
            expected.some((one) => one !== undefined) ? expected : []
          )
          expect(state?.every((one) => one === undefined || one.timeMs === one.value) ?? true).toBe(true)
        }
      )
    ))
})

describe("a watch of a job", () => {
  it.live("has exemplars of the wall's time, also where that has gone on without the clock that it is timed with", () =>
    Effect.gen(function* () {
      const { jobs, jobTracker } = yield* MetricsService
      const live = Clock.make()
      const asleepMs = 3_600_000
      const clock = Object.assign(Clock.make(), {
        unsafeCurrentTimeNanos: () => live.unsafeCurrentTimeNanos() - BigInt(asleepMs) * 1_000_000n
      })
      const watched = Effect.sync(() => {
        const enqueuedAt = Date.now() - asleepMs - 60_000
        jobTracker.watch({ jobType: "digest", operation: "process", enqueuedAt }).count({ _tag: "success" }, true)
      })
      yield* Effect.withClock(inSpan(watched), clock)
      const all = [jobs.processingSeconds, jobs.duration, jobs.waitDuration]
      const found = (yield* Effect.forEach(all, (one) => exemplars(one, { job_type: "digest" }))).flat()
      expect(found.map(({ timeMs }) => Math.abs(timeMs - Date.now()) < 60_000)).toEqual([true, true, true])
      expect(found.map(({ value }) => Math.round(value / 60))).toEqual([0, 1, 1])
    }).pipe(own())
  )
})

describe("trackJob and trackEffect", () => {
  it.effect("name the span that they run in, also where the effect ends in another", () =>
    Effect.gen(function* () {
      const run = Effect.sleep("30 millis").pipe(
        Effect.withSpan("inner"),
        MetricsService.trackJob({ jobType: "digest", operation: "process", enqueuedAt: 0, final: true })
      )
      const fiber = yield* Effect.fork(inSpan(run))
      yield* TestClock.adjust("1 second")
      const { span } = yield* fiber
      const { jobs } = yield* MetricsService
      const all = [jobs.processingSeconds, jobs.duration, jobs.waitDuration]
      const found = yield* Effect.forEach(all, (one) => exemplars(one, { job_type: "digest" }))
      expect(found.flat().map((one) => one.span)).toEqual([span, span, span])
    }).pipe(own())
  )
})

const kinds: ReadonlyArray<{
  readonly options: MetricsOptions
  readonly variable: string | undefined
  readonly expected: ExemplarFilter
}> = [
  { options: {}, variable: undefined, expected: "trace_based" },
  { options: {}, variable: "always_off", expected: "always_off" },
  { options: {}, variable: " ALWAYS_ON ", expected: "always_on" },
  { options: { exemplars: { default: "always_off" } }, variable: "always_on", expected: "always_off" },
  { options: { exemplars: { metrics: { [name]: "always_off" } } }, variable: "always_on", expected: "always_off" },
  {
    options: { exemplars: { default: "always_off", metrics: { [name]: "trace_based" } } },
    variable: undefined,
    expected: "trace_based"
  }
]

const withVariable = (variable: string | undefined) =>
  Effect.withConfigProvider(
    ConfigProvider.fromMap(new Map(variable === undefined ? [] : [["OTEL_METRICS_EXEMPLAR_FILTER", variable]]))
  )

describe("which values are kept", () => {
  it.effect.each(kinds)("$options with the variable $variable is $expected", ({ expected, options, variable }) =>
    Effect.gen(function* () {
      yield* record(0.02)
      yield* inSpan(record(0.2))
      const counts = { always_off: 0, trace_based: 1, always_on: 2 }
      const found = yield* kept
      expect(found).toHaveLength(counts[expected])
      expect(found.filter(({ span }) => span !== undefined)).toHaveLength(Math.min(1, counts[expected]))
    }).pipe(own(options), withVariable(variable))
  )

  it.effect.each([
    { options: {}, variable: "sometimes", metric: "OTEL_METRICS_EXEMPLAR_FILTER" },
    { options: { exemplars: { default: "sometimes" } }, variable: undefined, metric: "exemplars.default" },
    { options: { exemplars: { metrics: { [name]: "sometimes" } } }, variable: undefined, metric: name },
    {
      options: { exemplars: { metrics: { jobs_failed_total: "always_on" } } },
      variable: undefined,
      metric: "jobs_failed_total"
    },
    { options: { exemplars: "always_on" }, variable: undefined, metric: "exemplars" }
  ])("refuses $options with the variable $variable", ({ metric, options, variable }) =>
    Effect.gen(function* () {
      // @ts-expect-error -- as from JavaScript
      const error = yield* Effect.flip(kept.pipe(own(options), withVariable(variable)))
      expect(error).toMatchObject({ _tag: "MetricDefinitionError", reason: "Exemplars", metric })
    })
  )

  it.effect("a registry has one filter for a metric", () =>
    Effect.gen(function* () {
      const { registry } = yield* MetricsService
      const error = yield* Effect.flip(
        kept.pipe(Effect.provide(MetricsService.layer({ registry, exemplars: { default: "always_on" } })))
      )
      expect(error).toMatchObject({ reason: "Conflict" })
      yield* Effect.withTracer(record(0.02), tracerOf(true))
      expect(yield* kept).toEqual([])
    }).pipe(own())
  )
})
