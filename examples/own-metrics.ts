// Defines metrics of your own, with the guarantees of the library's: label names in the types, units, limits.
// Run: OTEL_METRICS_EXPORTER=console npx tsx own-metrics.ts
import { NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Effect, Layer } from "effect"

/** Defined once, where the program starts. Label names are part of the types; two definitions that conflict are an error. */
class Shop extends Effect.Service<Shop>()("Shop", {
  effect: Effect.map(
    MetricsService.define({
      orders: {
        name: "shop_orders_total",
        kind: "counter",
        unit: "{order}",
        labels: ["country", "payment"],
        help: "Orders that were placed."
      },
      carts: {
        name: "shop_carts",
        kind: "upDownCounter",
        unit: "{cart}",
        labels: ["country"],
        help: "Carts that are being filled."
      },
      checkout: {
        name: "shop_checkout_seconds",
        kind: "histogram",
        unit: "s",
        labels: ["country", "outcome"],
        boundaries: "http",
        help: "From the click on Pay to its end; the label outcome is absent on success."
      }
    }),
    (metrics) => ({ metrics })
  ),
  dependencies: [MetricsService.Default]
}) {}

const order = (country: string, payment: string) =>
  Effect.gen(function* () {
    const { metrics } = yield* Shop
    yield* Effect.acquireUseRelease(
      MetricsService.gauge(metrics.carts, { country }, 1),
      () => Effect.sleep("5 millis"),
      () => MetricsService.gauge(metrics.carts, { country }, -1)
    ).pipe(MetricsService.trackEffect({ duration: metrics.checkout, labels: { country } }))
    yield* MetricsService.inc(metrics.orders, { country, payment })
  })

const program = Effect.all([order("no", "card"), order("no", "invoice"), order("pt", "card"), order("no", "card")])

const live = Layer.merge(Shop.Default, Telemetry.Default).pipe(Layer.provideMerge(MetricsService.Default))

NodeRuntime.runMain(Effect.provide(program, live))
