// Counts and times orders by hand, with Effect's Metric and the metricReader of NodeSdk.
// Run: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npx tsx hand-written-metrics.ts
import { NodeSdk } from "@effect/opentelemetry"
import { NodeRuntime } from "@effect/platform-node"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto"
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { Data, Effect, Metric } from "effect"

const placed = Metric.counter("shop_orders_total", { description: "Orders that were placed.", incremental: true })
const failed = Metric.counter("shop_orders_failed_total", { description: "Failed orders.", incremental: true })
const duration = Metric.timerWithBoundaries("shop_order_duration", [10, 100, 1_000, 10_000], "Time of an order.")

const order =
  (labels: { readonly country: string; readonly payment: string }) => (work: Effect.Effect<void, unknown>) =>
    work.pipe(
      Metric.trackDuration(duration),
      Metric.trackErrorWith(failed, () => 1),
      Effect.zipLeft(Metric.increment(placed)),
      Effect.tagMetrics(labels)
    )

class OutOfStock extends Data.TaggedError("OutOfStock") {}

const picking = Effect.sleep("200 millis")
const missing = Effect.zipRight(picking, new OutOfStock())
const broken = Effect.zipRight(picking, Effect.die(new TypeError("price is undefined")))
const byWeb = { country: "no", payment: "card" }
const byPhone = { payment: "card", country: "no" }

// Two succeed, one fails, one meets a bug, and one is interrupted after 200 milliseconds.
const orders = [
  order(byWeb)(picking),
  order(byPhone)(picking),
  order(byWeb)(missing),
  order(byWeb)(broken),
  Effect.timeout(order(byWeb)(Effect.never), "200 millis")
]
const program = Effect.forEach(orders, Effect.exit, { concurrency: "unbounded" })

const live = NodeSdk.layer(() => ({
  resource: { serviceName: "shop" },
  metricReader: new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() })
}))

NodeRuntime.runMain(Effect.provide(program, live))
