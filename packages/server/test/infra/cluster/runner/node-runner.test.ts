/** The ready-made runners on Node, each started for real: a message, and what is counted of it. */
import * as Entity from "@effect/cluster/Entity"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import { RunnerAddress } from "@effect/cluster/RunnerAddress"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type * as Runners from "@effect/cluster/Runners"
import type * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as UpstreamHttp from "@effect/platform-node/NodeClusterHttp"
import * as UpstreamSocket from "@effect/platform-node/NodeClusterSocket"
import * as Rpc from "@effect/rpc/Rpc"
import type { SqlClient } from "@effect/sql/SqlClient"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { type ConfigError, Effect, Layer, Logger, LogLevel, Option, Schema } from "effect"
import { describe, expectTypeOf } from "vitest"
import { freePort } from "../../../../../../vitest.ports.ts"
import { NodeClusterHttp, NodeClusterSocket } from "../../../../src/infra/cluster.ts"
import type { MetricsService } from "../../../../src/observe/metrics.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { eventually } from "../../../support/eventually.ts"
import { leftovers, moved } from "../test-cluster.ts"

const Echo = Entity.make("Echo", [
  Rpc.make("Say", { payload: { text: Schema.String }, success: Schema.String }),
  Rpc.make("Spell", { payload: { text: Schema.String }, success: Schema.String, stream: true })
])

const quick = {
  shardsPerGroup: 5,
  refreshAssignmentsInterval: "100 millis",
  entityMessagePollInterval: "200 millis",
  entityTerminationTimeout: 0
} as const

type Runner = Layer.Layer<
  Sharding.Sharding | Runners.Runners,
  unknown,
  MetricsService | MessageStorage.MessageStorage | RunnerStorage.RunnerStorage
>

/** A runner and, in the same process, a client of it that reaches it over the network. */
const echoes = (of: (options: { readonly clientOnly: boolean; readonly port: number }) => Runner) =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort)
    const locks = Layer.succeed(RunnerStorage.RunnerStorage, yield* RunnerStorage.makeMemory)
    const storages = Layer.merge(locks, MessageStorage.layerNoop)
    yield* Effect.gen(function* () {
      const runner = of({ clientOnly: false, port }).pipe(Layer.provide(storages))
      const live = Echo.toLayer({
        Say: ({ payload: { text } }) => Effect.succeed(text.toUpperCase()),
        Spell: ({ payload: { text } }) => Effect.die(text)
      }).pipe(Layer.provideMerge(runner))
      yield* Layer.build(live)
      const client = yield* Layer.build(of({ clientOnly: true, port }).pipe(Layer.provide(storages)))
      const say = Effect.flatMap(Echo.client, (clientOf) => clientOf("one").Say({ text: "hi" }))
      expect(yield* Effect.provide(say, client)).toBe("HI")
    }).pipe(Effect.scoped)
    expect(
      yield* moved("cluster_messages_sent_total", "cluster_messages_received_total", "cluster_shards_held")
    ).toEqual({
      'cluster_messages_received_total{entity_type="Echo",message="Say",operation="receive"}': 1,
      'cluster_messages_sent_total{entity_type="Echo",message="Say",operation="send"}': 1
    })
    expect((yield* moved("cluster_runner_sends_total"))["cluster_runner_sends_total"]).toBe(1)
    expect(yield* Testing.snapshot).toMatchObject({
      cluster_shards_held: 0,
      'cluster_shard_moves_total{direction="acquired"}': 5,
      'cluster_shard_moves_total{direction="released"}': 5
    })
    expect(yield* leftovers).toEqual({})
  }).pipe(Effect.provide(Testing.layer()), Effect.provide(Logger.minimumLogLevel(LogLevel.None)))

const address = (port: number) => ({
  ...quick,
  runnerAddress: Option.some(RunnerAddress.make({ host: "127.0.0.1", port }))
})

describe("ready-made runners", () => {
  it.live("over sockets", () =>
    echoes(({ clientOnly, port }) =>
      NodeClusterSocket.layer({ storage: "byo", clientOnly, shardingConfig: address(port) })
    )
  )

  for (const transport of ["http", "websocket"] as const) {
    it.live(`over ${transport}`, () =>
      echoes(({ clientOnly, port }) =>
        NodeClusterHttp.layer({
          transport,
          storage: "byo",
          clientOnly,
          serialization: "ndjson",
          shardingConfig: address(port)
        })
      )
    )
  }

  it.live("stored in SQL", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const runner = NodeClusterSocket.layer({
        shardingConfig: address(port),
        metrics: { backlog: { every: "100 millis" } }
      })
      yield* Layer.build(runner)
      const found = yield* eventually(
        Testing.snapshot,
        (now) => now["cluster_message_backlog_oldest_age_seconds"] === 0 && now["cluster_shards_held"] === 5
      )
      expect(found).toMatchObject({
        cluster_message_backlog_oldest_age_seconds: 0,
        cluster_shards_held: 5
      })
    }).pipe(
      Effect.scoped,
      Effect.provide(SqliteClient.layer({ filename: ":memory:" })),
      Effect.provide(Testing.layer()),
      Effect.provide(Logger.minimumLogLevel(LogLevel.None))
    )
  )

  it("have the types of upstream's, and need metrics besides", () => {
    type Needs<L> = L extends Layer.Layer<infer _A, infer _E, infer R> ? R : never
    type Gives<L> = L extends Layer.Layer<infer A, infer _E, infer _R> ? A : never
    type Fails<L> = L extends Layer.Layer<infer _A, infer E, infer _R> ? E : never
    const sql = NodeClusterSocket.layer()
    const upstream = UpstreamSocket.layer()
    expectTypeOf<Needs<typeof sql>>().toEqualTypeOf<Needs<typeof upstream> | MetricsService>()
    expectTypeOf<Gives<typeof sql>>().toEqualTypeOf<Gives<typeof upstream>>()
    expectTypeOf<Fails<typeof sql>>().toEqualTypeOf<Fails<typeof upstream>>()
    const own = NodeClusterHttp.layer({ transport: "http", storage: "byo", clientOnly: true })
    const upstreamOwn = UpstreamHttp.layer({ transport: "http", storage: "byo", clientOnly: true })
    expectTypeOf<Needs<typeof own>>().toEqualTypeOf<Needs<typeof upstreamOwn> | MetricsService>()
    expectTypeOf<Gives<typeof own>>().toEqualTypeOf<Gives<typeof upstreamOwn>>()
    expectTypeOf<Fails<typeof own>>().toEqualTypeOf<ConfigError.ConfigError>()
    expectTypeOf<Needs<ReturnType<typeof NodeClusterSocket.layer<false, "local">>>>().toEqualTypeOf<MetricsService>()
    expectTypeOf<Needs<typeof sql>>().toEqualTypeOf<SqlClient | MetricsService>()
    expectTypeOf(ShardingConfig.defaults).not.toBeAny()
  })
})
