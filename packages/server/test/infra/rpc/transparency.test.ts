/** Random calls, of a server and a client that are watched and of ones that are not: same answers, causes and order. */
import * as RpcClient from "@effect/rpc/RpcClient"
import { expect, it } from "@effect/vitest"
import { Cause, Chunk, Effect, Exit, Fiber, Layer, Stream } from "effect"
import * as fc from "effect/FastCheck"
import * as Testing from "../../../src/observe/testing.ts"
import { Api, underWay } from "./api.ts"
import { plainWire, watchedWire } from "./wire.ts"

const kinds = [
  "add",
  "get",
  "forked",
  "discard",
  "collect",
  "take",
  "fail",
  "mailbox",
  "interrupt",
  "die",
  "both"
] as const

const step = fc.record({ kind: fc.constantFrom(...kinds), n: fc.integer({ min: -4, max: 4 }) })

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

type Client = Effect.Effect.Success<ReturnType<typeof client>>

const client = () => RpcClient.make(Api)

const one = (api: Client, { kind, n }: Step): Effect.Effect<unknown, unknown> => {
  switch (kind) {
    case "add":
      return api.add({ n })
    case "get":
      return api.users.get({ n })
    case "forked":
      return api.forked({ n })
    case "discard":
      return api.add({ n }, { discard: true })
    case "collect":
      return Effect.map(Stream.runCollect(api.count({ n: Math.abs(n) + 1 })), Chunk.toReadonlyArray)
    case "fail":
      return Stream.runDrain(api.count({ n: -Math.abs(n) - 1 }))
    case "take":
      return Effect.map(Stream.runCollect(Stream.take(api.count({ n: 99 }), Math.abs(n))), Chunk.toReadonlyArray)
    case "mailbox":
      return Effect.map(Stream.runCollect(api.mailbox({ n: Math.abs(n) })), Chunk.toReadonlyArray)
    case "interrupt":
      return Effect.flatMap(Effect.fork(api.never()), (fiber) =>
        Effect.zipRight(Effect.yieldNow(), Fiber.interrupt(fiber))
      )
    case "die":
      return api.die()
    case "both":
      // Of two that fail at the same time, which one interrupts the other is chance.
      return Effect.map(
        Effect.all([Effect.exit(api.add({ n })), Effect.exit(api.add({ n: n + 1 }))], { concurrency: 2 }),
        (exits) => exits.map(told)
      )
  }
}

const told = (exit: Exit.Exit<unknown, unknown>): unknown =>
  Exit.match(exit, {
    onSuccess: (value) => (Exit.isExit(value) ? told(value) : value),
    onFailure: (cause) => [cause._tag, String(Cause.squash(cause)).replaceAll(/#\d+/g, "#"), Cause.isInterrupted(cause)]
  })

const run = (steps: ReadonlyArray<Step>) =>
  Effect.flatMap(client(), (api) =>
    Effect.forEach(steps, (step) => Effect.map(Effect.exit(one(api, step)), told))
  ).pipe(Effect.scoped)

const cases = [
  { wire: "socket", options: {} },
  { wire: "websocket", options: { concurrency: 1 } },
  { wire: "http", options: { concurrency: 1 } }
] as const

it.scopedLive.each(cases)(
  "answers are the same over $wire, with $options",
  ({ options, wire }) =>
    Effect.gen(function* () {
      const metrics = yield* Layer.build(Testing.layer())
      const plain = yield* Layer.build(plainWire(wire, options)).pipe(Effect.provide(metrics))
      const watched = yield* Layer.build(watchedWire(wire, options)).pipe(Effect.provide(metrics))
      const program = fc.array(step, { maxLength: 8 })
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(program, async (steps) => {
            const without = await Effect.runPromise(Effect.provide(run(steps), plain))
            expect(await Effect.runPromise(Effect.provide(run(steps), watched))).toEqual(without)
          }),
          { numRuns: 40 }
        )
      )
      yield* Testing.eventually(underWay, (count) => count === 0).pipe(Effect.provide(metrics))
    }),
  60_000
)
