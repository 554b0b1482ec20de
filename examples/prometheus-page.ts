// Serves a page that Prometheus scrapes, on the application's own router.
// Run: PORT=3000 npx tsx prometheus-page.ts
import { createServer } from "node:http"
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import { Config, Effect, Layer } from "effect"

const router = Effect.gen(function* () {
  const metrics = yield* MetricsService.define({
    visits: {
      name: "site_visits_total",
      kind: "counter",
      unit: "{visit}",
      labels: ["route"],
      help: "Visits of a page."
    }
  })
  const page = yield* Prometheus.httpApp()
  return HttpRouter.empty.pipe(
    HttpRouter.get(
      "/",
      Effect.as(MetricsService.inc(metrics.visits, { route: "/" }), HttpServerResponse.text("hello\n"))
    ),
    HttpRouter.get("/metrics", page)
  )
})

const Site = Layer.unwrapEffect(Effect.map(router, (routes) => HttpServer.serve(routes))).pipe(
  HttpServer.withLogAddress,
  Layer.provide(
    NodeHttpServer.layerConfig(createServer, {
      host: Config.succeed("localhost"),
      port: Config.integer("PORT").pipe(Config.withDefault(3000))
    })
  ),
  Layer.provide(MetricsService.Default)
)

NodeRuntime.runMain(Layer.launch(Site))
