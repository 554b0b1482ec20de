/** Calls that never reach their handlers, over servers with a port. */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema, Scope, Stream } from "effect"
import * as Testing from "../../../src/observe/testing.ts"
import { Api, asked, calls, underWay } from "./api.ts"
import { over, watchedHandlers, type Wire, wires } from "./wire.ts"

/** What a client of another version sends. */
const Newer = RpcGroup.make(
  Rpc.make("add", { payload: { n: Schema.String }, success: Schema.Number }),
  Rpc.make("add2"),
  Rpc.make("add3"),
  Rpc.make("_OTHER")
)

const served = (wire: Wire, concurrency?: number) =>
  over(wire, watchedHandlers, {
    isProtocolWatched: true,
    ...(concurrency === undefined ? {} : { concurrency })
  }).pipe(Layer.provideMerge(Testing.layer()))

const total = Effect.map(calls("server"), (counts) =>
  Object.values(counts).reduce((sum: number, count) => sum + count, 0)
)

describe.each(wires)("a server over %s", (wire) => {
  it.scopedLive("counts calls of unknown methods and payloads that do not decode", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* RpcClient.make(Newer)
          for (const call of [client.add({ n: "many" }), client.add2(), client.add3(), client._OTHER()]) {
            expect(Exit.isFailure(yield* Effect.exit(call))).toBe(true)
          }
        })
      )
      yield* Testing.eventually(total, (count) => count === 4)
      expect(yield* calls("server")).toEqual({ "_OTHER UnknownMethod": 3, "add ParseError": 1 })
      expect(yield* underWay).toBe(0)
    }).pipe(Effect.provide(served(wire)))
  )

  it.scopedLive("counts each call once, answered, interrupted while it waited, or while it ran", () =>
    Effect.gen(function* () {
      const client = yield* RpcClient.make(Api)
      const running = yield* Effect.fork(client.never())
      yield* Testing.eventually(underWay, (count) => count === 1)
      const before = asked.calls
      const answered = yield* Effect.fork(client.add({ n: 1 }))
      yield* Testing.eventually(
        Effect.sync(() => asked.calls),
        (count) => count === before + 1
      )
      const waiting = yield* Effect.forEach(
        [
          Stream.runDrain(client.count({ n: 3 })),
          Stream.runDrain(client.mailbox({ n: 1 })),
          client.add({ n: 1 }),
          client.add({ n: 1 })
        ],
        (call) => Effect.fork(call)
      )
      yield* Testing.eventually(
        Effect.sync(() => asked.calls),
        (count) => count === before + 5
      )
      expect(yield* total).toBe(0)
      yield* Fiber.interruptAll(waiting)
      yield* Testing.eventually(total, (count) => count === 4)
      expect(yield* calls("server")).toEqual({ "add interrupted": 2, "count interrupted": 1, "mailbox interrupted": 1 })
      yield* Fiber.interrupt(running)
      expect(yield* Fiber.join(answered)).toBe(2)
      yield* Testing.eventually(total, (count) => count === 6)
      expect(yield* calls("server")).toEqual({
        add: 1,
        "add interrupted": 2,
        "count interrupted": 1,
        "mailbox interrupted": 1,
        "never interrupted": 1
      })
      expect(yield* underWay).toBe(0)
    }).pipe(Effect.provide(served(wire, 1)))
  )

  it.scopedLive("counts calls that waited when their client went away", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const metrics = yield* Layer.buildWithScope(Testing.layer(), yield* Effect.scope)
      const far = yield* Layer.buildWithScope(
        over(wire, watchedHandlers, { concurrency: 1, isProtocolWatched: true }),
        scope
      ).pipe(Effect.provide(metrics))
      yield* Effect.gen(function* () {
        const client = yield* Effect.provide(Scope.extend(RpcClient.make(Api), scope), far)
        yield* Effect.forkDaemon(client.never())
        yield* Testing.eventually(underWay, (count) => count === 1)
        const before = asked.calls
        yield* Effect.forkDaemon(client.add({ n: 1 }))
        yield* Testing.eventually(
          Effect.sync(() => asked.calls),
          (count) => count === before + 1
        )
        yield* Scope.close(scope, Exit.void)
        expect(yield* calls("server")).toEqual({ "add interrupted": 1, "never interrupted": 1 })
        expect(yield* underWay).toBe(0)
      }).pipe(Effect.provide(metrics))
    })
  )
})
