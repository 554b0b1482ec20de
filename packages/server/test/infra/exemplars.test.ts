/** The spans that the exemplars of each part of a server name: those of what is counted, or of who asked for it. */
import * as Entity from "@effect/cluster/Entity"
import { FetchHttpClient, HttpClient, HttpRouter, HttpServerResponse } from "@effect/platform"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcTest from "@effect/rpc/RpcTest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { HttpMetrics } from "../../src/infra/http.ts"
import { Recorder } from "../../src/infra/jobs/runner/recorder.ts"
import { RpcMetrics } from "../../src/infra/rpc.ts"
import { SqlMetrics } from "../../src/infra/sql.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import * as Testing from "../../src/observe/testing.ts"
import { recording } from "../support/recorded-spans.ts"
import { ready, settle, testCluster } from "./cluster/test-cluster.ts"
import { layer as httpServer, serve } from "./http/http-server.ts"
import { Api, handlers } from "./rpc/api.ts"

/** Runs in the span "caller" of a tracer that keeps all spans; the names of spans by their ids. */
const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { spans, tracer } = recording()
    yield* effect.pipe(Effect.withSpan("caller"), Effect.withTracer(tracer))
    return new Map(spans.map(({ name, spanId }) => [spanId, name]))
  })

/** The names of the spans of a metric's exemplars. */
const spansOf = (handle: Testing.Handle, names: ReadonlyMap<string, string>) =>
  Effect.map(Testing.exemplars(handle, {}), (all) => all.map(({ span }) => names.get(span?.spanId ?? "")))

it.scopedLive("of requests: of the server's span, to the end of the body, and of the client's caller", () =>
  Effect.gen(function* () {
    const { http } = yield* MetricsService
    const body = Stream.make("a", "b").pipe(
      Stream.tap(() => Effect.sleep(5)),
      Stream.encodeText
    )
    const router = HttpRouter.empty.pipe(HttpRouter.get("/orders", HttpServerResponse.stream(body)))
    const names = yield* traced(
      Effect.gen(function* () {
        const port = yield* serve(HttpMetrics.router(router))
        yield* HttpClient.get(`http://127.0.0.1:${port}/orders`).pipe(
          Effect.flatMap(({ text }) => text),
          Effect.provide(HttpMetrics.clientLayer.pipe(Layer.provide(FetchHttpClient.layer)))
        )
        yield* Testing.eventually(
          Testing.total(http.serverRequestDuration, {}),
          (found) => found !== undefined && found.count === 1
        )
      })
    )
    expect(yield* spansOf(http.serverRequestDuration, names)).toEqual(["http.server GET"])
    expect(yield* spansOf(http.serverResponseBodySize, names)).toEqual(["http.server GET"])
    expect(yield* spansOf(http.clientRequestDuration, names)).toEqual(["caller"])
  }).pipe(Effect.provide(httpServer))
)

it.scopedLive("of statements and transactions: of who runs them", () =>
  Effect.gen(function* () {
    const { db } = yield* MetricsService
    const names = yield* traced(
      Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.withSpan(sql.withTransaction(sql`SELECT 1`), "pay"))
    )
    expect(yield* spansOf(db.transactionDuration, names)).toEqual(["pay"])
    const statements = yield* spansOf(db.clientOperationDuration, names)
    expect(new Set(statements)).toEqual(new Set(["sql.transaction"]))
  }).pipe(
    Effect.provide(
      SqlMetrics.layer().pipe(
        Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })),
        Layer.provideMerge(Testing.layer())
      )
    )
  )
)

it.scopedLive("of calls: of the span of each", () =>
  Effect.gen(function* () {
    const { rpc } = yield* MetricsService
    const names = yield* traced(Effect.flatMap(RpcTest.makeClient(Api), (client) => client.add({ n: 1 })))
    expect(yield* spansOf(rpc.serverCallDuration, names)).toEqual(["RpcServer.add"])
  }).pipe(
    Effect.provide(RpcMetrics.serverLayer(Api).pipe(Layer.provide(handlers), Layer.provideMerge(Testing.layer())))
  )
)

const Counter = Entity.make("Counter", [Rpc.make("Add", { payload: { n: Schema.Number }, success: Schema.Number })])

it.scoped("of messages of the cluster: of the span of each, by the conventions too", () =>
  Effect.gen(function* () {
    const { cluster, messaging } = yield* MetricsService
    const names = yield* traced(
      Effect.gen(function* () {
        yield* Layer.build(Counter.toLayer({ Add: ({ payload }) => Effect.succeed(payload.n + 1) }))
        yield* ready
        const client = yield* Counter.client
        const fiber = yield* Effect.fork(client("one").Add({ n: 1 }))
        yield* settle
        expect(yield* fiber).toBe(2)
      })
    )
    expect(yield* spansOf(cluster.messageProcessing, names)).toEqual(["Counter(one).Add"])
    expect(yield* spansOf(cluster.messageLatency, names)).toEqual(["Counter(one).Add", "caller"])
    expect(yield* spansOf(messaging.processDuration, names)).toEqual(["Counter(one).Add"])
    expect(yield* spansOf(messaging.operationDuration, names)).toEqual(["caller"])
  }).pipe(Effect.provide(testCluster({}, { semconv: true })))
)

it.scoped("have the time of the program's clock, also in no span", () =>
  Effect.gen(function* () {
    const metrics = yield* MetricsService
    const scope = yield* Scope.make()
    yield* Scope.extend(Layer.build(Counter.toLayer({ Add: ({ payload }) => Effect.succeed(payload.n + 1) })), scope)
    yield* ready
    const client = yield* Counter.client
    const fiber = yield* Effect.fork(client("one").Add({ n: 1 }))
    yield* settle
    yield* fiber
    const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
    yield* TestClock.adjust("1 minute")
    yield* closing
    const clock = yield* Effect.clock
    const lost = { operation: "lose", type: "digest", priority: "high", attempts: 3, ageMs: 5_000, times: 1 } as const
    new Recorder(metrics, { clock, ambient: [], span: undefined }, true).uncounted([lost])
    const { cluster, jobs } = metrics
    const handles = [cluster.entityLifetime, cluster.messageLatency, jobs.attempts, jobs.duration]
    const found = yield* Effect.forEach(handles, (handle) => Testing.exemplars(handle, {}))
    const now = yield* Clock.currentTimeMillis
    expect(found.map((all) => all.length > 0 && all.every(({ timeMs }) => timeMs <= now))).toEqual(
      handles.map(() => true)
    )
  }).pipe(
    Effect.provide(testCluster()),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["OTEL_METRICS_EXEMPLAR_FILTER", "always_on"]])))
  )
)
