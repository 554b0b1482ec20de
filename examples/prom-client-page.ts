// Shows the metrics of prom-client and of this library on one page that Prometheus scrapes.
// Run: PORT=3000 npx tsx prom-client-page.ts
import { createServer } from "node:http"
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import { Config, Effect, Layer } from "effect"
import { collectDefaultMetrics, Counter, register } from "prom-client"

collectDefaultMetrics()
const requests = new Counter({ name: "site_requests_total", help: "Requests.", labelNames: ["route"] })

const mail = Effect.sleep("10 millis").pipe(MetricsService.trackJob({ jobType: "mail", operation: "process" }))

const router = Effect.gen(function* () {
  const page = yield* Prometheus.httpApp({ append: Effect.promise(() => register.metrics()) })
  return HttpRouter.empty.pipe(
    HttpRouter.get(
      "/",
      Effect.gen(function* () {
        requests.inc({ route: "/" })
        yield* mail
        return HttpServerResponse.text("sent\n")
      })
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
