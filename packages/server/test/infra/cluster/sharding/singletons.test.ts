import * as ClusterWorkflow from "@effect/cluster/ClusterWorkflowEngine"
import * as Entity from "@effect/cluster/Entity"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Singleton from "@effect/cluster/Singleton"
import * as Rpc from "@effect/rpc/Rpc"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel, Schema } from "effect"
import { describe, expectTypeOf } from "vitest"
import { ClusterMetrics } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, leftovers, moved, plainRunner, ready, testCluster, watchedRunner } from "../test-cluster.ts"

const silent = Effect.provide(Logger.minimumLogLevel(LogLevel.None))

const runs = "cluster_singleton_runs_total"

describe("singletons", () => {
  it.effect("counts how runs ended, and what is active until it moves or stops", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* ready
        expect(yield* moved("cluster_singletons_active", runs)).toEqual({
          'cluster_singletons_active{singleton="brief"}': 1,
          'cluster_singletons_active{singleton="endless"}': 1,
          [`${runs}{singleton="brief"}`]: 1,
          [`${runs}{outcome="defect",singleton="dead"}`]: 1,
          [`${runs}{outcome="failure",singleton="failed"}`]: 1
        })
      }).pipe(
        Effect.provide(
          Layer.mergeAll(
            Singleton.make("brief", Effect.void),
            Singleton.make("endless", Effect.never),
            Singleton.make("failed", Effect.fail("no")),
            Singleton.make("dead", Effect.die("no"))
          ).pipe(
            Layer.provideMerge(
              watchedRunner().pipe(Layer.provideMerge(MessageStorage.layerMemory), Layer.provide(config()))
            )
          )
        )
      )
      yield* ready
      expect(yield* moved(`${runs}{outcome="interrupted",singleton="endless"}`)).toEqual({
        [`${runs}{outcome="interrupted",singleton="endless"}`]: 1
      })
      expect(yield* leftovers).toEqual({})
    }).pipe(silent, Effect.provide(Testing.layer()))
  )

  it.effect("counts none when they are left out", () =>
    Effect.gen(function* () {
      yield* ready
      expect(yield* moved("cluster_singletons_active", runs)).toEqual({})
    }).pipe(
      Effect.provide(
        Singleton.make("alone", Effect.void).pipe(Layer.provideMerge(testCluster({}, { singletons: false })))
      )
    )
  )
})

const Counter = Entity.make("Counter", [Rpc.make("Add", { payload: { n: Schema.Number }, success: Schema.Number })])
const CounterLive = Counter.toLayer({ Add: ({ payload: { n } }) => Effect.succeed(n + 1) })

const logged = () => {
  const lines: Array<string> = []
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => void lines.push(String(message)))
  )
  return { lines, logger }
}

const base = plainRunner().pipe(Layer.provideMerge(MessageStorage.layerMemory), Layer.provide(config()))

const add = Effect.gen(function* () {
  yield* ready
  const of = yield* Counter.client
  const fiber = yield* Effect.fork(of("one").Add({ n: 1 }))
  yield* ready
  expect(yield* fiber).toBe(2)
})

describe("decorating", () => {
  it.effect("twice counts once, and is said once", () =>
    Effect.gen(function* () {
      const { lines, logger } = logged()
      const twice = CounterLive.pipe(
        Layer.provideMerge(ClusterMetrics.layer({ exclude: ["Counter"] })),
        Layer.provideMerge(Layer.fresh(ClusterMetrics.layer())),
        Layer.provideMerge(base)
      )
      yield* add.pipe(Effect.provide(twice), Effect.provide(logger))
      expect(yield* moved("cluster_messages_sent_total", "cluster_messages_received_total")).toEqual({
        'cluster_messages_received_total{entity_type="Counter",message="Add",operation="receive"}': 1,
        'cluster_messages_sent_total{entity_type="Counter",message="Add",operation="send"}': 1
      })
      expect(lines.filter((line) => line.includes("twice"))).toEqual([
        "The metrics of Sharding are provided twice; the second time changes nothing, and its options are not used"
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("warns once of what was registered beside it", () =>
    Effect.gen(function* () {
      const { lines, logger } = logged()
      const late = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.unwrapEffect(Effect.as(Effect.sleep(1), layer))
      const beside = Layer.mergeAll(late(CounterLive), late(Singleton.make("alone", Effect.never)))
      yield* Effect.never.pipe(
        Effect.provide(Layer.mergeAll(beside, ClusterMetrics.layer()).pipe(Layer.provide(base))),
        Effect.provide(logger),
        Effect.fork
      )
      yield* ready
      const strangers = lines.filter((line) => line.includes("does not decorate"))
      expect(strangers.toSorted()).toEqual([
        'The entity type "Counter" is registered on a Sharding that ClusterMetrics does not decorate, and is not counted: provide its layer with the decorated one',
        'The singleton "alone" is registered on a Sharding that ClusterMetrics does not decorate, and is not counted: provide its layer with the decorated one'
      ])
    }).pipe(Effect.provide(Testing.layer()))
  )

  it.effect("in two branches over one runner warns of nothing, and counts both", () =>
    Effect.gen(function* () {
      const { lines, logger } = logged()
      const late = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.unwrapEffect(Effect.as(Effect.sleep(1), layer))
      const branch = <A, E>(layer: Layer.Layer<A, E, Sharding.Sharding>) =>
        late(layer).pipe(Layer.provide(Layer.fresh(ClusterMetrics.layer())))
      const branches = Layer.mergeAll(
        branch(CounterLive),
        branch(Singleton.make("alone", Effect.never)),
        branch(Layer.effectDiscard(Effect.forkDaemon(add)))
      )
      yield* Effect.never.pipe(Effect.provide(branches.pipe(Layer.provide(base))), Effect.provide(logger), Effect.fork)
      yield* ready
      yield* ready
      yield* ready
      expect(lines.filter((line) => line.includes("does not decorate"))).toEqual([])
      expect(yield* moved("cluster_messages_received_total", "cluster_singletons_active")).toEqual({
        'cluster_messages_received_total{entity_type="Counter",message="Add",operation="receive"}': 1,
        'cluster_singletons_active{singleton="alone"}': 1
      })
    }).pipe(Effect.provide(Testing.layer()))
  )

  it("leaves the types of clients alone", () => {
    type Clients = Effect.Effect.Success<typeof Counter.client>
    const call = (of: Clients) => of("one").Add({ n: 1 })
    expectTypeOf(call).returns.toExtend<Effect.Effect<number, unknown>>()
    expectTypeOf(ClusterMetrics.layer()).toExtend<Layer.Layer<Sharding.Sharding, never, unknown>>()
  })

  it.effect("leaves workflows and clocks out", () =>
    Effect.gen(function* () {
      yield* ready
      expect(yield* moved()).toEqual({})
    }).pipe(Effect.provide(ClusterWorkflow.layer.pipe(Layer.provideMerge(testCluster()))))
  )
})
