/**
 * A small shop that measures all of itself: an HTTP API, a PostgreSQL database, calls of RPCs, a payment provider that it
 * asks over HTTP at the URL in `PAYMENTS`, a pool and a cache. `npm run record` records it beside the demo, for the
 * pictures of the dashboards. It prints where it listens, and stops on SIGINT.
 *
 * Other servers have names here, as where it would be deployed; all of them are on this machine.
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import Undici from "@effect/platform-node/Undici"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import { Server } from "@parametric-portal/server/infra/server"
import { SqlMetrics } from "@parametric-portal/server/infra/sql"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createServer } from "node:http"
import { freePort } from "./server/free-port.ts"
import { startPostgres } from "./server/postgres.ts"
import { Api } from "./shop/api.ts"
import { client, connections, tables } from "./shop/database.ts"
import { ordersLive, productsLive } from "./shop/handlers.ts"
import { Stock, stock, StockClient } from "./shop/stock.ts"

const onThisMachine = Layer.scoped(
  NodeHttpClient.Dispatcher,
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new Undici.Agent({
          connect: { lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) }
        })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )
)

const shop = Effect.gen(function* () {
  const payments = yield* Config.string("PAYMENTS")
  const port = yield* freePort
  const pool = yield* Effect.flatMap(startPostgres, connections)
  const calls = RpcServer.layerHttpRouter({ group: Stock, path: "/rpc", protocol: "http" })
  const api = HttpLayerRouter.addHttpApi(Api).pipe(
    Layer.provide([productsLive, ordersLive(payments)]),
    Layer.provide(StockClient.layer)
  )
  const program = HttpLayerRouter.serve(Layer.mergeAll(api, calls, HttpMetrics.layerRouter), { disableLogger: true })
  const clients = Layer.mergeAll(client(pool), stock, RpcClient.layerProtocolHttp({ url: `http://stock:${port}/rpc` }))
  return program.pipe(
    Layer.provide(Server.layer({ rpcGroups: [Stock], sql: { pool: SqlMetrics.pgPool("main", pool) } })),
    Layer.provide(tables),
    Layer.provide(clients),
    Layer.provide([NodeHttpClient.layerUndiciWithoutDispatcher, RpcSerialization.layerNdjson]),
    Layer.provide([onThisMachine, NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" })]),
    Layer.merge(said(port))
  )
})

const said = (port: number) =>
  Layer.effectDiscard(
    Effect.flatMap(Prometheus, ({ url }) =>
      Effect.sync(() =>
        process.stderr.write(`The shop listens (port ${port}). Metrics can be scraped at ${url.href}\n`)
      )
    )
  )

const main = Layer.unwrapScoped(shop).pipe(
  Layer.provide(Prometheus.layer({ port: 0 })),
  Layer.provide(MetricsService.layer({ boundaries: { http: MetricsService.conventionBoundaries } }))
)

NodeRuntime.runMain(Layer.launch(main))
