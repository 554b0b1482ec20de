import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as DeliverAt from "@effect/cluster/DeliverAt"
import * as Entity from "@effect/cluster/Entity"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import { expect, it } from "@effect/vitest"
import {
  Clock,
  DateTime,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Mailbox,
  PrimaryKey,
  Ref,
  Schema,
  Scope,
  Stream,
  TestClock
} from "effect"
import { describe } from "vitest"
import { ClusterMetrics } from "../../../../src/infra/cluster.ts"
import * as Testing from "../../../../src/observe/testing.ts"
import { config, leftovers, moved, ready, settle, testCluster, watchedRunner } from "../test-cluster.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { n: Schema.Number }) {}

class Timed extends Schema.Class<Timed>("Timed")({ id: Schema.String, at: Schema.DateTimeUtc }) {
  [PrimaryKey.symbol]() {
    return this.id
  }
  [DeliverAt.symbol]() {
    return this.at
  }
}

class Gate extends RpcMiddleware.Tag<Gate>()("Gate", { wrap: true }) {}

const n = { n: Schema.Number }

const Shop = Entity.make("Shop", [
  Rpc.make("Buy", { payload: n, success: Schema.Number, error: Refused }),
  Rpc.make("Wait", { payload: n }),
  Rpc.make("Aside", { payload: n }),
  Rpc.make("Odd", { payload: n }),
  Rpc.make("Gated", { payload: n }).middleware(Gate),
  Rpc.make("Later", { payload: Timed }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("Feed", { payload: n, success: Schema.Number, stream: true }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("Box", { payload: n, success: Schema.Number, stream: true }),
  Rpc.make("Die", { payload: n }),
  Rpc.make("Throw", { payload: n })
])

const gate = Layer.succeed(Gate, ({ next }) => next)

/** How often handlers die before they succeed. */
const deaths = Effect.runSync(Ref.make(0))
/** The element at which a feed stops. */
const stuckAt = Effect.runSync(Ref.make(0))
const dying = Ref.getAndUpdate(deaths, (left) => Math.max(0, left - 1)).pipe(Effect.map((left) => left > 0))

// No effect at all: what a handler of JavaScript may return.
const odd: Effect.Effect<void> = JSON.parse("{}")

const handlers = Effect.map(dying, () =>
  Shop.of({
    Buy: ({ payload: { n } }) => (n < 0 ? Effect.fail(new Refused({ n })) : Effect.as(Effect.sleep(n), n)),
    Wait: ({ payload: { n } }) => Effect.sleep(n),
    Aside: ({ payload: { n } }) => Rpc.fork(Effect.sleep(n)),
    Odd: () => odd,
    Gated: ({ payload: { n } }) => Effect.sleep(n),
    Later: () => Effect.void,
    Feed: (request) =>
      Stream.range(request.nextSequence + 1, request.payload.n).pipe(
        Stream.rechunk(1),
        Stream.tap((i) => Effect.flatMap(Ref.get(stuckAt), (at) => (i === at ? Effect.never : Effect.void)))
      ),
    Box: ({ payload: { n } }) =>
      Effect.gen(function* () {
        const box = yield* Mailbox.make<number>()
        yield* Effect.forkScoped(Effect.zipRight(Effect.sleep(n), Effect.zipRight(box.offer(n), box.end)))
        return box
      }),
    Die: () =>
      Effect.flatMap(dying, (dies) =>
        dies ? Effect.zipRight(Effect.sleep(1), Effect.die(new TypeError("dead"))) : Effect.void
      ),
    Throw: () => {
      if (Effect.runSync(dying)) {
        throw new RangeError("thrown")
      }
      return Effect.void
    }
  })
)

type ToLayerOptions = Parameters<typeof Shop.toLayer>[1]

const shop = (options?: ToLayerOptions) => Shop.toLayer(handlers, options).pipe(Layer.provide(gate))

const inCluster = <A, E>(
  test: Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof testCluster>> | Scope.Scope>,
  {
    cluster = testCluster(),
    options
  }: { readonly cluster?: ReturnType<typeof testCluster>; readonly options?: ToLayerOptions } = {}
) =>
  Effect.zipRight(Effect.zipRight(Ref.set(deaths, 0), ready), test).pipe(
    Effect.scoped,
    Effect.provide(shop(options).pipe(Layer.provideMerge(cluster))),
    Effect.provide(Logger.minimumLogLevel(LogLevel.None))
  )

const run = <A, E, R>(effect: Effect.Effect<A, E, R>, ms = 2000) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* settle
    yield* TestClock.adjust(ms)
    yield* settle
    return yield* Fiber.await(fiber)
  })

const client = Effect.map(Shop.client, (of) => of("one"))

const receive = (message: string) => `{entity_type="Shop",message="${message}",operation="receive"}`
const send = (message: string) => `{entity_type="Shop",message="${message}",operation="send"}`
const type = `{entity_type="Shop"}`

describe("messages of entities", () => {
  it.effect("counts and times a message from its send to its end, on both sides", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: 100 }))
        const snapshot = yield* Testing.snapshot
        expect(
          yield* moved("cluster_messages_sent_total", "cluster_messages_received_total", "cluster_errors_total")
        ).toEqual({
          [`cluster_messages_sent_total${send("Buy")}`]: 1,
          [`cluster_messages_received_total${receive("Buy")}`]: 1
        })
        expect(snapshot).toMatchObject({
          [`cluster_message_latency_seconds${send("Buy")}`]: { count: 1, sum: 0.1 },
          [`cluster_message_latency_seconds${receive("Buy")}`]: { count: 1, sum: 0.1 },
          'cluster_message_processing_seconds{entity_type="Shop",message="Buy"}': { count: 1, sum: 0.1 },
          [`cluster_message_wait_seconds${type}`]: { count: 1, sum: 0 },
          [`cluster_message_delivery_delay_seconds${type}`]: { count: 1, sum: 0 },
          [`cluster_mailbox_depth${type}`]: 0,
          [`cluster_messages_in_flight${type}`]: 0
        })
      })
    )
  )

  it.effect("shows what waits and what runs, and times the wait", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const all = yield* Effect.fork(
          Effect.all([one.Wait({ n: 1000 }), one.Wait({ n: 1000 }), one.Wait({ n: 1000 })], {
            concurrency: "unbounded"
          })
        )
        yield* settle
        expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({
          [`cluster_mailbox_depth${type}`]: 2,
          [`cluster_messages_in_flight${type}`]: 1
        })
        yield* TestClock.adjust(4000)
        yield* Fiber.join(all)
        const snapshot = yield* Testing.snapshot
        expect(snapshot[`cluster_message_wait_seconds${type}`]).toMatchObject({ count: 3, sum: 3 })
        expect(snapshot[`cluster_message_latency_seconds${receive("Wait")}`]).toMatchObject({ count: 3, sum: 6 })
        expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({})
      })
    )
  )

  for (const [name, rpc, options] of [
    ["any number may run", "Wait", { concurrency: "unbounded" }],
    ["they are forked", "Aside", {}]
  ] as const) {
    it.effect(`starts messages at once where ${name}, and ends each of them once`, () =>
      inCluster(
        Effect.gen(function* () {
          const one = yield* client
          const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(one[rpc]({ n: 1000 })))
          yield* settle
          expect(
            yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight", "cluster_message_wait_seconds")
          ).toEqual({
            [`cluster_messages_in_flight${type}`]: 3,
            [`cluster_message_wait_seconds${type}`]: 3
          })
          yield* run(Fiber.interruptAll(fibers.slice(1)), 500)
          yield* run(Effect.void)
          const processed = yield* Testing.snapshot
          const processing = `cluster_message_processing_seconds{entity_type="Shop",message="${rpc}"`
          expect(processed[`${processing}}`]).toMatchObject({ count: 1, sum: 1 })
          expect(processed[`${processing},outcome="interrupted"}`]).toMatchObject({ count: 2, sum: 0.002 })
          expect(processed[`cluster_message_wait_seconds${type}`]).toMatchObject({ count: 3, sum: 0 })
          expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({})
        }),
        { options }
      )
    )
  }

  it.effect("leaves no message of a handler that returns no effect behind", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        expect(Exit.isFailure(yield* run(one.Odd({ n: 1 })))).toBe(true)
        yield* TestClock.adjust(20_000)
        yield* settle
        expect(yield* leftovers).toEqual({})
      }),
      { options: { maxIdleTime: 5000, disableFatalDefects: true } }
    )
  )

  it.effect("counts a failure by its tag, once for the handler and once for the caller, and no message sent", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: -1 }))
        expect(
          yield* moved("cluster_messages_sent_total", "cluster_errors_total", "cluster_message_processing_seconds")
        ).toEqual({
          'cluster_errors_total{entity_type="Shop",type="Refused"}': 2,
          'cluster_message_processing_seconds{entity_type="Shop",message="Buy",outcome="failure"}': 1
        })
      })
    )
  )

  it.effect("ends each interrupted message once, whether it ran or waited", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(one.Wait({ n: 1000 })))
        yield* settle
        yield* run(Fiber.interruptAll(fibers.toReversed()))
        expect(
          yield* moved(
            "cluster_message_latency_seconds",
            "cluster_message_processing_seconds",
            "cluster_message_wait_seconds",
            "cluster_mailbox_depth",
            "cluster_messages_in_flight",
            "cluster_messages_sent_total",
            "cluster_errors_total"
          )
        ).toEqual({
          [`cluster_message_latency_seconds${receive("Wait")}`]: 3,
          [`cluster_message_latency_seconds${send("Wait")}`]: 3,
          'cluster_message_processing_seconds{entity_type="Shop",message="Wait",outcome="interrupted"}': 1,
          [`cluster_message_wait_seconds${type}`]: 1
        })
      })
    )
  )

  it.effect("ends what middleware or a stream hides at the latest when the entity goes", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const fibers = [
          yield* Effect.fork(one.Wait({ n: 1000 })),
          yield* Effect.fork(one.Gated({ n: 10 })),
          yield* Effect.fork(Stream.runDrain(one.Box({ n: 10 })))
        ]
        yield* settle
        yield* run(Fiber.interruptAll(fibers.toReversed()))
        yield* TestClock.adjust(20_000)
        yield* settle
        expect(yield* leftovers).toEqual({})
        expect(yield* moved("cluster_message_latency_seconds", "cluster_messages_in_flight")).toMatchObject({
          [`cluster_message_latency_seconds${receive("Gated")}`]: 1,
          [`cluster_message_latency_seconds${receive("Box")}`]: 1
        })
      }),
      { options: { maxIdleTime: 5000 } }
    )
  )

  it.effect("times a handler under middleware, a stream and a mailbox as a whole", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Gated({ n: 100 }))
        yield* run(Stream.runDrain(one.Feed({ n: 3 })))
        yield* run(Stream.runDrain(one.Box({ n: 500 })))
        yield* run(
          Effect.scoped(
            Effect.flatMap(one.Box({ n: 100 }, { asMailbox: true }), (box) => Stream.runDrain(Mailbox.toStream(box)))
          )
        )
        const snapshot = yield* Testing.snapshot
        expect(snapshot).toMatchObject({
          'cluster_message_processing_seconds{entity_type="Shop",message="Gated"}': { count: 1, sum: 0.1 },
          'cluster_message_processing_seconds{entity_type="Shop",message="Box"}': { count: 2, sum: 0.6 },
          'cluster_message_processing_seconds{entity_type="Shop",message="Feed"}': { count: 1 },
          [`cluster_messages_sent_total${send("Feed")}`]: 1,
          [`cluster_messages_sent_total${send("Box")}`]: 2
        })
        expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight", "cluster_errors_total")).toEqual({})
      })
    )
  )

  it.effect("counts no stream as sent that its caller cut short, as a stream or as a mailbox", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const firstOfBox = Effect.flatMap(one.Feed({ n: 5 }, { asMailbox: true }), (box) => box.takeN(2))
        yield* run(Stream.runDrain(Stream.take(one.Feed({ n: 5 }), 2)))
        yield* run(Effect.scoped(firstOfBox))
        expect(
          yield* moved(
            "cluster_messages_sent_total",
            "cluster_messages_received_total",
            "cluster_errors_total",
            `cluster_message_latency_seconds${send("Feed")}`
          )
        ).toEqual({
          [`cluster_messages_received_total${receive("Feed")}`]: 2,
          [`cluster_message_latency_seconds${send("Feed")}`]: 2
        })
        yield* run(Stream.runDrain(one.Feed({ n: 5 })))
        yield* run(
          Effect.scoped(
            Effect.flatMap(one.Feed({ n: 5 }, { asMailbox: true }), (box) => Stream.runDrain(Mailbox.toStream(box)))
          )
        )
        expect(yield* moved("cluster_messages_sent_total")).toEqual({
          [`cluster_messages_sent_total${send("Feed")}`]: 2
        })
      })
    )
  )

  it.effect("leaves deliberate delay out of the delivery delay", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        const at = DateTime.unsafeMake((yield* Clock.currentTimeMillis) + 1500)
        yield* run(one.Later(new Timed({ id: "a", at })), 5000)
        const delay = (yield* Testing.snapshot)[`cluster_message_delivery_delay_seconds${type}`]
        expect(delay).toMatchObject({ count: 1 })
        expect(delay).toHaveProperty("sum", expect.closeTo(0.5, 1))
      })
    )
  )

  it.effect("counts a message that a full mailbox refuses, and one that storage had already", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(
          Effect.all(
            [1, 2, 3].map((ms) => Effect.exit(one.Wait({ n: ms }))),
            { concurrency: "unbounded" }
          )
        )
        const at = yield* DateTime.now
        yield* run(one.Later(new Timed({ id: "b", at })))
        yield* run(one.Later(new Timed({ id: "b", at })))
        expect(yield* moved("cluster_errors_total", "cluster_messages_received_total")).toEqual({
          'cluster_errors_total{entity_type="Shop",type="MailboxFull"}': 1,
          [`cluster_messages_received_total${receive("Wait")}`]: 2,
          [`cluster_messages_received_total${receive("Later")}`]: 1
        })
      }),
      { options: { mailboxCapacity: 2 } }
    )
  )
})

describe("entities", () => {
  it.effect("counts an entity from its activation until it idles", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: 1 }))
        expect(yield* moved("cluster_entities_active", "cluster_entity_activations_total")).toEqual({
          [`cluster_entities_active${type}`]: 1,
          [`cluster_entity_activations_total${type}`]: 1
        })
        yield* TestClock.adjust(20_000)
        yield* settle
        expect(
          yield* moved(
            "cluster_entity_deactivations_total",
            "cluster_entity_lifetime_seconds",
            "cluster_entity_activation_seconds"
          )
        ).toEqual({
          'cluster_entity_deactivations_total{entity_type="Shop",reason="idle"}': 1,
          [`cluster_entity_lifetime_seconds${type}`]: 1,
          [`cluster_entity_activation_seconds${type}`]: 1
        })
        expect(yield* leftovers).toEqual({})
        expect(yield* moved("cluster_entity_restarts_total", "cluster_redeliveries_total")).toEqual({})
      }),
      { options: { maxIdleTime: 5000 } }
    )
  )

  for (const [rpc, error] of [
    ["Die", "TypeError"],
    ["Throw", "RangeError"]
  ] as const) {
    it.effect(`counts a rebuild after a handler's defect (${rpc}), and each message that arrives again`, () =>
      inCluster(
        Effect.gen(function* () {
          const one = yield* client
          yield* Ref.set(deaths, 2)
          yield* run(Effect.all([one[rpc]({ n: 1 }), one.Wait({ n: 1000 })], { concurrency: "unbounded" }), 5000)
          expect(
            yield* moved(
              "cluster_entity_activations_total",
              "cluster_entity_restarts_total",
              "cluster_entity_deactivations_total",
              "cluster_entities_active",
              "cluster_redeliveries_total",
              "cluster_errors_total",
              "cluster_messages_sent_total"
            )
          ).toEqual({
            [`cluster_entity_activations_total${type}`]: 1,
            [`cluster_entity_restarts_total${type}`]: 1,
            'cluster_entity_deactivations_total{entity_type="Shop",reason="defect"}': 1,
            [`cluster_entities_active${type}`]: 1,
            'cluster_redeliveries_total{entity_type="Shop",reason="entity_restart"}': rpc === "Throw" ? 1 : 2,
            [`cluster_errors_total{entity_type="Shop",type="${error}"}`]: 1,
            [`cluster_messages_sent_total${send(rpc)}`]: 1,
            [`cluster_messages_sent_total${send("Wait")}`]: 1
          })
          expect(yield* moved("cluster_mailbox_depth", "cluster_messages_in_flight")).toEqual({})
        })
      )
    )
  }

  it.effect("counts a defect that is not fatal, and no rebuild", () =>
    inCluster(
      Effect.gen(function* () {
        const one = yield* client
        yield* Ref.set(deaths, 2)
        yield* run(one.Die({ n: 1 }))
        expect(
          yield* moved("cluster_entity_restarts_total", "cluster_redeliveries_total", "cluster_errors_total")
        ).toEqual({
          'cluster_errors_total{entity_type="Shop",type="TypeError"}': 2
        })
      }),
      { options: { disableFatalDefects: true } }
    )
  )

  it.effect("counts a stream that goes on in a second runner, and a shutdown in the first", () =>
    Effect.gen(function* () {
      const { storage } = yield* MessageStorage.MemoryDriver
      const runner = shop().pipe(
        Layer.provideMerge(watchedRunner()),
        Layer.provide(Layer.succeed(MessageStorage.MessageStorage, storage))
      )
      const first = yield* Scope.make()
      const inFirst = yield* Layer.buildWithScope(runner, first)
      yield* Ref.set(stuckAt, 3)
      yield* ready
      yield* Effect.flatMap(client, (one) => Stream.runDrain(one.Feed({ n: 4 }))).pipe(
        Effect.provide(inFirst),
        Effect.forkDaemon
      )
      yield* ready
      yield* run(Scope.close(first, Exit.void))
      yield* Ref.set(stuckAt, 0)
      expect(yield* moved("cluster_entity_deactivations_total")).toEqual({
        'cluster_entity_deactivations_total{entity_type="Shop",reason="shutdown"}': 1
      })
      yield* run(Effect.scoped(Effect.zipRight(Layer.build(runner), Effect.sleep(1000))), 5000)
      expect(yield* moved("cluster_redeliveries_total")).toEqual({
        'cluster_redeliveries_total{entity_type="Shop",reason="stream_resume"}': 1
      })
      expect(yield* leftovers).toEqual({})
    }).pipe(
      Effect.scoped,
      Effect.provide(MessageStorage.layerMemory.pipe(Layer.provide(config()), Layer.provideMerge(Testing.layer())))
    )
  )

  it.effect("tells a moved shard from a shutdown", () =>
    Effect.gen(function* () {
      const isHeld = yield* Ref.make(true)
      const storage = yield* RunnerStorage.makeMemory
      const some = RunnerStorage.RunnerStorage.of({
        ...storage,
        acquire: (address, ids) =>
          Effect.flatMap(Ref.get(isHeld), (held) => (held ? storage.acquire(address, ids) : Effect.succeed([]))),
        refresh: (address, ids) =>
          Effect.flatMap(Ref.get(isHeld), (held) => (held ? storage.refresh(address, ids) : Effect.succeed([])))
      })
      const runner = ClusterMetrics.layer().pipe(
        Layer.provideMerge(Sharding.layer),
        Layer.provideMerge(Runners.layerNoop),
        Layer.provideMerge(MessageStorage.layerMemory),
        Layer.provide([
          ClusterMetrics.runnerStorage().pipe(Layer.provide(Layer.succeed(RunnerStorage.RunnerStorage, some))),
          RunnerHealth.layerNoop
        ]),
        Layer.provide(config({ availableShardGroups: ["default", "elsewhere"] }))
      )
      yield* Effect.gen(function* () {
        const one = yield* client
        yield* run(one.Buy({ n: 1 }))
        expect(yield* moved("cluster_shards_configured", "cluster_shards_held", "cluster_shard_moves_total")).toEqual({
          cluster_shards_configured: 6,
          cluster_shards_held: 3,
          'cluster_shard_moves_total{direction="acquired"}': 3
        })
        yield* Ref.set(isHeld, false)
        yield* run(Effect.void, 15_000)
        expect(
          yield* moved("cluster_entity_deactivations_total", "cluster_shards_held", "cluster_shard_moves_total")
        ).toEqual({
          'cluster_entity_deactivations_total{entity_type="Shop",reason="shard_moved"}': 1,
          'cluster_shard_moves_total{direction="acquired"}': 3,
          'cluster_shard_moves_total{direction="lost"}': 3
        })
      }).pipe(Effect.provide(shop().pipe(Layer.provideMerge(runner))))
      expect(yield* leftovers).toEqual({})
      expect(yield* moved("cluster_shards_configured", "cluster_shards_held")).toEqual({})
    }).pipe(Effect.scoped, Effect.provide(Testing.layer()))
  )
})

describe("what is left out", () => {
  it.effect("an excluded entity type, on both sides", () =>
    inCluster(
      Effect.gen(function* () {
        yield* run((yield* client).Buy({ n: 1 }))
        expect(yield* moved()).toEqual({})
      }),
      { cluster: testCluster({}, { exclude: ["Shop"] }) }
    )
  )

  it.effect("the label of messages", () =>
    inCluster(
      Effect.gen(function* () {
        yield* run((yield* client).Buy({ n: 1 }))
        expect(
          yield* moved(
            "cluster_messages_received_total",
            "cluster_messages_sent_total",
            "cluster_message_processing_seconds"
          )
        ).toEqual({
          'cluster_messages_received_total{entity_type="Shop",operation="receive"}': 1,
          'cluster_messages_sent_total{entity_type="Shop",operation="send"}': 1,
          'cluster_message_processing_seconds{entity_type="Shop"}': 1
        })
      }),
      { cluster: testCluster({}, { messageLabels: false }) }
    )
  )

  it.effect("one side or the other", () =>
    Effect.gen(function* () {
      const counted = (cluster: ReturnType<typeof testCluster>) =>
        inCluster(
          Effect.gen(function* () {
            yield* run((yield* client).Buy({ n: 1 }))
            return Object.keys(yield* moved("cluster_messages_received_total", "cluster_messages_sent_total"))
          }),
          { cluster }
        )
      expect(yield* counted(testCluster({}, { clients: false }))).toEqual([
        `cluster_messages_received_total${receive("Buy")}`
      ])
      expect(yield* counted(testCluster({}, { entities: false }))).toEqual([
        `cluster_messages_sent_total${send("Buy")}`
      ])
    })
  )

  it.effect("nothing of a test client, which offers a registration and nothing else", () =>
    Effect.gen(function* () {
      const layer = shop().pipe(Layer.provide(ClusterMetrics.layer()))
      const makeClient = yield* Entity.makeTestClient(Shop, layer)
      const one = yield* makeClient("one")
      expect(yield* Effect.either(one.Buy({ n: 0 }))).toMatchObject({ right: 0 })
      expect(yield* moved("cluster_messages_received_total", "cluster_entity_activations_total")).toEqual({
        [`cluster_messages_received_total${receive("Buy")}`]: 1,
        [`cluster_entity_activations_total${type}`]: 1
      })
    }).pipe(Effect.scoped, Effect.provide(Layer.mergeAll(Testing.layer(), ShardingConfig.layer(), gate)))
  )
})
