/** Adding to counters and gauges: labels as a record and labels as a set name the same series, whatever they hold. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Metric from "effect/Metric"
import { MetricsService } from "../../src/observe/metrics.ts"
import * as Testing from "../../src/observe/testing.ts"

const rows = {
  calls: { name: "calls_total", kind: "counter", unit: "{call}", labels: ["route", "method"], help: "Calls." },
  open: { name: "calls_open", kind: "upDownCounter", unit: "{call}", labels: ["route", "method"], help: "Open calls." }
} as const

const own = Effect.provide(Testing.layer())

// At run time anything may come: names that no metric declares, names that are taken, no values, values to be cleaned.
const name = FastCheck.constantFrom("route", "method", "path", "outcome", "le", "a name with blanks")
const value = FastCheck.oneof(
  FastCheck.constantFrom(undefined, "", "/", " / ", "\u200b/", "x".repeat(200)),
  FastCheck.string()
)
const labels = FastCheck.dictionary(name, value)

/** `Effect.tagMetrics` takes texts only. */
const texts = (pairs: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(pairs).map(([key, value]) => [key, value ?? ""]))

describe("inc", () => {
  it.effect("adds to the series of a record", () =>
    Effect.gen(function* () {
      const { calls } = yield* MetricsService.define(rows)
      yield* MetricsService.inc(calls, { route: "/", method: "GET" })
      yield* MetricsService.inc(calls, { method: "GET", route: "/" }, 2)
      yield* MetricsService.inc(calls, { route: "/", method: undefined }, 5)
      yield* MetricsService.inc(calls, {}, 7)
      expect(yield* Testing.snapshot).toEqual({
        [`calls_total{method="GET",route="/"}`]: 3,
        [`calls_total{route="/"}`]: 5,
        calls_total: 7
      })
    }).pipe(own)
  )

  it.effect("under tagMetrics adds to the series of both, the record's labels winning", () =>
    Effect.gen(function* () {
      const { calls } = yield* MetricsService.define(rows)
      const record = MetricsService.inc(calls, { route: "/" })
      const set = MetricsService.inc(calls, MetricsService.label({ route: "/" }))
      yield* Effect.all([record, set])
      yield* Effect.tagMetrics(Effect.all([record, set]), { route: "/outer", region: "north" })
      yield* Effect.tagMetrics(Effect.all([record, set]), { region: "south" })
      expect(yield* Testing.snapshot).toEqual({
        [`calls_total{route="/"}`]: 2,
        [`calls_total{region="north",route="/"}`]: 2,
        [`calls_total{region="south",route="/"}`]: 2
      })
    }).pipe(own)
  )

  it.effect("takes both for a counter of Effect itself", () =>
    Effect.gen(function* () {
      const theirs = Metric.counter("external_counter_of_inc")
      yield* MetricsService.inc(theirs, { route: "/", method: undefined }, 2)
      yield* MetricsService.inc(theirs, MetricsService.label({ route: "/" }), 3)
      expect((yield* Metric.value(Metric.tagged(theirs, "route", "/"))).count).toBe(5)
    }).pipe(own)
  )
})

/** What moved besides the count of labels that were left out. */
const movedOf = (effect: Effect.Effect<void>) =>
  Effect.map(Testing.deltaOf(effect), (delta) =>
    Object.fromEntries(Object.entries(delta).filter(([series]) => !series.startsWith("telemetry_labels_dropped_total")))
  )

describe("a record and the set of it", () => {
  it.layer(Testing.layer())((it) => {
    it.effect.prop("are one series of a counter, ambient labels or not", [labels, labels], ([given, ambient]) =>
      Effect.gen(function* () {
        const { calls } = yield* MetricsService.define(rows)
        const tagged = Effect.tagMetrics(texts(ambient))
        const record = yield* movedOf(tagged(MetricsService.inc(calls, given, 3)))
        const set = yield* movedOf(tagged(MetricsService.inc(calls, MetricsService.label(given), 3)))
        expect(Object.values(record)).toEqual([3])
        expect(set).toEqual(record)
      })
    )

    it.effect.prop("are one series of a gauge", [labels], ([given]) =>
      Effect.gen(function* () {
        const { open } = yield* MetricsService.define(rows)
        const record = yield* movedOf(MetricsService.gauge(open, given, -3))
        const set = yield* movedOf(MetricsService.gauge(open, MetricsService.label(given), -3))
        expect(Object.values(record)).toEqual([-3])
        expect(set).toEqual(record)
      })
    )
  })
})
