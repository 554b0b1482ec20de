/**
 * A scripted program on SQLite with upstream's `SingleRunner` and with the one from here, whose storages and runner are
 * decorated besides `Sharding`: what can be observed is the same, event by event, and so is every row.
 */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as ShardId from "@effect/cluster/ShardId"
import * as Sharding from "@effect/cluster/Sharding"
import * as UpstreamRunner from "@effect/cluster/SingleRunner"
import * as Rpc from "@effect/rpc/Rpc"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { expect, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Layer, Logger, LogLevel, Schema, Stream } from "effect"
import { SingleRunner } from "../../../src/infra/cluster.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { eventually } from "../../support/eventually.ts"
import { leftovers } from "./test-cluster.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { n: Schema.Number }) {}

const n = { n: Schema.Number }
const kept = { payload: n, success: Schema.Number, primaryKey: ({ n }: { readonly n: number }) => String(n) }

const Scripted = Entity.make("Scripted", [
  Rpc.make("Add", { payload: n, success: Schema.Number }),
  Rpc.make("Keep", { ...kept, error: Refused }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("KeepCount", { payload: n, success: Schema.Number, stream: true }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("DieOnce", kept).annotate(ClusterSchema.Persisted, true),
  Rpc.make("Stuck", kept).annotate(ClusterSchema.Persisted, true)
])

class Log extends Context.Tag("test/SqlLog")<Log, { readonly events: Array<string>; hasDied: boolean }>() {}

const say = (event: string) => Effect.map(Log, ({ events }) => void events.push(event))

const scriptedLive = Scripted.toLayer(
  Effect.gen(function* () {
    const log = yield* Log
    const { entityId } = yield* Entity.CurrentAddress
    yield* say(`${entityId} built`)
    return Scripted.of({
      Add: ({ payload: { n } }) => Effect.succeed(n + 1),
      Keep: ({ payload: { n } }) =>
        Effect.zipRight(say(`${entityId} Keep ${n}`), n < 0 ? Effect.fail(new Refused({ n })) : Effect.succeed(n * 2)),
      KeepCount: (request) =>
        Stream.range(request.nextSequence + 1, request.payload.n).pipe(
          Stream.rechunk(1),
          Stream.tap((i) => say(`${entityId} KeepCount ${i}`))
        ),
      DieOnce: ({ payload: { n } }) =>
        Effect.suspend(() => {
          const dies = !log.hasDied
          log.hasDied = true
          return Effect.zipRight(say(`${entityId} DieOnce ${n}`), dies ? Effect.die("dead") : Effect.succeed(n))
        }),
      Stuck: ({ payload: { n } }) => Effect.zipRight(say(`${entityId} Stuck ${n}`), Effect.never)
    })
  })
)

const ended = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: (value) => `success ${JSON.stringify(value)}`,
    onFailure: (cause) => (Cause.isInterruptedOnly(cause) ? "interrupted" : String(Cause.squash(cause)))
  })

const call = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.exit(effect), (exit) => say(`${name} -> ${ended(exit)}`))

const until = <E, R>(isSo: Effect.Effect<boolean, E, R>) => eventually(isSo, (so) => so)

const heard = (event: string) => until(Effect.map(Log, ({ events }) => events.includes(event)))

const firstLife = Effect.gen(function* () {
  const scripted = yield* Scripted.client
  const a = scripted("a")
  yield* call("Add", a.Add({ n: 1 }))
  yield* call("Keep", a.Keep({ n: 1 }))
  yield* call("Keep again", a.Keep({ n: 1 }))
  yield* call("Keep fails", a.Keep({ n: -1 }))
  yield* call("Keep discarded", a.Keep({ n: 2 }, { discard: true }))
  yield* heard("a Keep 2")
  yield* call("KeepCount", Stream.runCollect(a.KeepCount({ n: 3 })))
  yield* call("KeepCount cut short", Stream.runCollect(Stream.take(a.KeepCount({ n: 5 }), 1)))
  yield* call("DieOnce", scripted("b").DieOnce({ n: 3 }))
  yield* Effect.fork(scripted("d").Stuck({ n: 5 }))
  yield* heard("d Stuck 5")
})

/** Takes up the message that the first life left, and loses its locks to a runner that has read another one. */
const secondLife = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* until(Effect.map(Log, ({ events }) => events.filter((event) => event === "d Stuck 5").length === 2))
  yield* sql`UPDATE cluster_locks SET address = 'other:1', acquired_at = CURRENT_TIMESTAMP`
  yield* sql`INSERT INTO cluster_messages
    (id, shard_id, entity_type, entity_id, kind, tag, payload, headers, request_id, last_read)
    VALUES (7, 'default:1', 'Scripted', 'elsewhere', 0, 'Keep', '{"n":7}', '{}', 7, CURRENT_TIMESTAMP)`
  // The runner has noticed it; what it would do of that, it does soon.
  const { hasShardId } = yield* Sharding.Sharding
  yield* until(Effect.sync(() => [1, 2, 3].every((shard) => !hasShardId(ShardId.make("default", shard)))))
  yield* Effect.sleep("1 second")
})

/** The tables, without ids and times of day. */
const rows = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return {
    messages: yield* sql`SELECT message_id, shard_id, entity_type, entity_id, kind, tag, payload, processed, deliver_at,
      last_reply_id IS NOT NULL AS has_reply, last_read IS NOT NULL AS is_marked FROM cluster_messages ORDER BY id`,
    replies: yield* sql`SELECT m.tag, m.entity_id, m.payload AS request, r.kind, r.payload, r.sequence, r.acked
      FROM cluster_replies r LEFT JOIN cluster_messages m ON m.id = r.request_id ORDER BY r.rowid`,
    locks: yield* sql`SELECT shard_id, address FROM cluster_locks ORDER BY shard_id`,
    runners: yield* sql`SELECT machine_id, address, runner, healthy FROM cluster_runners ORDER BY machine_id`
  }
})

const shardingConfig = {
  shardsPerGroup: 3,
  entityTerminationTimeout: 0,
  entityMessagePollInterval: "100 millis",
  entityReplyPollInterval: "20 millis",
  shardLockRefreshInterval: "300 millis"
} as const

const run = <E, R>(runner: Layer.Layer<Sharding.Sharding, E, R>) =>
  Effect.gen(function* () {
    const log = { events: new Array<string>(), hasDied: false }
    const inLife = <E2>(life: Effect.Effect<void, E2, Sharding.Sharding | SqlClient.SqlClient | Log>) =>
      life.pipe(
        Effect.provide(scriptedLive.pipe(Layer.provideMerge(runner))),
        Effect.provideService(Log, log),
        Effect.zipRight(Effect.sync(() => log.events.push("life ended")))
      )
    yield* inLife(firstLife)
    yield* inLife(secondLife)
    return { events: log.events, ...(yield* rows) }
  }).pipe(Effect.provide(SqliteClient.layer({ filename: ":memory:" })))

it.live(
  "all decorators leave what can be observed and every row as it was",
  () =>
    Effect.gen(function* () {
      const plain = yield* run(UpstreamRunner.layer({ shardingConfig }))
      const watched = yield* run(SingleRunner.layer({ shardingConfig }))
      expect(watched).toEqual(plain)
      expect(plain.events.length).toBeGreaterThan(20)
      expect(plain.messages[0]).toMatchObject({ entity_id: "elsewhere", processed: 0, is_marked: 1 })
      expect(yield* leftovers).toEqual({})
    }).pipe(Effect.provide(Testing.layer()), Effect.provide(Logger.minimumLogLevel(LogLevel.None))),
  60_000
)
