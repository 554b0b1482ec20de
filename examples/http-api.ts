// Counts and times the requests to an HTTP API: by method, route and status.
// Run: PORT=3000 OTEL_METRICS_EXPORTER=console npx tsx http-api.ts
import { createServer } from "node:http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiError, HttpApiGroup, HttpServer } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Config, Effect, Layer, Schema } from "effect"

const find = HttpApiEndpoint.get("find", "/orders/:id")
  .setPath(Schema.Struct({ id: Schema.String }))
  .addSuccess(Schema.String)
  .addError(HttpApiError.NotFound)
const Api = HttpApi.make("shop").add(HttpApiGroup.make("orders").add(find))

const OrdersLive = HttpApiBuilder.group(Api, "orders", (handlers) =>
  handlers.handle("find", ({ path }) =>
    path.id === "A1" ? Effect.succeed("a chair") : Effect.fail(new HttpApiError.NotFound())
  )
)

const Main = HttpApiBuilder.serve().pipe(
  HttpServer.withLogAddress,
  Layer.provide([Layer.provide(HttpApiBuilder.api(Api), OrdersLive), HttpMetrics.apiLayer]),
  Layer.provide(
    NodeHttpServer.layerConfig(createServer, { port: Config.integer("PORT"), host: Config.succeed("localhost") })
  ),
  Layer.provide(Telemetry.Default),
  Layer.provide(MetricsService.Default)
)

NodeRuntime.runMain(Layer.launch(Main))
