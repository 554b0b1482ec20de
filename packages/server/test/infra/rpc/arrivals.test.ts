/** What a server does with a call that has arrived is what is counted, whatever its client wants. */
import { NodeSocketServer } from "@effect/platform-node"
import { SocketServer } from "@effect/platform"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Logger, Schema } from "effect"
import { RpcMetrics } from "../../../src/infra/rpc.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { connected } from "../http/http-server.ts"
import { calls, underWay } from "./api.ts"
import { socket } from "./wire.ts"

const Held = RpcGroup.make(
  Rpc.make("hold"),
  Rpc.make("steady", { success: Schema.Number }),
  Rpc.make("add", { payload: { n: Schema.Number }, success: Schema.Number })
)

const Extra = RpcGroup.make(Rpc.make("extra"), Rpc.make("fails"))

const All = Held.merge(Extra)

const Newer = All.merge(RpcGroup.make(Rpc.make("newer")))

/** A server of all methods, with the watched groups, for one call at a time. */
const served = (gate: Deferred.Deferred<void>, watched: Pick<typeof All, "requests"> = All) => {
  const asked = { steady: 0 }
  const handlers = All.toLayer({
    hold: () => Deferred.await(gate),
    steady: () => {
      asked.steady += 1
      return Rpc.uninterruptible(Effect.succeed(1))
    },
    add: ({ n }) => Effect.succeed(n + 1),
    extra: () => Effect.void,
    fails: () => Effect.die("failed")
  })
  const protocol = Layer.provide(RpcMetrics.serverProtocolLayer(watched), RpcServer.layerProtocolSocketServer)
  const layer = RpcServer.layer(All, { concurrency: 1 }).pipe(
    Layer.provide([Layer.provide(RpcMetrics.serverLayer(All), handlers), protocol]),
    Layer.provideMerge(NodeSocketServer.layer({ port: 0, host: "127.0.0.1" })),
    Layer.provideMerge(RpcSerialization.layerNdjson),
    Layer.orDie
  )
  return { asked, layer }
}

const total = Effect.map(calls("server"), (counts) =>
  Object.values(counts).reduce((sum: number, count) => sum + count, 0)
)

const metrics = Layer.merge(Testing.layer(), Logger.remove(Logger.defaultLogger))

it.scopedLive("an uninterruptible call that is interrupted in its wait counts as what it comes to", () =>
  Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    const { asked, layer } = served(gate)
    const far = yield* Layer.build(socket.pipe(Layer.provide(layer)))
    const client = yield* Effect.provide(RpcClient.make(All), far)
    const holding = yield* Effect.fork(client.hold())
    yield* Testing.eventually(underWay, (count) => count === 1)
    const waiting = yield* Effect.fork(client.steady())
    yield* Testing.eventually(
      Effect.sync(() => asked.steady),
      (count) => count === 1
    )
    yield* Fiber.interruptFork(waiting)
    yield* Effect.sleep("50 millis")
    expect(yield* total).toBe(0)
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.join(holding)
    yield* Testing.eventually(total, (count) => count === 2)
    expect(yield* calls("server")).toEqual({ hold: 1, steady: 1 })
    expect(yield* underWay).toBe(0)
  }).pipe(Effect.provide(metrics))
)

it.scopedLive("a method of a group that is not watched is not unknown", () =>
  Effect.gen(function* () {
    const { layer } = served(yield* Deferred.make<void>(), Held)
    const far = socket.pipe(Layer.provide(layer))
    yield* Effect.gen(function* () {
      const client = yield* RpcClient.make(Newer)
      yield* client.extra()
      yield* Effect.exit(client.fails())
      yield* Effect.exit(client.newer())
    }).pipe(Effect.scoped, Effect.provide(far))
    yield* Testing.eventually(total, (count) => count === 3)
    expect(yield* calls("server")).toEqual({ extra: 1, "fails Defect": 1, "_OTHER UnknownMethod": 1 })
    expect(yield* underWay).toBe(0)
  }).pipe(Effect.provide(metrics))
)

it.scopedLive("a call counts whose id the server can't read", () =>
  Effect.gen(function* () {
    const { layer } = served(yield* Deferred.make<void>())
    const context = yield* Layer.build(layer)
    const port = yield* Effect.provide(
      SocketServer.SocketServer.pipe(Effect.map(({ address }) => (address._tag === "TcpAddress" ? address.port : 0))),
      context
    )
    for (const id of ["many", 1, null, {}]) {
      yield* connected(port, `${JSON.stringify({ _tag: "Request", id, tag: "add", payload: { n: 1 }, headers: [] })}\n`)
    }
    yield* Testing.eventually(total, (count) => count === 4)
    expect(yield* calls("server")).toEqual({ "add ParseError": 4 })
    expect(yield* underWay).toBe(0)
  }).pipe(Effect.provide(metrics))
)
