import * as Entity from "@effect/cluster/Entity"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import { Runner } from "@effect/cluster/Runner"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Rpc from "@effect/rpc/Rpc"
import { expect, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { describe } from "vitest"
import { NodeClusterSocket, TestRunner } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { quick, quiet } from "../storage/order.ts"
import { moved, ready } from "../test-cluster.ts"

/** A runner storage that knows one runner, which does not answer. */
const elsewhere = Effect.gen(function* () {
  const storage = yield* RunnerStorage.makeMemory
  yield* storage.register(
    new Runner({ address: RunnerAddress.make({ host: "127.0.0.1", port: 9 }), groups: ["default"], weight: 1 }),
    true
  )
  return Layer.succeed(RunnerStorage.RunnerStorage, storage)
})

describe("other runners", () => {
  it.scopedLive("counts a send to one that is not there, which a client retries unseen", () =>
    Effect.gen(function* () {
      const Volatile = Entity.make("Volatile", [Rpc.make("Ping")])
      const runner = yield* Layer.build(
        NodeClusterSocket.layer({
          storage: "byo",
          clientOnly: true,
          shardingConfig: { ...quick, refreshAssignmentsInterval: "50 millis" }
        }).pipe(Layer.provide(MessageStorage.layerNoop), Layer.provide(yield* elsewhere))
      )
      const send = Effect.flatMap(Volatile.client, (of) => of("one").Ping())
      yield* Effect.provide(send, runner).pipe(Effect.timeoutOption("1500 millis"))
      const sends = yield* moved("cluster_runner_sends_total", "cluster_messages_sent_total")
      expect(Object.keys(sends)).toEqual(['cluster_runner_sends_total{outcome="failure",type="RunnerUnavailable"}'])
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(quiet))
  )

  it.effect("counts none when they are left out", () =>
    Effect.gen(function* () {
      yield* ready
      expect(yield* moved("cluster_runner_sends_total", "cluster_runner_health_checks_total")).toEqual({})
      yield* Runners.Runners
    }).pipe(
      Effect.provide(TestRunner.layerWith({ metrics: { runners: false } }).pipe(Layer.provideMerge(Testing.layer())))
    )
  )
})
