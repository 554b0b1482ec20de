/** An entity with an RPC of each kind, in a cluster of one runner, and the names of its series. */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as DeliverAt from "@effect/cluster/DeliverAt"
import * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcMiddleware from "@effect/rpc/RpcMiddleware"
import {
  Effect,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Mailbox,
  PrimaryKey,
  Ref,
  Schema,
  type Scope,
  Stream,
  TestClock
} from "effect"
import { ready, settle, testCluster } from "../test-cluster.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { n: Schema.Number }) {}

export class Timed extends Schema.Class<Timed>("Timed")({ id: Schema.String, at: Schema.DateTimeUtc }) {
  [PrimaryKey.symbol]() {
    return this.id
  }
  [DeliverAt.symbol]() {
    return this.at
  }
}

class Gate extends RpcMiddleware.Tag<Gate>()("Gate", { wrap: true }) {}

const n = { n: Schema.Number }

export const Shop = Entity.make("Shop", [
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

export const gate = Layer.succeed(Gate, ({ next }) => next)

/** How often handlers die before they succeed. */
export const deaths = Effect.runSync(Ref.make(0))
/** The element at which a feed stops. */
export const stuckAt = Effect.runSync(Ref.make(0))
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

export const shop = (options?: ToLayerOptions) => Shop.toLayer(handlers, options).pipe(Layer.provide(gate))

export const inCluster = <A, E>(
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

export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, ms = 2000) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* settle
    yield* TestClock.adjust(ms)
    yield* settle
    return yield* Fiber.await(fiber)
  })

export const client = Effect.map(Shop.client, (of) => of("one"))

export const receive = (message: string) => `{entity_type="Shop",message="${message}",operation="receive"}`
export const send = (message: string) => `{entity_type="Shop",message="${message}",operation="send"}`
export const type = `{entity_type="Shop"}`
