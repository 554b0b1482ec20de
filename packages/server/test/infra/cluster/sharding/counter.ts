/** An entity on a runner without metrics, one message to it, and what is logged meanwhile. */
import * as Entity from "@effect/cluster/Entity"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as Rpc from "@effect/rpc/Rpc"
import { expect } from "@effect/vitest"
import { Effect, Layer, Logger, Schema } from "effect"
import { config, plainRunner, ready } from "../test-cluster.ts"

export const Counter = Entity.make("Counter", [
  Rpc.make("Add", { payload: { n: Schema.Number }, success: Schema.Number })
])
export const CounterLive = Counter.toLayer({ Add: ({ payload: { n } }) => Effect.succeed(n + 1) })

export const logged = () => {
  const lines: Array<string> = []
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void lines.push(String(message)))
  )
  return { lines, logger }
}

export const base = plainRunner().pipe(Layer.provideMerge(MessageStorage.layerMemory), Layer.provide(config()))

export const add = Effect.gen(function* () {
  yield* ready
  const of = yield* Counter.client
  const fiber = yield* Effect.fork(of("one").Add({ n: 1 }))
  yield* ready
  expect(yield* fiber).toBe(2)
})
