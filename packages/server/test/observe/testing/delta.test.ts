import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Metric from "effect/Metric"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const own = Effect.provide(Testing.layer())

const send = MetricsService.trackJob({ jobType: "mail", operation: "process" })(Effect.succeed("sent"))

/** The error's message, or what the effect gave. */
const told = <A>(effect: Effect.Effect<A, Testing.UnexpectedDelta, MetricsService>) =>
  Effect.match(effect, { onFailure: ({ message }) => message, onSuccess: (value) => ({ value }) })

describe("expectDelta", () => {
  it.effect("accepts what was expected, and keeps the value", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      expect(yield* Testing.expectDelta(send, [[jobs.completions, { job_type: "mail" }, 1]])).toBe("sent")
    }).pipe(own)
  )

  it.effect("lets failures, defects and interruptions through", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const ended = (effect: Effect.Effect<void, string>) =>
        Effect.exit(Testing.expectDelta(effect, [[jobs.completions, {}, 1]]))
      const died = yield* Effect.exit(Testing.expectDelta(Effect.die("BUG"), []))
      const interrupted = yield* ended(Effect.interrupt)
      expect(yield* ended(Effect.fail("no"))).toEqual(Exit.fail("no"))
      expect(died).toEqual(Exit.die("BUG"))
      expect(Exit.isFailure(interrupted) && Cause.isInterruptedOnly(interrupted.cause)).toBe(true)
    }).pipe(own)
  )

  it.effect("measures a failure that is given as a value", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const failing = MetricsService.trackJob({ jobType: "mail", operation: "process" })(Effect.fail(new Error("no")))
      const exit = yield* Testing.expectDelta(Effect.exit(failing), [
        [jobs.failures, { job_type: "mail", reason: "Error" }, 1],
        [jobs.completions, { job_type: "mail" }, 0]
      ])
      expect(Exit.isFailure(exit)).toBe(true)
    }).pipe(own)
  )

  it.effect("says how far an amount is off, and what moved instead and besides", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* send
      const twice = Effect.zipRight(send, send)
      expect(
        yield* told(
          Testing.expectDelta(twice, [
            [jobs.completions, { job_type: "mail" }, 1],
            [jobs.completions, { job_type: "digest" }, 2],
            [jobs.failures, { job_type: "mail" }, 1]
          ])
        )
      ).toBe(
        [
          'jobs_completed_total{job_type="mail"}: expected a change of +1, but it moved by +2, from 1 to 3',
          '  jobs_completed_total{job_type="mail",operation="process"}: +2',
          'jobs_completed_total{job_type="digest"}: expected a change of +2, but there is no such series',
          '  jobs_completed_total{job_type="mail",operation="process"}: +2',
          'jobs_failed_total{job_type="mail"}: expected a change of +1, but there is no such series',
          "also moved:",
          '  jobs_processing_seconds{job_type="mail",operation="process"}: +2 values, a sum of 0'
        ].join("\n")
      )
    }).pipe(own)
  )

  it.effect("adds up what includes the labels, and exactly selects one series", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const inc = (priority?: string) => MetricsService.inc(jobs.completions, { job_type: "mail", priority })
      const both = Effect.zipRight(inc(), inc("high"))
      yield* Testing.expectDelta(both, [
        [jobs.completions, {}, 2],
        [jobs.completions, { job_type: "mail" }, 2],
        [jobs.completions, MetricsService.label({ job_type: "mail" }), 2],
        [jobs.completions, { job_type: "mail", priority: undefined }, 1],
        [jobs.completions, { priority: "high" }, 1],
        [jobs.completions, Testing.exactly({ job_type: "mail" }), 1],
        [jobs.completions, Testing.exactly({ priority: "high", job_type: "mail" }), 1],
        [jobs.completions, Testing.exactly({ priority: "high" }), 0]
      ])
      expect(
        yield* told(
          Testing.expectDelta(both, [
            [jobs.completions, { job_type: "mail", priority: undefined }, 2],
            [jobs.completions, Testing.exactly({ priority: "high" }), 1]
          ])
        )
      ).toBe(
        [
          'jobs_completed_total{job_type="mail",priority=""}: expected a change of +2, but it moved by +1, from 1 to 2',
          '  jobs_completed_total{job_type="mail"}: +1',
          'jobs_completed_total{priority="high"}, exactly: expected a change of +1, but there is no such series',
          '  jobs_completed_total{job_type="mail"}: +1',
          '  jobs_completed_total{job_type="mail",priority="high"}: +1',
          "also moved:",
          '  jobs_completed_total{job_type="mail",priority="high"}: +1'
        ].join("\n")
      )
    }).pipe(own)
  )

  it.effect("refuses whatever else moved, where nothing else may", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const options = { nothingElse: true }
      expect(yield* told(Testing.expectDelta(send, [[jobs.completions, { job_type: "mail" }, 1]], options))).toBe(
        [
          "moved, but nothing else may:",
          '  jobs_processing_seconds{job_type="mail",operation="process"}: +1 value, a sum of 0'
        ].join("\n")
      )
      const all = Testing.expectDelta(
        send,
        [
          [jobs.completions, { job_type: "mail" }, 1],
          [jobs.processingSeconds, { job_type: "mail" }, { count: 1 }]
        ],
        options
      )
      expect(yield* all).toBe("sent")
    }).pipe(own)
  )

  it.effect("takes seconds for equal that differ by rounding, and counts only where they are equal", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const { fills } = yield* MetricsService.define({
        fills: { name: "tank_fills", kind: "gauge", unit: "{tank}", labels: [], help: "Tanks filled." }
      })
      const record = (seconds: number) => Metric.update(jobs.duration, Duration.seconds(seconds))
      const add = (amount: number) => MetricsService.gauge(fills, {}, amount)
      yield* record(1e6)
      yield* Testing.expectDelta(Effect.zipRight(record(0.1), record(0.2)), [
        [jobs.duration, {}, { count: 2, sum: 0.3 }]
      ])
      yield* Testing.expectDelta(Effect.zipRight(add(0.1), add(0.2)), [[fills, {}, 0.3]])
      yield* add(1e15)
      expect(yield* told(Testing.expectDelta(add(2), [[fills, {}, 1]]))).toContain("expected a change of +1")
      const late = Testing.expectDelta(record(0.34), [[jobs.duration, {}, { sum: 0.3 }]])
      expect(yield* told(late)).toBe(
        "jobs_duration_seconds: expected a sum of +0.3, but the sum of its 1 new value is 0.34\n  jobs_duration_seconds: +1 value, a sum of +0.34"
      )
      yield* Testing.expectDelta(record(0.34), [[jobs.duration, {}, { sum: 0.3 }]], { tolerance: "50 millis" })
    }).pipe(
      Effect.catchTag("UnexpectedDelta", (error) => Effect.die(error)),
      own
    )
  )

  it.effect("takes numbers for equal that differ by rounding, where the end is whole and of many values", () =>
    Effect.gen(function* () {
      const { fill, sizes } = yield* MetricsService.define({
        fill: { name: "tank_fill", kind: "gauge", unit: "{tank}", labels: [], help: "How full tanks are." },
        sizes: { name: "mail_pages", kind: "histogram", unit: "{page}", boundaries: [1], labels: [], help: "Pages." }
      })
      yield* Metric.set(fill, 0.9)
      const tenths = Effect.repeatN(Metric.update(sizes, 0.1), 9_999)
      expect(
        yield* told(
          Testing.expectDelta(Effect.zipRight(Metric.set(fill, 1), tenths), [
            [fill, {}, 0.1],
            [sizes, {}, { count: 10_000, sum: 1_000 }]
          ])
        )
      ).toEqual({ value: undefined })
      const off = Testing.expectDelta(Metric.update(sizes, 0.1), [[sizes, {}, { sum: 0.100001 }]])
      expect(yield* told(off)).toContain("expected a sum of +0.100001")
    }).pipe(own)
  )

  it.effect("says that there is no series, or no value, whichever part of a histogram is expected", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const nothing = Testing.expectDelta(Effect.void, [
        [jobs.duration, {}, { sum: 1 }],
        [jobs.duration, {}, { buckets: { 1: 1 } }]
      ])
      expect(yield* told(nothing)).toBe(
        [
          "jobs_duration_seconds: expected a sum of +1, but there is no such series",
          "jobs_duration_seconds: expected the buckets { 1: 1 }, but there is no such series"
        ].join("\n")
      )
      const record = Metric.update(jobs.duration, Duration.seconds(5_000))
      yield* Testing.expectDelta(record, [[jobs.duration, {}, { buckets: { [Number.POSITIVE_INFINITY]: 1 } }]])
      const unmoved = Testing.expectDelta(Effect.void, [[jobs.duration, {}, { buckets: { 1: 1 } }]])
      expect(yield* told(unmoved)).toBe(
        "jobs_duration_seconds: expected the buckets { 1: 1 }, but it recorded no value"
      )
    }).pipe(own)
  )

  it.effect("says which labels a metric has, where it has none of that name", () =>
    Effect.gen(function* () {
      const { hits } = yield* MetricsService.define({
        hits: { name: "hits_total", kind: "counter", unit: "{hit}", labels: ["route"], help: "Requests." }
      })
      const hit = MetricsService.inc(hits, { route: "/" })
      // As in a program that is not checked.
      const labels: Readonly<Record<string, string>> = { path: "/" }
      expect(yield* told(Testing.expectDelta(hit, [[hits, labels, 1]]))).toBe(
        [
          'hits_total{path="/"}: expected a change of +1, but there is no such series; ' +
            "it has no label path: its labels are route",
          '  hits_total{route="/"}: +1',
          "also moved:",
          '  hits_total{route="/"}: +1'
        ].join("\n")
      )
    }).pipe(own)
  )

  it.effect("lists so many series that its message can be read, and has all of them as data", () =>
    Effect.gen(function* () {
      const { hits } = yield* MetricsService.define({
        hits: { name: "hits_total", kind: "counter", unit: "{hit}", labels: ["route"], help: "Requests." }
      })
      const routes = Array.from({ length: 500 }, (_, index) => `/${index}`)
      const many = Effect.forEach(routes, (route) => MetricsService.inc(hits, { route }))
      const error = yield* Effect.flip(Testing.expectDelta(many, [], { nothingElse: true }))
      expect(error.message.split("\n").slice(20)).toEqual(['  hits_total{route="/19"}: +1', "  and 480 more"])
      expect(Object.keys(error.others).length).toBe(500)
    }).pipe(own)
  )

  it.effect("compares the buckets of a histogram by their upper boundaries", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const record = Effect.forEach([0.005, 0.05, 0.05, 5000], (seconds) =>
        Metric.update(jobs.duration, Duration.seconds(seconds))
      )
      yield* Testing.expectDelta(record, [[jobs.duration, {}, { buckets: { "0.01": 1, 0.1: 2, "+Inf": 1 } }]])
      expect(
        yield* told(
          Testing.expectDelta(record, [
            [jobs.duration, {}, { count: 4, buckets: { "0.01": 1, "0.1": 2 } }],
            [jobs.duration, {}, { buckets: { 0.3: 1 } }],
            [jobs.duration, {}, { count: 3 }]
          ])
        )
      ).toBe(
        [
          "jobs_duration_seconds: expected +4 values, the buckets { 0.01: 1, 0.1: 2 }, " +
            "but its values went into the buckets { 0.01: 1, 0.1: 2, +Inf: 1 }",
          "  jobs_duration_seconds: +4 values, a sum of +5000.105",
          "jobs_duration_seconds: expected the buckets { 0.3: 1 }, " +
            "but it has no bucket 0.3: its buckets are 0.01, 0.1, 1, 10, 100, 1000, +Inf",
          "  jobs_duration_seconds: +4 values, a sum of +5000.105",
          "jobs_duration_seconds: expected +3 values, but it recorded 4 values with a sum of 5000.105",
          "  jobs_duration_seconds: +4 values, a sum of +5000.105"
        ].join("\n")
      )
    }).pipe(own)
  )

  it.effect("tells a series at 0 from one that is not there", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      const { absent, atZero } = Testing
      const zero = MetricsService.gauge(jobs.dlqSize, { job_type: "mail" }, 0)
      yield* Testing.expectDelta(Effect.void, [[jobs.dlqSize, {}, absent]])
      yield* Testing.expectDelta(zero, [
        [jobs.dlqSize, { job_type: "mail" }, atZero],
        [jobs.dlqSize, { job_type: "digest" }, absent],
        [jobs.dlqSize, { job_type: "digest" }, 0]
      ])
      expect(
        yield* told(
          Testing.expectDelta(MetricsService.gauge(jobs.dlqSize, { job_type: "digest" }, 2), [
            [jobs.dlqSize, {}, atZero],
            [jobs.dlqSize, {}, absent],
            [jobs.duration, {}, atZero]
          ])
        )
      ).toBe(
        [
          "jobs_dlq_size: expected a series at 0, but it is 2",
          '  jobs_dlq_size{job_type="digest"}: +2',
          "jobs_dlq_size: expected no series, but there are 2",
          '  jobs_dlq_size{job_type="digest"}: +2',
          "jobs_duration_seconds: expected a series at 0, but there is no such series"
        ].join("\n")
      )
    }).pipe(own)
  )

  it.effect("says what to do with a metric of Effect's own, where types are not checked", () =>
    Effect.gen(function* () {
      const counter = Metric.counter("plain_total")
      // @ts-expect-error it is no handle
      const moved = Testing.expectDelta(Effect.void, [[counter, {}, 1]])
      // @ts-expect-error it is no handle
      const [read, total, count] = [Testing.read(counter, {}), Testing.total(counter), Testing.countSeries(counter)]
      for (const effect of [moved, read, total, count]) {
        const exit: Exit.Exit<unknown, unknown> = yield* Effect.exit<unknown, unknown, MetricsService>(effect)
        expect(Exit.isFailure(exit) && Cause.pretty(exit.cause).split("\n")[0]).toBe(
          "RuntimeException: expected a handle of MetricsService or of MetricsService.define, but was given a metric of " +
            "Effect. Of a metric of Effect, compare Metric.value before and after"
        )
      }
    }).pipe(own)
  )

  it.effect("says that a handle is of another registry", () =>
    Effect.gen(function* () {
      const { jobs } = yield* Effect.provide(MetricsService, Testing.layer())
      expect(yield* told(Testing.expectDelta(send, [[jobs.completions, {}, 1]]))).toBe(
        [
          "jobs_completed_total: expected a change of +1, but there is no such series; " +
            "its handle belongs to another registry than the MetricsService of this test",
          '  jobs_completed_total{job_type="mail",operation="process"}: +1',
          "also moved:",
          '  jobs_completed_total{job_type="mail",operation="process"}: +1',
          '  jobs_processing_seconds{job_type="mail",operation="process"}: +1 value, a sum of 0'
        ].join("\n")
      )
    }).pipe(own)
  )
})

describe("the laws of deltas", () => {
  const types = ["mail", "digest", "resize"] as const
  const event = FastCheck.record({
    job_type: FastCheck.constantFrom(...types),
    priority: FastCheck.constantFrom("high", "low", undefined),
    by: FastCheck.integer({ min: 0, max: 9 })
  })
  type Event = typeof event extends FastCheck.Arbitrary<infer A> ? A : never

  const done = (events: ReadonlyArray<Event>) =>
    Effect.flatMap(MetricsService, ({ jobs }) =>
      Effect.forEach(events, ({ by, job_type, priority }) =>
        Effect.zipRight(
          MetricsService.inc(jobs.completions, { job_type, priority }, by),
          Metric.update(
            Metric.taggedWithLabels(jobs.duration, MetricsService.label({ priority })),
            Duration.seconds(by)
          )
        )
      )
    )

  const sum = (one: Testing.Delta, other: Testing.Delta): Testing.Delta => {
    const added: Record<string, Testing.Delta[string]> = { ...one }
    for (const [series, moved] of Object.entries(other)) {
      const before = added[series]
      added[series] =
        typeof moved === "number"
          ? moved + Number(before ?? 0)
          : typeof before === "object"
            ? { count: moved.count + before.count, sum: moved.sum + before.sum }
            : moved
    }
    return added
  }

  it.effect("what two effects move is the sum of what each moves", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.array(event), FastCheck.array(event), (first, second) =>
          Effect.gen(function* () {
            const apart = sum(yield* Testing.deltaOf(done(first)), yield* Testing.deltaOf(done(second)))
            expect(yield* Testing.deltaOf(Effect.zipRight(done(first), done(second)))).toEqual(apart)
          }).pipe(own, Effect.runPromise)
        ),
        { numRuns: 30 }
      )
    )
  )

  it.effect("selections that share nothing add up to what holds both, and the order of labels does not matter", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.array(event), FastCheck.constantFrom(...types), (events, job_type) =>
          Effect.gen(function* () {
            const { jobs } = yield* MetricsService
            yield* done(events)
            const total = (labels: Testing.Selector<"job_type" | "priority">) =>
              Effect.map(Testing.total(jobs.completions, labels), (value) => Number(value ?? 0))
            const parts = yield* Effect.forEach(["high", "low", undefined], (priority) => total({ job_type, priority }))
            expect(parts.reduce((all, part) => all + part, 0)).toBe(yield* total({ job_type }))
            expect(yield* total({ job_type, priority: "high" })).toBe(yield* total({ priority: "high", job_type }))
            expect(yield* total({ job_type, priority: "high" })).toBe(
              yield* total(Testing.exactly({ job_type, priority: "high" }))
            )
            expect(yield* total({})).toBe(events.reduce((all, { by }) => all + by, 0))
            expect(yield* Testing.countSeries(jobs.completions)).toBe(
              new Set(events.map((one) => `${one.job_type} ${one.priority}`)).size
            )
          }).pipe(own, Effect.runPromise)
        ),
        { numRuns: 30 }
      )
    )
  )
})
