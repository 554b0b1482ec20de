/** Middlewares that several groups have, and ones that throw as they are called. */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import * as RpcTest from "@effect/rpc/RpcTest"
import { expect, it } from "@effect/vitest"
import { Cause, Context, Effect, Layer } from "effect"
import { RpcMetrics } from "../../../src/infra/rpc.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { calls, Refused, underWay } from "./api.ts"

class Door extends RpcMiddleware.Tag<Door>()("test/SharedDoor", { failure: Refused }) {}

class Frame extends RpcMiddleware.Tag<Frame>()("test/ThrowingFrame", { wrap: true }) {}

class Lamp extends RpcMiddleware.Tag<Lamp>()("test/ThrowingLamp") {}

const First = RpcGroup.make(Rpc.make("first")).middleware(Door)
const Second = RpcGroup.make(Rpc.make("second")).middleware(Door)

const answering = Layer.mergeAll(
  First.toLayer({ first: () => Effect.void }),
  Second.toLayer({ second: () => Effect.void }),
  Layer.succeed(Door, () => Effect.fail(new Refused({ n: 1 })))
)

const merged = Layer.mergeAll(RpcMetrics.serverLayer(First), RpcMetrics.serverLayer(Second)).pipe(
  Layer.provide(answering)
)

const chained = RpcMetrics.serverLayer(First).pipe(
  Layer.provideMerge(RpcMetrics.serverLayer(Second)),
  Layer.provide(answering)
)

it.each([
  ["side by side", merged],
  ["one over the other", chained]
])("counts what a middleware of two groups refuses, decorated %s", (_, layer) =>
  Effect.gen(function* () {
    const first = yield* RpcTest.makeClient(First)
    const second = yield* RpcTest.makeClient(Second)
    yield* Effect.exit(first.first())
    yield* Effect.exit(second.second())
    expect(yield* calls("server")).toEqual({ "first Refused": 1, "second Refused": 1 })
    expect(yield* underWay).toBe(0)
  }).pipe(Effect.scoped, Effect.provide(layer.pipe(Layer.provideMerge(Testing.layer()))), Effect.runPromise)
)

const Framed = RpcGroup.make(Rpc.make("framed")).middleware(Frame)
const Lit = RpcGroup.make(Rpc.make("lit")).middleware(Lamp)

const thrown = (): never => {
  throw new RangeError("thrown")
}

const throwing = Layer.mergeAll(
  Framed.toLayer({ framed: () => Effect.void }),
  Lit.toLayer({ lit: () => Effect.void }),
  Layer.succeed(Frame, thrown),
  Layer.succeed(Lamp, thrown)
)

it.scopedLive("counts what a middleware throws as it is called, and throws on", () =>
  Effect.gen(function* () {
    const framed = yield* RpcTest.makeClient(Framed)
    const lit = yield* RpcTest.makeClient(Lit)
    const causes = yield* Effect.all([Effect.cause(framed.framed()), Effect.cause(lit.lit())])
    expect(causes.map((cause) => String(Cause.squash(cause)))).toEqual(["RangeError: thrown", "RangeError: thrown"])
    expect(yield* calls("server")).toEqual({ "framed RangeError": 1, "lit RangeError": 1 })
  }).pipe(
    Effect.provide(
      Layer.mergeAll(RpcMetrics.serverLayer(Framed), RpcMetrics.serverLayer(Lit)).pipe(
        Layer.provide(throwing),
        Layer.provideMerge(Testing.layer())
      )
    )
  )
)

it.scopedLive("calls a middleware that wraps when it is called without, before its effect runs", () =>
  Effect.gen(function* () {
    const order: Array<string> = []
    const frame = Layer.succeed(Frame, ({ next }) => {
      order.push("called")
      return Effect.zipRight(
        Effect.sync(() => order.push("run")),
        next
      )
    })
    const context = yield* Layer.build(
      RpcMetrics.serverLayer(Framed).pipe(Layer.provide([throwing, frame]), Layer.provide(Testing.layer()))
    )
    const middleware = Context.get(context, Frame)
    const rpc = Array.from(Framed.requests.values())[0]
    const call = middleware({
      rpc: rpc as never,
      clientId: 0,
      headers: {} as never,
      payload: undefined,
      next: Effect.void as never
    })
    expect(order).toEqual(["called"])
    yield* Effect.ignore(call)
    expect(order).toEqual(["called", "run"])
  })
)

const Lone = RpcGroup.make(Rpc.make("there"), Rpc.make("missing"))

it.scopedLive("leaves a handler that is missing in spite of the types to the server", () =>
  Effect.gen(function* () {
    const there = Lone.toLayerHandler("there", () => Effect.void)
    const context = yield* Layer.build(
      // oxlint-disable-next-line typescript/no-explicit-any -- the types do not allow it
      (RpcMetrics.serverLayer(Lone) as any).pipe(Layer.provide(there), Layer.provide(Testing.layer())) as Layer.Layer<
        Rpc.ToHandler<RpcGroup.Rpcs<typeof Lone>>
      >
    )
    const client = yield* RpcTest.makeClient(Lone).pipe(Effect.provide(context))
    yield* client.there()
    expect(String(Cause.squash(yield* Effect.cause(client.missing())))).toContain("Unknown request tag")
  })
)
