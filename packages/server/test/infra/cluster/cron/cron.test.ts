import * as MessageStorage from "@effect/cluster/MessageStorage"
import { expect, it } from "@effect/vitest"
import { Cron, Effect, Layer, Logger, LogLevel, Ref, Schema, TestClock } from "effect"
import { describe } from "vitest"
import { ClusterCron } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, leftovers, moved, plainRunner, ready, settle, watchedRunner } from "../test-cluster.ts"

class TooLate extends Schema.TaggedError<TooLate>()("TooLate", {}) {}

/** Four runs, ten seconds apart: success, failure, defect, success. */
const report = (runs: Ref.Ref<number>) =>
  ClusterCron.make({
    name: "Report",
    cron: Cron.unsafeParse("*/10 * * * * *"),
    execute: Effect.flatMap(
      Ref.updateAndGet(runs, (n) => n + 1),
      (n) => (n === 2 ? new TooLate() : n === 3 ? Effect.die(new RangeError("x")) : Effect.void)
    )
  })

const fourRuns = Effect.gen(function* () {
  const runs = yield* Ref.make(0)
  yield* Effect.gen(function* () {
    yield* ready
    yield* Effect.repeat(Effect.zipRight(TestClock.adjust(5000), settle), {
      until: () => Effect.map(Ref.get(runs), (n) => n >= 4),
      times: 40
    })
    yield* settle
  }).pipe(Effect.provide(report(runs)))
  expect(yield* Ref.get(runs)).toBe(4)
})

const quiet = Effect.provide(Logger.minimumLogLevel(LogLevel.None))

const processing = "cluster_message_processing_seconds"
const entity = 'entity_type="ClusterCron/Report",message="run"'
const outcomes = {
  'cluster_errors_total{entity_type="ClusterCron/Report",type="RangeError"}': 1,
  'cluster_errors_total{entity_type="ClusterCron/Report",type="TooLate"}': 1,
  [`${processing}{${entity}}`]: 2,
  [`${processing}{${entity},outcome="defect"}`]: 1,
  [`${processing}{${entity},outcome="failure"}`]: 1
}

describe("cron", () => {
  it.effect("tells how its jobs ended, although their messages succeed", () =>
    Effect.gen(function* () {
      yield* Effect.provide(
        fourRuns,
        watchedRunner().pipe(Layer.provide(MessageStorage.layerMemory), Layer.provide(config()))
      )
      expect(yield* moved(processing, "cluster_errors_total")).toEqual(outcomes)
      expect(yield* leftovers).toEqual({})
    }).pipe(quiet, Effect.provide(Testing.layer()))
  )

  it.effect("tells it without the decorator of sharding too", () =>
    Effect.gen(function* () {
      yield* Effect.provide(
        fourRuns,
        plainRunner().pipe(Layer.provide(MessageStorage.layerMemory), Layer.provide(config()))
      )
      expect(yield* moved(processing, "cluster_errors_total")).toEqual(outcomes)
    }).pipe(quiet, Effect.provide(Testing.layer()))
  )
})
