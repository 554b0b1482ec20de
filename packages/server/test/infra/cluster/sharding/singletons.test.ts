import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as Singleton from "@effect/cluster/Singleton"
import { expect, it } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel } from "effect"
import { describe } from "vitest"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, leftovers, moved, ready, testCluster, watchedRunner } from "../test-cluster.ts"

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
