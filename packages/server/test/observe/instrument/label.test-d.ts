/** The types of labels: their names are checked wherever labels are given, as a record or as a set. */
import type * as Effect from "effect/Effect"
import type * as HashSet from "effect/HashSet"
import * as Metric from "effect/Metric"
import type * as MetricLabel from "effect/MetricLabel"
import type * as Stream from "effect/Stream"
import { expectTypeOf } from "vitest"
import {
  type BoundSeries,
  type Counter,
  type DefinitionError,
  type Gauge,
  type LabelInput,
  type Labels,
  MetricsService
} from "../../../src/observe/metrics.ts"

declare const counter: Counter<"route" | "method">
declare const gauge: Gauge<"route" | "method">
declare const stream: Stream.Stream<number>

const { gauge: add, inc, label, remove, series, trackStream, trackStreamProgress } = MetricsService

// A set knows its names.
expectTypeOf(label({ route: "/", method: undefined })).toEqualTypeOf<Labels<"route" | "method">>()
expectTypeOf(label({})).toEqualTypeOf<Labels<never>>()
expectTypeOf(label({})).toExtend<HashSet.HashSet<MetricLabel.MetricLabel>>()
// @ts-expect-error a value is a text
label({ route: 7 })

// A record is accepted wherever a set is, and with it any part of the names.
expectTypeOf<{ readonly route: string }>().toExtend<LabelInput<"route" | "method">>()
expectTypeOf<Labels<"route">>().toExtend<LabelInput<"route" | "method">>()
expectTypeOf<Labels<"path">>().not.toExtend<LabelInput<"route" | "method">>()
declare const untyped: HashSet.HashSet<MetricLabel.MetricLabel>
inc(counter, untyped)

expectTypeOf(inc(counter, { route: "/", method: undefined })).toEqualTypeOf<Effect.Effect<void>>()
inc(counter, {})
inc(counter, label({ route: "/" }), 2)
// @ts-expect-error the label is not one of the counter
inc(counter, { route: "/", path: "/" })
// @ts-expect-error the label is not one of the counter
inc(counter, label({ route: "/", path: "/" }))
// @ts-expect-error the value is a text
inc(counter, { route: 7 })
// @ts-expect-error labels are given, if only as {}
inc(counter)

expectTypeOf(add(gauge, { route: "/" }, -1)).toEqualTypeOf<Effect.Effect<void>>()
add(gauge, label({ route: "/" }), 1)
// @ts-expect-error the label is not one of the gauge
add(gauge, { path: "/" }, 1)
// @ts-expect-error the label is not one of the gauge
add(gauge, label({ path: "/" }), 1)

trackStream(stream, counter, { route: "/" })
trackStream(stream, counter, label({ route: "/" }))
stream.pipe(trackStream(counter, { route: "/" }))
stream.pipe(trackStream(counter, label({ route: "/" })))
// @ts-expect-error the label is not one of the counter
trackStream(stream, counter, { path: "/" })
// @ts-expect-error the label is not one of the counter
trackStream(stream, counter, label({ path: "/" }))
// @ts-expect-error the label is not one of the counter
trackStream(counter, { path: "/" })
// @ts-expect-error the label is not one of the counter
trackStream(counter, label({ path: "/" }))

trackStreamProgress(stream, { counter, labels: { route: "/" } })
trackStreamProgress(stream, { counter, labels: label({ route: "/" }) })
// @ts-expect-error the label is not one of the counter
trackStreamProgress(stream, { counter, labels: { path: "/" } })
// @ts-expect-error the label is not one of the counter
trackStreamProgress(stream, { counter, labels: label({ path: "/" }) })

// A bound series and a removal name labels by a record.
expectTypeOf(series(counter, { route: "/" })).toEqualTypeOf<Effect.Effect<BoundSeries, DefinitionError>>()
expectTypeOf(remove(counter, { route: "/" })).toEqualTypeOf<Effect.Effect<number, never, MetricsService>>()
// @ts-expect-error the label is not one of the counter
series(counter, { path: "/" })
// @ts-expect-error the label is not one of the counter
remove(counter, { path: "/" })

// A counter of Effect's declares no labels, and so takes any.
const theirs = Metric.counter("theirs")
inc(theirs, { anything: "a" })
inc(theirs, label({ anything: "a" }))
