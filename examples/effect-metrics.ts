// Exports Effect's own metrics beside those of this library, each of them once.
// Run: OTEL_METRICS_EXPORTER=console npx tsx effect-metrics.ts
import { NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Duration, Effect, Layer, Metric, MetricBoundaries } from "effect"

const logins = Metric.counter("shop_logins", { description: "Users that logged in.", incremental: true })
const open = Metric.counter("shop_sessions", { description: "Sessions that are open." })
const stock = Metric.gauge("shop_stock", { description: "Articles in stock." })
const browsers = Metric.frequency("shop_browsers", { description: "Browsers of the users." })
const lines = Metric.histogram("shop_lines", MetricBoundaries.fromIterable([1, 10, 100]), "Lines of an order.")
const search = Metric.timerWithBoundaries("shop_search", [10, 100, 1_000], "Time of a search.")
const scores = Metric.summary({
  name: "shop_scores",
  maxAge: "1 hour",
  maxSize: 100,
  error: 0,
  quantiles: [0.5],
  description: "Scores."
})

const program = Effect.gen(function* () {
  yield* Metric.increment(logins).pipe(Effect.tagMetrics({ country: "no" }))
  yield* Metric.incrementBy(open, 2)
  yield* Metric.incrementBy(open, -1)
  yield* Metric.set(stock, 40)
  yield* Metric.update(browsers, "firefox")
  yield* Metric.update(lines, 3)
  yield* Metric.update(search, Duration.millis(250))
  yield* Metric.update(scores, 5)
  yield* Effect.void.pipe(MetricsService.trackJob({ jobType: "mail", operation: "process" }))
})

const live = Telemetry.Default.pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
