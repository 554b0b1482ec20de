/**
 * A small server with every layer, which it asks itself over its own HTTP client: requests and their failures, calls of
 * RPCs, statements and transactions, a pool, a cache and the process. No socket is needed for it.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { HttpMetrics } from "@parametric-portal/server/infra/http"
import { Server } from "@parametric-portal/server/infra/server"
import { RpcMetrics } from "@parametric-portal/server/infra/rpc"
import { SqlMetrics } from "@parametric-portal/server/infra/sql"
import type { MetricsService } from "@parametric-portal/server/observe/metrics"
import { CacheMetrics } from "@parametric-portal/server/observe/cache"
import { PoolMetrics } from "@parametric-portal/server/observe/pool"
import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Pool from "effect/Pool"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"

class SoldOut extends Schema.TaggedError<SoldOut>()("SoldOut", {}) {}

const Stock = RpcGroup.make(Rpc.make("take", { payload: { n: Schema.Number }, success: Schema.Number, error: SoldOut }))

const stock = Stock.toLayer({ take: ({ n }) => (n % 5 === 0 ? new SoldOut() : Effect.succeed(n)) })

/** The driver keeps no pool: what a server with one would say of it. */
const connections = { name: "orders", counts: () => ({ idle: 1, used: 1, pending: 0, max: 2 }) }

/** Requests to it fail, take no end, or are answered. */
const router = Effect.map(RpcServer.toHttpApp(Stock), (calls) =>
  HttpRouter.empty.pipe(
    HttpRouter.post(
      "/orders",
      Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ text }) => Effect.map(text, HttpServerResponse.text))
    ),
    HttpRouter.get("/orders/broken", new SoldOut()),
    HttpRouter.get("/orders/slow", Effect.never),
    HttpRouter.mountApp("/rpc", calls)
  )
)

const handler = Effect.gen(function* () {
  const runtime = yield* Effect.runtime<MetricsService>()
  return HttpApp.toWebHandlerRuntime(runtime)(HttpMetrics.router(yield* router))
})

/** It sends the length of a body, as `fetch` does. */
const fetchOf = (handle: (request: Request) => Promise<Response>) =>
  Layer.succeed(FetchHttpClient.Fetch, (input, init) => {
    const request = new Request(input, init)
    if (init?.body instanceof Uint8Array) {
      request.headers.set("content-length", String(init.body.byteLength))
    }
    return handle(request)
  })

const ask = Effect.gen(function* () {
  const http = yield* HttpClient.HttpClient
  const stockClient = yield* RpcClient.make(Stock)
  return (n: number) =>
    Effect.all(
      [
        http.execute(
          HttpClientRequest.post("http://shop/orders").pipe(HttpClientRequest.bodyText("two pounds of nails"))
        ),
        http.get("http://shop/orders/broken"),
        Effect.timeoutOption(http.get("http://shop/orders/slow"), "20 millis"),
        Effect.ignore(stockClient.take({ n }))
      ],
      { discard: true }
    )
})

const query = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE orders (id INTEGER PRIMARY KEY)`
  return (n: number) =>
    Effect.gen(function* () {
      yield* sql.withTransaction(sql`INSERT INTO orders ${sql.insert({ id: n })}`)
      yield* Effect.ignore(sql.withTransaction(sql`INSERT INTO orders ${sql.insert({ id: n })}`))
      let attempts = 0
      yield* sql
        .withTransaction(
          Effect.suspend(() =>
            ++attempts === 1 ? new SqlError({ cause: { code: "SQLITE_BUSY" } }) : sql`SELECT id FROM orders LIMIT 1`
          )
        )
        .pipe(SqlMetrics.retryTransaction(Schedule.recurs(1)))
    })
})

const take = Effect.gen(function* () {
  const acquire = Effect.acquireRelease(Effect.succeed({}), () => Effect.void)
  const pool = yield* PoolMetrics.track({ pool: "orders", acquire }, (tracked) =>
    Pool.make({ acquire: tracked, size: 2 })
  )
  const cache = yield* CacheMetrics.track({ cache: "orders", lookup: Effect.succeed<number> }, (lookup) =>
    Cache.make({ capacity: 5, timeToLive: "1 minute", lookup })
  )
  return (n: number) => Effect.zipRight(Effect.scoped(Effect.delay(pool.get, "1 millis")), cache.get(Math.floor(n / 3)))
})

const work = Layer.scopedDiscard(
  Effect.gen(function* () {
    const parts = yield* Effect.all([ask, query, take])
    let n = 0
    const round = Effect.suspend(() => {
      n += 1
      return Effect.forEach(
        parts,
        (part) => Effect.orDie<void, unknown, SqlClient.SqlClient | MetricsService>(part(n)),
        {
          concurrency: "unbounded",
          discard: true
        }
      )
    })
    yield* Effect.forkScoped(Effect.repeat(Effect.catchAllCause(round, Effect.logError), Schedule.spaced("100 millis")))
  })
)

/** Does all of it ten times a second. */
export const everyLayer = work.pipe(
  Layer.provide(Server.layer({ runtime: { eventLoop: { window: "1 second" } }, sql: { pool: connections } })),
  Layer.provide([
    RpcClient.layerProtocolHttp({ url: "http://shop/rpc" }),
    SqliteClient.layer({ filename: ":memory:" })
  ]),
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(
    Layer.unwrapScoped(Effect.map(handler, fetchOf)).pipe(
      Layer.provide(RpcMetrics.serverLayer(Stock)),
      Layer.provide(stock)
    )
  ),
  Layer.provide(RpcSerialization.layerNdjson)
)
