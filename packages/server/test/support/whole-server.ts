/** A server with all instrumentations at once, that has done something of each kind. */
import { createServer } from "node:http"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Cache, Effect, Layer, Pool, Schedule, Schema } from "effect"
import { HttpMetrics } from "../../src/infra/http.ts"
import { RpcMetrics } from "../../src/infra/rpc.ts"
import { Server } from "../../src/infra/server.ts"
import { SqlMetrics } from "../../src/infra/sql.ts"
import { CacheMetrics } from "../../src/observe/cache.ts"
import { catalogue, type Row } from "../../src/observe/catalogue.ts"
import { PoolMetrics } from "../../src/observe/pool.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import * as Testing from "../../src/observe/testing.ts"

const { cache, db, http, pool, rpc, runtime } = catalogue

/** The rows that it moves. */
export const wholeServerRows: ReadonlyArray<Row> = [http, db, rpc, runtime, pool, cache].flatMap((rows) =>
  Object.values<Row>(rows)
)

const Api = RpcGroup.make(Rpc.make("double", { payload: { n: Schema.Number }, success: Schema.Number }))

const order = HttpLayerRouter.add(
  "POST",
  "/orders/:id",
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const sql = yield* SqlClient.SqlClient
    yield* sql`SELECT id FROM orders WHERE id = 1`
    return HttpServerResponse.text(yield* request.text)
  }).pipe(Effect.orDie)
)

const calls = RpcServer.layer(Api).pipe(
  Layer.provide(Server.layer({ runtime: false, httpClient: false, rpcClient: false, sql: false, rpcGroups: [Api] })),
  Layer.provide([
    Api.toLayer({ double: ({ n }) => Effect.succeed(n * 2) }),
    RpcServer.layerProtocolHttpRouter({ path: "/rpc" })
  ])
)

const counts = () => ({ idle: 1, used: 2, pending: 3, max: 4 })

const clients = Server.layer({
  sql: { pool: { name: "main", counts } },
  runtime: { eventLoop: { resolution: "10 millis" } }
})

const live = HttpLayerRouter.serve(Layer.mergeAll(order, calls, HttpMetrics.layerRouter), {
  disableLogger: true,
  disableListenLog: true
}).pipe(
  Layer.provideMerge(clients),
  Layer.provideMerge(
    Layer.mergeAll(
      NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }),
      NodeHttpClient.layer,
      SqliteClient.layer({ filename: ":memory:" }),
      RpcSerialization.layerNdjson
    )
  )
)

const asked = Effect.gen(function* () {
  const address = yield* HttpServer.addressWith((found) =>
    Effect.succeed(found._tag === "TcpAddress" ? `http://127.0.0.1:${found.port}` : "")
  )
  const client = yield* HttpClient.HttpClient
  const post = (path: string) =>
    client.execute(HttpClientRequest.post(`${address}${path}`).pipe(HttpClientRequest.bodyText("a chair")))
  yield* Effect.flatMap(post("/orders/1"), ({ text }) => text)
  yield* Effect.flatMap(post("/nowhere"), ({ text }) => text)
  const protocol = RpcMetrics.clientLayer().pipe(Layer.provide(RpcClient.layerProtocolHttp({ url: `${address}/rpc` })))
  yield* Effect.flatMap(RpcClient.make(Api), ({ double }) => double({ n: 1 })).pipe(Effect.provide(protocol))
})

const stored = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE orders (id INTEGER PRIMARY KEY)`
  yield* Effect.exit(sql`INSERT INTO nowhere VALUES (1)`)
  let attempts = 0
  yield* sql
    .withTransaction(
      Effect.suspend(() =>
        ++attempts === 1 ? Effect.fail(Object.assign(new Error(), { code: "SQLITE_BUSY" })) : Effect.void
      )
    )
    .pipe(SqlMetrics.retryTransaction(Schedule.recurs(1)))
})

const kept = Effect.gen(function* () {
  const items = yield* PoolMetrics.track({ pool: "items", acquire: Effect.succeed(1) }, (acquire) =>
    Pool.make({ acquire, size: 1 })
  )
  yield* Effect.scoped(items.get)
  const names = yield* CacheMetrics.track({ cache: "names", lookup: (n: number) => Effect.succeed(n) }, (lookup) =>
    Cache.make({ capacity: 10, timeToLive: "1 minute", lookup })
  )
  yield* names.get(1)
  yield* names.get(1)
})

/** Runs something while the server is there and all of its metrics have moved. */
export const withWholeServer = <A, E, R>(use: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    yield* stored
    yield* asked
    yield* kept
    const { runtime } = yield* MetricsService

    yield* Testing.eventually(
      Effect.map(Testing.snapshot, (all) => {
        // Makes garbage until it is collected.
        Array.from({ length: 100_000 }, (_, index) => ({ index }))
        return Object.keys(all).some((series) => series.startsWith(runtime.garbageCollectionDuration.row.name))
      }),
      (isThere) => isThere
    )
    return yield* use
  }).pipe(Effect.scoped, Effect.provide(live), Effect.orDie)
