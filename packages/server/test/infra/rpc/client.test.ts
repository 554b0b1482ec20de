/** Calls over HTTP, WebSockets and TCP, seen by both ends. */
import { createServer, type Server } from "node:net"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import { expect, it } from "@effect/vitest"
import { Cause, Context, Effect, ExecutionStrategy, Exit, Fiber, Layer, Schema, Scope, Stream } from "effect"
import { RpcMetrics } from "../../../src/infra/rpc.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Api, calls, underWay } from "./api.ts"
import { servedOverSocket, socket, watchedHandlers, watchedWire, type Wire, wires } from "./wire.ts"

const over = (wire: Wire) => watchedWire(wire).pipe(Layer.provideMerge(Testing.layer()))

const quiet = Testing.eventually(underWay, (count) => count === 0)

it.each(wires)("both ends count the same calls over %s", (wire) =>
  Effect.gen(function* () {
    const client = yield* RpcClient.make(Api)
    expect(yield* client.add({ n: 1 })).toBe(2)
    yield* Effect.exit(client.add({ n: -1 }))
    yield* client.users.get({ n: 1 })
    yield* client.users.get({ n: 1 }, { discard: true })
    yield* Stream.runDrain(client.count({ n: 3 }))
    yield* Effect.exit(Stream.runDrain(client.count({ n: -3 })))
    yield* Stream.runDrain(client.mailbox({ n: 3 }))
    yield* quiet
    yield* Effect.exit(client.die())
    yield* quiet
    const same = {
      add: 1,
      "add Refused": 1,
      "users.get": 2,
      count: 1,
      "count Refused": 1,
      mailbox: 1,
      "die TypeError": 1
    }
    expect(yield* calls("server")).toEqual(same)
    expect(yield* calls("client")).toEqual(same)
  }).pipe(Effect.scoped, Effect.provide(over(wire)), Effect.runPromise)
)

it.each(wires)("both ends count what the client interrupts or leaves over %s", (wire) =>
  Effect.gen(function* () {
    const client = yield* RpcClient.make(Api)
    const fiber = yield* Effect.fork(client.never())
    yield* Testing.eventually(underWay, (count) => count === 2)
    yield* Fiber.interrupt(fiber)
    yield* Stream.runDrain(Stream.take(client.count({ n: 99 }), 2))
    yield* quiet
    const same = { "never interrupted": 1, "count interrupted": 1 }
    expect(yield* calls("client")).toEqual(same)
    expect(yield* calls("server")).toEqual(same)
  }).pipe(Effect.scoped, Effect.provide(over(wire)), Effect.runPromise)
)

it.each(["websocket", "socket"] as const)("what is under way when the client closes is interrupted over %s", (wire) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const client = yield* RpcClient.make(Api).pipe(Scope.extend(scope))
    const fiber = yield* Effect.fork(client.never())
    yield* Testing.eventually(underWay, (count) => count === 2)
    yield* Scope.close(scope, Exit.void)
    yield* Fiber.await(fiber)
    expect(yield* calls("client")).toEqual({ "never interrupted": 1 })
  }).pipe(Effect.provide(over(wire)), Effect.runPromise)
)

it.scopedLive("what is sent while the client closes is interrupted", () =>
  Effect.gen(function* () {
    const metrics = yield* Layer.build(Testing.layer())
    const protocol = yield* Layer.build(watchedWire("socket")).pipe(Effect.provide(metrics))
    yield* Effect.forEach(Array.from({ length: 10 }).keys(), (turns) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const client = yield* RpcClient.make(Api).pipe(Scope.extend(scope), Effect.provide(protocol))
        const call = Effect.forkDaemon(client.add({ n: 1 }, { discard: true }))
        const callALot = Effect.repeatN(Effect.zipRight(call, Effect.yieldNow()), 50)
        const calling = yield* Effect.forEach([1, 2, 3, 4, 5], () => Effect.fork(callALot))
        yield* Effect.forEach(Array.from({ length: turns }), () => Effect.yieldNow())
        yield* Scope.close(scope, Exit.void)
        yield* Effect.forEach(calling, Fiber.await)
        yield* quiet.pipe(Effect.provide(metrics))
      })
    )
    expect(Object.keys(yield* calls("client").pipe(Effect.provide(metrics)))).toContain("add interrupted")
  })
)

const Older = RpcGroup.make(
  Rpc.make("gone", { success: Schema.Void }),
  Rpc.make("add", { payload: { n: Schema.String }, success: Schema.Number })
)

it.each(wires)("a method or a payload that the server does not know reaches no handler over %s", (wire) =>
  Effect.gen(function* () {
    const client = yield* RpcClient.make(Older)
    yield* Effect.exit(client.gone())
    yield* Effect.exit(client.add({ n: "x" }))
    yield* quiet
    expect(yield* calls("server")).toEqual({ "_OTHER UnknownMethod": 1, "add ParseError": 1 })
    const counts = yield* calls("client")
    expect(Object.values(counts)).toEqual([1, 1])
    expect(
      Object.keys(counts)
        .map((name) => name.split(" ")[0])
        .sort()
    ).toEqual(["add", "gone"])
  }).pipe(Effect.scoped, Effect.provide(over(wire)), Effect.runPromise)
)

const Newer = RpcGroup.make(Rpc.make("count", { payload: { n: Schema.Number }, success: Schema.String, stream: true }))

it.each(wires)("a part of a stream that does not decode ends its call as the caller sees it over %s", (wire) =>
  Effect.gen(function* () {
    const client = yield* RpcClient.make(Newer)
    const cause = yield* Effect.cause(Stream.runDrain(client.count({ n: 99 })))
    expect(String(Cause.squash(cause))).toContain("Expected string")
    yield* quiet
    expect(yield* calls("client")).toEqual({ "count ParseError": 1 })
  }).pipe(Effect.scoped, Effect.provide(over(wire)), Effect.runPromise)
)

it.scopedLive("counts what can't be sent as RpcClientError", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(over("http"), scope)
    const client = yield* RpcClient.make(Api).pipe(Effect.provide(context))
    yield* Scope.close(scope, Exit.void)
    yield* Effect.exit(client.add({ n: 1 }))
    expect(yield* calls("client").pipe(Effect.provide(context))).toEqual({ "add RpcClientError": 1 })
  })
)

/** A server and a client that can be closed one without the other. */
const apart = (options: { readonly concurrency?: number }) =>
  Effect.gen(function* () {
    const metrics = yield* Layer.build(Testing.layer())
    const scope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const server = yield* Layer.buildWithScope(
      servedOverSocket(watchedHandlers, options).pipe(Layer.provide(RpcSerialization.layerNdjson)),
      scope
    ).pipe(Effect.provide(metrics))
    const protocol = RpcMetrics.clientLayer().pipe(Layer.provide(socket), Layer.provide(RpcSerialization.layerNdjson))
    const context = Context.merge(server, metrics)
    const client = yield* RpcClient.make(Api).pipe(
      Effect.provide(yield* Layer.build(protocol).pipe(Effect.provide(context)))
    )
    return { client, metrics, stop: Scope.close(scope, Exit.void) }
  })

it.scopedLive("counts what is under way when the server stops", () =>
  Effect.gen(function* () {
    const { client, metrics, stop } = yield* apart({})
    yield* Effect.gen(function* () {
      const fiber = yield* Effect.fork(client.never())
      yield* Testing.eventually(underWay, (count) => count === 2)
      yield* stop
      yield* Fiber.await(fiber)
      yield* quiet
      yield* Effect.exit(client.add({ n: 1 }))
      expect(yield* calls("server")).toEqual({ "never interrupted": 1 })
      expect(yield* calls("client")).toEqual({ "never interrupted": 1, "add RpcClientError": 1 })
    }).pipe(Effect.provide(metrics))
  })
)

it.scopedLive("does not count at the server what is interrupted while it waits for the server's concurrency", () =>
  Effect.gen(function* () {
    const { client, metrics } = yield* apart({ concurrency: 1 })
    yield* Effect.gen(function* () {
      const first = yield* Effect.fork(client.never())
      yield* Testing.eventually(underWay, (count) => count === 2)
      const second = yield* Effect.fork(client.never())
      yield* Testing.eventually(underWay, (count) => count === 3)
      yield* Effect.sleep("50 millis")
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      yield* quiet
      expect(yield* calls("server")).toEqual({ "never interrupted": 1 })
      expect(yield* calls("client")).toEqual({ "never interrupted": 2 })
    }).pipe(Effect.provide(metrics))
  })
)

it.scopedLive("counts what is under way when the connection is lost", () =>
  Effect.gen(function* () {
    const rude = yield* Effect.acquireRelease(
      Effect.async<Server>((resume) => {
        const server = createServer((connection) => connection.once("data", () => connection.destroy()))
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
    )
    const address = rude.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const protocol = RpcMetrics.clientLayer().pipe(
      Layer.provide(RpcClient.layerProtocolSocket()),
      Layer.provide([RpcSerialization.layerNdjson, NodeSocket.layerNet({ port, host: "127.0.0.1" })]),
      Layer.provideMerge(Testing.layer())
    )
    yield* Effect.gen(function* () {
      const client = yield* RpcClient.make(Api)
      yield* Effect.all([Effect.exit(client.never()), Effect.exit(Stream.runDrain(client.count({ n: 1 })))], {
        concurrency: 2
      })
      yield* quiet
      expect(yield* calls("client")).toEqual({ "never RpcClientError": 1, "count RpcClientError": 1 })
    }).pipe(Effect.provide(protocol))
  })
)
