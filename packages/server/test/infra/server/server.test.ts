import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as RpcTest from "@effect/rpc/RpcTest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import * as Mailbox from "effect/Mailbox"
import * as Schema from "effect/Schema"
import { createServer } from "node:http"
import { HttpMetrics } from "../../../src/infra/http.ts"
import { Server, type ServerOptions } from "../../../src/infra/server.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { snapshot } from "../../../src/observe/testing.ts"

const Api = HttpApi.make("shop").add(
  HttpApiGroup.make("orders").add(
    HttpApiEndpoint.get("find", "/orders/:id")
      .setPath(Schema.Struct({ id: Schema.String }))
      .addSuccess(Schema.String)
  )
)

const ApiLive = HttpApiBuilder.api(Api).pipe(
  Layer.provide(
    HttpApiBuilder.group(Api, "orders", (handlers) =>
      handlers.handle("find", () =>
        Effect.orDie(
          Effect.as(
            Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 2`),
            "a chair"
          )
        )
      )
    )
  )
)

const Calls = RpcGroup.make(Rpc.make("Greet", { success: Schema.String }))
class Guard extends RpcMiddleware.Tag<Guard>()("Guard") {}

const Handlers = Calls.toLayer({ Greet: () => Effect.succeed("hello") })

const address = Effect.map(HttpServer.HttpServer, (server) =>
  server.address._tag === "TcpAddress" ? `http://127.0.0.1:${server.address.port}` : ""
)

const get = (path: string) =>
  Effect.gen(function* () {
    const response = yield* HttpClient.get(`${yield* address}${path}`)
    return yield* response.text
  })

const node = NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })

/** A server whose metrics are these. */
const measured = (options: ServerOptions) =>
  Server.layer(options).pipe(
    Layer.provideMerge(Layer.mergeAll(SqliteClient.layer({ filename: ":memory:" }), FetchHttpClient.layer, Handlers)),
    Layer.provideMerge(MetricsService.layer({ registry: "own" }))
  )

const served = (options: ServerOptions) =>
  HttpApiBuilder.serve().pipe(Layer.provide(ApiLive), Layer.provideMerge(measured(options)), Layer.provideMerge(node))

const namesAfter = (options: ServerOptions) =>
  Effect.gen(function* () {
    expect(yield* get("/orders/1")).toBe('"a chair"')
    const client = yield* RpcTest.makeClient(Calls)
    expect(yield* client.Greet()).toBe("hello")
    return yield* snapshot
  }).pipe(Effect.scoped, Effect.provide(served(options)))

describe("Server.layer", () => {
  it.live("measures the process and all that it is provided with", () =>
    Effect.gen(function* () {
      const all = yield* namesAfter({ rpcGroups: [Calls] })
      expect(all).toMatchObject({
        [`http_server_request_duration_seconds{http_request_method="GET",http_response_status_code="200",http_route="/orders/:id",url_scheme="http"}`]:
          { count: 1 },
        [`db_client_operation_duration_seconds{db_operation_name="SELECT",db_system_name="sqlite"}`]: { count: 1 }
      })
      const names = Object.keys(all).join("\n")
      expect(names).toMatch(/^http_client_request_duration_seconds\{/m)
      expect(names).toMatch(/^rpc_server_call_duration_seconds\{/m)
      expect(names).toMatch(/^process_memory_usage_bytes/m)
    })
  )

  it.scoped.each([
    { rpcGroups: [], isDecorated: false },
    { rpcGroups: [Calls], isDecorated: true }
  ])("decorates the protocol of an RPC server for its groups", ({ isDecorated, rpcGroups }) =>
    Effect.gen(function* () {
      const given: RpcServer.Protocol["Type"] = {
        run: () => Effect.never,
        disconnects: yield* Mailbox.make<number>(),
        send: () => Effect.void,
        end: () => Effect.void,
        clientIds: Effect.succeed(new Set()),
        initialMessage: Effect.succeedNone,
        supportsAck: true,
        supportsTransferables: false,
        supportsSpanPropagation: true
      }
      const layer = Server.layer({ rpcGroups }).pipe(
        Layer.provideMerge(Layer.mergeAll(Handlers, Layer.succeed(RpcServer.Protocol, given))),
        Layer.provide(MetricsService.layer({ registry: "own" }))
      )
      const found = Context.get(yield* Layer.build(layer), RpcServer.Protocol)
      expect(found !== given).toBe(isDecorated)
    })
  )

  it.live("measures nothing that is turned off", () =>
    Effect.gen(function* () {
      const all = yield* namesAfter({
        runtime: false,
        httpServer: false,
        httpClient: false,
        sql: false,
        rpcClient: false
      })
      expect(Object.keys(all).filter((name) => /^(http|db|rpc|process|nodejs|v8js|effect)_/.test(name))).toEqual([])
    })
  )

  it.live("measures the routes of an HttpLayerRouter beside HttpMetrics.layerRouter, once, and what they ask", () =>
    Effect.gen(function* () {
      const greeting = Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.orDie(Effect.as(sql`SELECT 2`, HttpServerResponse.text("hello")))
      )
      const route = HttpLayerRouter.add("GET", "/greet/:name", greeting)
      const app = HttpLayerRouter.serve(Layer.mergeAll(route, HttpMetrics.layerRouter, Server.layer())).pipe(
        Layer.provide(Server.layer()),
        Layer.provideMerge(MetricsService.layer({ registry: "own" })),
        Layer.provideMerge(Layer.mergeAll(node, FetchHttpClient.layer, SqliteClient.layer({ filename: ":memory:" })))
      )
      const all = yield* Effect.provide(Effect.zipRight(get("/greet/you"), snapshot), app)
      const route200 = 'http_request_method="GET",http_response_status_code="200",http_route="/greet/:name"'
      expect(all).toMatchObject({
        [`http_server_request_duration_seconds{${route200},url_scheme="http"}`]: { count: 1 },
        [`db_client_operation_duration_seconds{db_operation_name="SELECT",db_system_name="sqlite"}`]: { count: 1 }
      })
    })
  )

  it.effect("says which handlers of a group are not there", () =>
    Effect.gen(function* () {
      const layer = Layer.provide(Server.layer({ rpcGroups: [Calls] }), MetricsService.layer({ registry: "own" }))
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      expect(error.message).toContain("Greet")
    })
  )

  it.effect("says which middlewares of a group are not there", () =>
    Effect.gen(function* () {
      const guarded = RpcGroup.make(Rpc.make("Greet", { success: Schema.String })).middleware(Guard)
      const layer = Server.layer({ rpcGroups: [guarded] }).pipe(
        Layer.provide(guarded.toLayer({ Greet: () => Effect.succeed("hello") })),
        Layer.provide(MetricsService.layer({ registry: "own" }))
      )
      const error = yield* Effect.flip(Effect.scoped(Layer.build(layer)))
      expect(error).toMatchObject({ _tag: "OptionsError", given: expect.stringContaining("the middleware Guard") })
    })
  )
})
