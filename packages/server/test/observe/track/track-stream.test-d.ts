/** The types of `trackStream` and `trackStreamProgress`: a stream stays what it is, whoever made the counter. */
import * as Metric from "effect/Metric"
import type * as Stream from "effect/Stream"
import { expectTypeOf } from "vitest"
import { type Counter, type Gauge, MetricsService } from "../../../src/observe/metrics.ts"

declare const stream: Stream.Stream<"element", "error", "requirement">
declare const counter: Counter<"table">
declare const gauge: Gauge<"table">

const { trackStream, trackStreamProgress } = MetricsService

expectTypeOf(trackStream(stream, counter, { table: "t" })).toEqualTypeOf<typeof stream>()
expectTypeOf(stream.pipe(trackStream(counter, { table: "t" }))).toEqualTypeOf<typeof stream>()
expectTypeOf(trackStreamProgress(stream, { counter, labels: { table: "t" }, logInterval: 10 })).toEqualTypeOf<
  typeof stream
>()
expectTypeOf(stream.pipe(trackStreamProgress({ counter }))).toEqualTypeOf<typeof stream>()
expectTypeOf(trackStreamProgress(stream, { counter: Metric.counter("rows") })).toEqualTypeOf<typeof stream>()

// @ts-expect-error a counter counts
trackStreamProgress(stream, { labels: { table: "t" } })
// @ts-expect-error a gauge is no counter
trackStream(stream, gauge, { table: "t" })
