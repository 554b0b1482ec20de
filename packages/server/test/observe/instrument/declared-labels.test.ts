/** Labels that a metric does not declare, as JavaScript can give them: left out, counted, and the recording stands. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Stream from "effect/Stream"
import * as fc from "effect/FastCheck"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"

const rows = {
  calls: { name: "calls_total", kind: "counter", unit: "{call}", labels: ["route"], help: "Calls." },
  open: { name: "calls_open", kind: "gauge", unit: "{call}", labels: ["route"], help: "Open calls." },
  duration: { name: "calls_seconds", kind: "histogram", unit: "s", labels: ["route"], help: "Time of calls." },
  errors: {
    name: "call_errors_total",
    kind: "counter",
    unit: "{error}",
    labels: ["route", "method"],
    help: "Errors of calls."
  }
} as const

const own = Effect.provide(Layer.merge(Testing.layer(), Logger.remove(Logger.defaultLogger)))
const given: Record<string, string> = { route: "/", path: "/1" }
const set = HashSet.fromIterable(Object.entries(given).map(([key, value]) => MetricLabel.make(key, value)))

type Defined = Effect.Effect.Success<ReturnType<typeof MetricsService.define<typeof rows>>>

const recordings: ReadonlyArray<
  readonly [string, (metrics: Defined) => Effect.Effect<unknown, unknown, MetricsService>, string, unknown]
> = [
  ["inc", ({ calls }) => MetricsService.inc(calls, given), `calls_total{route="/"}`, 1],
  ["inc with a set", ({ calls }) => MetricsService.inc(calls, set), `calls_total{route="/"}`, 1],
  ["gauge", ({ open }) => MetricsService.gauge(open, given, 2), `calls_open{route="/"}`, 2],
  [
    "trackStream",
    ({ calls }) => Stream.runDrain(MetricsService.trackStream(Stream.make(1, 2), calls, given)),
    `calls_total{route="/"}`,
    2
  ],
  [
    "trackStreamProgress",
    ({ calls: counter }) =>
      Stream.runDrain(MetricsService.trackStreamProgress(Stream.make(1, 2), { counter, labels: given })),
    `calls_total{route="/"}`,
    2
  ],
  [
    "trackEffect",
    ({ duration }) => MetricsService.trackEffect(Effect.void, { duration, labels: given }),
    `calls_seconds{route="/"}`,
    { count: 1, sum: 0 }
  ],
  [
    "trackEffect with a set",
    ({ duration }) => MetricsService.trackEffect(Effect.void, { duration, labels: set }),
    `calls_seconds{route="/"}`,
    { count: 1, sum: 0 }
  ],
  [
    "trackError",
    ({ errors }) => MetricsService.trackError(errors, given, "no"),
    `call_errors_total{route="/",type="Unknown"}`,
    1
  ]
]

const droppedOf = (series: string) => `telemetry_labels_dropped_total{metric="${series.split("{", 1)[0]}"}`

describe("a label that the metric does not declare", () => {
  it.effect.each(recordings)("is left out and counted by %s", ([, recorded, series, amount]) =>
    Effect.gen(function* () {
      const metrics = yield* MetricsService.define(rows)
      expect(yield* Testing.deltaOf(recorded(metrics))).toEqual({ [series]: amount, [droppedOf(series)]: 1 })
      // Each recording counts, not only the first.
      expect(yield* Testing.deltaOf(recorded(metrics))).toEqual({ [series]: amount, [droppedOf(series)]: 1 })
    }).pipe(own)
  )

  it.scoped("is left out and counted by sample", () =>
    Effect.gen(function* () {
      const { open } = yield* MetricsService.define(rows)
      yield* MetricsService.sample({ gauge: open, read: Effect.succeed([{ labels: given, value: 3 }]) })
      expect(yield* Testing.snapshot).toMatchObject({
        'calls_open{route="/"}': 3,
        'telemetry_labels_dropped_total{metric="calls_open"}': 1
      })
    }).pipe(own)
  )

  it.effect("is left to the metric of trackEffect that declares it", () =>
    Effect.gen(function* () {
      const { duration, errors } = yield* MetricsService.define(rows)
      const labels = { route: "/", method: "GET" }
      const failed = Effect.exit(MetricsService.trackEffect(Effect.fail("no"), { duration, errors, labels }))
      expect(yield* Testing.deltaOf(failed)).toEqual({
        'calls_seconds{outcome="failure",route="/"}': { count: 1, sum: 0 },
        'call_errors_total{method="GET",route="/",type="Unknown"}': 1
      })
    }).pipe(own)
  )

  it.effect("is kept where Effect's own combinators put it", () =>
    Effect.gen(function* () {
      const { calls } = yield* MetricsService.define(rows)
      const delta = yield* Testing.deltaOf(
        Metric.increment(Metric.tagged(calls, "path", "/1")).pipe(Effect.tagMetrics("tenant", "a"))
      )
      expect(delta).toEqual({ 'calls_total{path="/1",tenant="a"}': 1 })
    }).pipe(own)
  )

  it.effect("is left out of a success where it is the outcome", () =>
    Effect.gen(function* () {
      const { duration } = yield* MetricsService.define(rows)
      const labels: Record<string, string> = { route: "/", outcome: "cached" }
      expect(yield* Testing.deltaOf(MetricsService.trackEffect(Effect.void, { duration, labels }))).toEqual({
        'calls_seconds{route="/"}': { count: 1, sum: 0 },
        'telemetry_labels_dropped_total{metric="calls_seconds"}': 1
      })
    }).pipe(own)
  )

  it.effect("never costs a number, and no value of it counts", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string(), fc.option(fc.string(), { nil: undefined })), (labels) =>
          Effect.gen(function* () {
            const { calls } = yield* MetricsService.define(rows)
            yield* MetricsService.inc(calls, { ...labels, route: "/" })
            expect(yield* Testing.read(calls, { route: "/" })).toBe(1)
            const there = Object.keys(labels).filter((name) => name !== "route" && (labels[name] ?? "") !== "")
            const { telemetry } = yield* MetricsService
            expect((yield* Testing.read(telemetry.labelsDropped, { metric: "calls_total" })) ?? 0).toBe(there.length)
          }).pipe(own, Effect.runPromise)
        )
      )
    )
  )
})

class Inherited {
  get route(): string {
    return "/"
  }
}

describe("a label that is not the record's own", () => {
  it.effect.each([
    ["of a prototype", Object.create({ route: "/" })],
    ["of a class", new Inherited()]
  ] as const)("%s is none, and those that follow have theirs", ([, labels]) =>
    Effect.gen(function* () {
      const { calls } = yield* MetricsService.define(rows)
      const recorded = Effect.zipRight(MetricsService.inc(calls, labels), MetricsService.inc(calls, { route: "/" }))
      expect(yield* Testing.deltaOf(recorded)).toEqual({ calls_total: 1, 'calls_total{route="/"}': 1 })
    }).pipe(own)
  )
})

it.effect("no labels at all, as JavaScript may have it, cost no number", () =>
  Effect.gen(function* () {
    const { calls } = yield* MetricsService.define(rows)
    const bare: Effect.Effect<void> = Reflect.apply(MetricsService.inc, MetricsService, [calls])
    yield* bare
    expect(yield* Testing.read(calls, {})).toBe(1)
  }).pipe(own)
)
