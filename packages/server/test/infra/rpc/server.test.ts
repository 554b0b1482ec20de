/** Calls that handlers answer, in memory. */
import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import * as RpcTest from "@effect/rpc/RpcTest"
import { expect, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { RpcMetrics } from "../../../src/infra/rpc.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { Api, calls, handlers, Refused, underWay } from "./api.ts"

const watched = RpcMetrics.serverLayer(Api).pipe(Layer.provide(handlers), Layer.provideMerge(Testing.layer()))

it.scopedLive("counts each call once, by how it ended", () =>
  Effect.gen(function* () {
    const client = yield* RpcTest.makeClient(Api)
    expect(yield* client.add({ n: 1 })).toBe(2)
    yield* Effect.exit(client.add({ n: -1 }))
    yield* client.users.get({ n: 1 })
    yield* client.forked({ n: 1 })
    yield* client.add({ n: 2 }, { discard: true })
    yield* Effect.exit(client.die())
    expect(yield* calls("server")).toEqual({
      add: 2,
      "add Refused": 1,
      "users.get": 1,
      forked: 1,
      "die TypeError": 1
    })
    expect(yield* underWay).toBe(0)
  }).pipe(Effect.provide(watched))
)

it.scopedLive("counts a handler that throws, and throws on", () =>
  Effect.gen(function* () {
    const client = yield* RpcTest.makeClient(Api)
    const exit = yield* Effect.exit(client.throw())
    expect(Exit.isFailure(exit) && String(Cause.squash(exit.cause))).toBe("RangeError: thrown")
    expect(yield* calls("server")).toEqual({ "throw RangeError": 1 })
    expect(yield* underWay).toBe(0)
  }).pipe(Effect.provide(watched))
)

it.scopedLive("counts streams and mailboxes when they end, fail half-way, or are left", () =>
  Effect.gen(function* () {
    const client = yield* RpcTest.makeClient(Api)
    expect(Array.from(yield* Stream.runCollect(client.count({ n: 3 })))).toEqual([1, 2, 3])
    yield* Effect.exit(Stream.runDrain(client.count({ n: -3 })))
    yield* Stream.runDrain(Stream.take(client.count({ n: 99 }), 2))
    expect(Array.from(yield* Stream.runCollect(client.mailbox({ n: 2 })))).toEqual([0, 1])
    yield* Testing.eventually(underWay, (count) => count === 0)
    expect(yield* calls("server")).toEqual({ count: 1, "count Refused": 1, "count interrupted": 1, mailbox: 1 })
  }).pipe(Effect.provide(watched))
)

it.scopedLive("counts a call that the client interrupts", () =>
  Effect.gen(function* () {
    const client = yield* RpcTest.makeClient(Api)
    const fiber = yield* Effect.fork(client.never())
    yield* Testing.eventually(underWay, (count) => count === 1)
    yield* Fiber.interrupt(fiber)
    yield* Testing.eventually(underWay, (count) => count === 0)
    expect(yield* calls("server")).toEqual({ "never interrupted": 1 })
  }).pipe(Effect.provide(watched))
)

it.scopedLive("counts what is under way when the server ends", () =>
  Effect.gen(function* () {
    yield* Effect.scoped(
      Effect.gen(function* () {
        const client = yield* RpcTest.makeClient(Api)
        yield* Effect.forkDaemon(client.never())
        yield* Testing.eventually(underWay, (count) => count === 1)
      })
    )
    expect(yield* calls("server")).toEqual({ "never interrupted": 1 })
    expect(yield* underWay).toBe(0)
  }).pipe(Effect.provide(watched))
)

class Door extends RpcMiddleware.Tag<Door>()("test/Door", { failure: Refused }) {}

class Lamp extends RpcMiddleware.Tag<Lamp>()("test/Lamp", { optional: true }) {}

class Frame extends RpcMiddleware.Tag<Frame>()("test/Frame", { wrap: true, failure: Refused }) {}

const Guarded = Api.middleware(Lamp).middleware(Door).middleware(Frame)

const guards = Layer.mergeAll(
  Layer.succeed(Door, ({ payload }) => refusing(payload, 10)),
  Layer.succeed(Lamp, ({ payload }) => Effect.zipRight(refusing(payload, 20), Effect.fail("ignored"))),
  Layer.succeed(Frame, ({ next, payload }) => Effect.zipRight(refusing(payload, 30), next))
)

const refusing = (payload: unknown, n: number) =>
  Reflect.get(Object(payload), "n") === n ? Effect.fail(new Refused({ n })) : Effect.void

it.scopedLive("counts once what a middleware refuses, and what it lets through", () =>
  Effect.gen(function* () {
    const client = yield* RpcTest.makeClient(Guarded)
    const answers = yield* Effect.forEach([1, 10, 20, 30, -1], (n) => Effect.either(client.add({ n })))
    expect(answers.map(({ _tag }) => _tag)).toEqual(["Right", "Left", "Right", "Left", "Left"])
    yield* Effect.exit(Stream.runDrain(client.count({ n: 10 })))
    yield* Stream.runDrain(client.count({ n: 2 }))
    expect(yield* calls("server")).toEqual({ add: 2, "add Refused": 3, count: 1, "count Refused": 1 })
    expect(yield* underWay).toBe(0)
  }).pipe(
    Effect.provide(
      RpcMetrics.serverLayer(Guarded).pipe(Layer.provide([handlers, guards]), Layer.provideMerge(Testing.layer()))
    )
  )
)

it.scopedLive("knows the methods of the group, at 0 before the first call", () =>
  Effect.gen(function* () {
    const client = yield* RpcTest.makeClient(Api)
    yield* client.add({ n: 1 })
    const active = Object.keys(yield* Testing.snapshot).filter((series) => series.startsWith("rpc_server_calls_active"))
    expect(active).toHaveLength(Array.from(Api.requests.keys()).length)
  }).pipe(Effect.provide(watched))
)
