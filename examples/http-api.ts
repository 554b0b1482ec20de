// Measures all of an HTTP API with one layer: its requests, those that it sends, its database and its process.
// Run: PORT=3000 OTEL_METRICS_EXPORTER=console npx tsx http-api.ts
import { createServer } from "node:http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, HttpClient, HttpServer } from "@effect/platform"
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Server } from "@parametric-portal/server/infra/server"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import { Config, Effect, Layer, Schema } from "effect"

const Path = Schema.Struct({ port: Schema.NumberFromString })
const check = HttpApiEndpoint.get("check", "/ports/:port").setPath(Path).addSuccess(Schema.Unknown)
const Api = HttpApi.make("monitor").add(HttpApiGroup.make("ports").add(check))

const Ports = HttpApiBuilder.group(Api, "ports", (handlers) =>
  handlers.handle("check", ({ path }) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { status } = yield* HttpClient.get(`http://localhost:${path.port}`)
      return yield* sql`SELECT ${status} AS status, datetime('now') AS checked`
    }).pipe(Effect.orDie)
  )
)

const Main = HttpApiBuilder.serve().pipe(
  HttpServer.withLogAddress,
  Layer.provide(Layer.provide(HttpApiBuilder.api(Api), Ports)),
  Layer.provide(Server.layer()),
  Layer.provide([Telemetry.Default, NodeHttpClient.layer, SqliteClient.layer({ filename: ":memory:" })]),
  Layer.provide(
    NodeHttpServer.layerConfig(createServer, { port: Config.integer("PORT"), host: Config.succeed("localhost") })
  ),
  Layer.provide(MetricsService.Default)
)

NodeRuntime.runMain(Layer.launch(Main))
