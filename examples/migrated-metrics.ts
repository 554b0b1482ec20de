// Counts and times the orders of hand-written-metrics.ts with this library: each outcome, in seconds.
// Run: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 npx tsx migrated-metrics.ts
import { NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Data, Effect, Layer } from "effect"

const counter = { kind: "counter", unit: "{order}" } as const
const labels = ["country", "payment"] as const

class Shop extends Effect.Service<Shop>()("Shop", {
  effect: MetricsService.define({
    placed: { ...counter, name: "shop_orders_total", labels, help: "Orders that were placed." },
    failed: { ...counter, name: "shop_orders_failed_total", labels: [...labels, "reason"], help: "Failed orders." },
    duration: {
      name: "shop_order_duration_seconds",
      kind: "histogram",
      unit: "s",
      labels: [...labels, "outcome"],
      boundaries: [0.01, 0.1, 1, 10],
      help: "Time of an order."
    }
  }),
  dependencies: [MetricsService.Default]
}) {}

const order =
  (labels: { readonly country: string; readonly payment: string }) => (work: Effect.Effect<void, unknown>) =>
    Effect.flatMap(Shop, ({ duration, failed, placed }) =>
      work.pipe(
        MetricsService.trackEffect({ duration, errors: failed, labels }),
        Effect.zipLeft(MetricsService.inc(placed, labels))
      )
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

const live = Layer.merge(Shop.Default, Telemetry.Default).pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
