/**
 * Watching the entities of one type on one runner: when they come to life, are rebuilt and go, and the messages that
 * reach their handlers. `activations + restarts = deactivations + active` at any moment.
 */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as DeliverAt from "@effect/cluster/DeliverAt"
import type * as Sharding from "@effect/cluster/Sharding"
import * as Snowflake from "@effect/cluster/Snowflake"
import type * as Rpc from "@effect/rpc/Rpc"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import type { deactivationReasons } from "../../../observe/catalogue/cluster.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import { type Outcome, success } from "../../../observe/catalogue/outcome.ts"
import type { Series } from "../../../observe/instrument/series.ts"
import { type Ambient, bind, bound, byOutcome } from "../bind.ts"
import { cronEntityPrefix } from "../cron/cron-outcome.ts"
import { type HandedOut, handedOutOf } from "../deliveries.ts"
import { type HandlerKind, kindOfRpc, type WatchedHandler, watchHandler } from "./handler.ts"
import { ArrivedMessage, type MessageOwner, type MessageSeries, messageSeries, site } from "./arrived-message.ts"
import { type ClusterMetricsOptions, type EntityType, messageLabel } from "../options.ts"
import { ofCause } from "../../../observe/track/outcome-of.ts"

/** What the watch of an entity type needs to know. */
export interface EntityWatchOptions {
  readonly metrics: MetricsService
  readonly sharding: Sharding.Sharding["Type"]
  readonly entity: EntityType
  readonly options: ClusterMetricsOptions
  readonly clock: Clock.Clock
  readonly ambient: Ambient
  readonly disableFatalDefects: boolean
  /** Any number of its messages may run at once. */
  readonly isUnbounded: boolean
}

/** Why an entity went. */
export type DeactivationReason = (typeof deactivationReasons)[number]

interface EntitySeries {
  readonly activations: Series
  readonly restarts: Series
  readonly active: Series
  readonly lifetime: Series
  readonly building: (outcome: Outcome) => Series
  readonly deactivations: (reason: DeactivationReason) => Series
}

/** One entity from its activation to its deactivation, over all rebuilds. */
interface Life {
  /** The requests that arrived and have not ended; those that a defect cut short stay until they arrive again. */
  readonly open: Set<bigint>
  isRestarting: boolean
}

/** One build of an entity's handlers: until it goes, or a defect rebuilds it. */
class Generation implements MessageOwner {
  readonly life: Life
  readonly clock: Clock.Clock
  readonly startNanos: bigint
  /** What may have been interrupted unseen: it is over when the generation is. */
  readonly unsettled = new Set<ArrivedMessage>()

  constructor(life: Life, clock: Clock.Clock, startNanos: bigint) {
    this.life = life
    this.clock = clock
    this.startNanos = startNanos
  }

  messageEnded(message: ArrivedMessage, outcome: Outcome, isFatal: boolean): void {
    const { life, unsettled } = this
    unsettled.delete(message)
    life.isRestarting = life.isRestarting || isFatal
    // What a rebuild cuts short arrives again, and what ended by itself in the meantime does not.
    if (!life.isRestarting || outcome._tag === "success" || outcome._tag === "failure") {
      life.open.delete(message.requestId)
    }
  }
}

/** The watch of one entity type. */
export class EntityWatch {
  /** The layer that registered the type closes: its entities go because of that. */
  isClosing = false
  private readonly given: EntityWatchOptions
  private readonly series: () => EntitySeries
  private readonly handedOut: HandedOut
  private readonly lives = new WeakMap<object, Life>()
  private readonly rpcs: ReadonlyMap<string, ReceivedRpc>

  constructor(given: EntityWatchOptions) {
    const { ambient, entity, metrics } = given
    this.given = given
    this.handedOut = handedOutOf(metrics.meter)
    this.handedOut.watch(entity.type)
    this.series = bound(metrics.meter, () => entitySeries(metrics, entity.type, ambient))
    this.rpcs = new Map(Array.from(entity.protocol.requests, ([tag, rpc]) => [tag, receivedRpc(tag, rpc, given)]))
  }

  /** Builds the handlers as before; whoever gets them gets watched ones. */
  build<Handlers extends object, RX>(handlers: Effect.Effect<Handlers, never, RX>): Effect.Effect<Handlers, never, RX> {
    const { clock, metrics } = this.given
    return Effect.uninterruptibleMask((restore) =>
      Effect.withFiberRuntime<Handlers, never, RX>((fiber) => {
        const startNanos = clock.unsafeCurrentTimeNanos()
        return Effect.matchCauseEffect(restore(handlers), {
          onFailure: (cause) => {
            metrics.meter.guard(site, () => this.built(startNanos, ofCause(cause)))
            return Effect.failCause(cause)
          },
          onSuccess: (made) => {
            const generation = metrics.meter.guard(site, () => this.activate(fiber.currentContext, startNanos))
            if (generation === undefined) {
              return Effect.succeed(made)
            }
            return Effect.as(this.onGone(fiber.currentContext, generation), this.watched(made, generation))
          }
        })
      })
    )
  }

  private built(startNanos: bigint, outcome: Outcome): bigint {
    const now = this.given.clock.unsafeCurrentTimeNanos()
    this.series()
      .building(outcome)
      .record(Math.max(0, Number(now - startNanos) / 1e9))
    return now
  }

  private activate(context: Context.Context<never>, buildNanos: bigint): Generation {
    const startNanos = this.built(buildNanos, success)
    const { activations, active, restarts } = this.series()
    // The latch is the one thing that a rebuild keeps and no other activation has. A test client gives none.
    const latch = Option.getOrUndefined(Context.getOption(context, Entity.KeepAliveLatch))
    const before = latch === undefined ? undefined : this.lives.get(latch)
    const life = before ?? { open: new Set(), isRestarting: false }
    if (before === undefined) {
      activations.record(1)
    } else {
      restarts.record(1)
      life.isRestarting = false
    }
    if (latch !== undefined) {
      this.lives.set(latch, life)
    }
    active.add(1)
    return new Generation(life, this.given.clock, startNanos)
  }

  // Added after a successful build: failed builds are tried again in the same scope.
  private onGone(context: Context.Context<never>, generation: Generation): Effect.Effect<void> {
    const gone = Effect.flatMap(this.reason(context, generation), (reason) =>
      Effect.sync(() => this.given.metrics.meter.guard(site, () => this.deactivate(generation, reason)))
    )
    return Option.match(Context.getOption(context, Scope.Scope), {
      onNone: () => Effect.void,
      onSome: (scope) => Scope.addFinalizer(scope, gone)
    })
  }

  private reason(context: Context.Context<never>, { life }: Generation): Effect.Effect<DeactivationReason> {
    const { sharding } = this.given
    return Effect.suspend((): Effect.Effect<DeactivationReason> => {
      if (life.isRestarting) {
        return Effect.succeed("defect")
      }
      // A test client offers `registerEntity` alone.
      if (this.isClosing || !Effect.isEffect(sharding.isShutdown) || !Predicate.isFunction(sharding.hasShardId)) {
        return Effect.succeed("shutdown")
      }
      return Effect.map(sharding.isShutdown, (isShutdown) => {
        const address = Context.getOption(context, Entity.CurrentAddress)
        const isHeld = Option.isNone(address) || sharding.hasShardId(address.value.shardId)
        return isShutdown ? "shutdown" : isHeld ? "idle" : "shard_moved"
      })
    })
  }

  private deactivate({ startNanos, unsettled }: Generation, reason: DeactivationReason): void {
    for (const message of unsettled) {
      message.end({ _tag: "interrupted" }, false)
    }
    unsettled.clear()
    const { active, deactivations, lifetime } = this.series()
    active.add(-1)
    deactivations(reason).record(1)
    lifetime.record(Math.max(0, Number(this.given.clock.unsafeCurrentTimeNanos() - startNanos) / 1e9))
  }

  // The proxy has the type of what it stands for; the server reads the handlers from it once, when it is built.
  private watched<Handlers extends object>(handlers: Handlers, generation: Generation): Handlers {
    return new Proxy(handlers, {
      get: (target, key) => {
        const handler: unknown = Reflect.get(target, key)
        const rpc = Predicate.isString(key) ? this.rpcs.get(key) : undefined
        return rpc !== undefined && Predicate.isFunction(handler)
          ? watchHandler(new Receiver(this, rpc, { generation, handle: handler.bind(target) }))
          : handler
      }
    })
  }

  /** A message reached the handler of an RPC; `undefined` when it can't be watched. */
  arrive(request: Entity.Request<Rpc.Any>, rpc: ReceivedRpc, generation: Generation): ArrivedMessage | undefined {
    return this.given.metrics.meter.guard(site, () => this.arrived(request, rpc, generation))
  }

  private arrived(
    request: Entity.Request<Rpc.Any>,
    { isStored, series: seriesNow }: ReceivedRpc,
    generation: Generation
  ): ArrivedMessage {
    const series = seriesNow()
    const { requestId } = request
    const message = new ArrivedMessage(requestId, series, generation)
    const isAgain = this.handedOut.isAgain(requestId)
    if (isStored) {
      this.handedOut.handled(requestId, request.address.shardId)
    }
    const { open } = generation.life
    const before = open.size
    open.add(requestId)
    if (open.size === before) {
      series.restarted.record(1)
    } else if (Option.isSome(request.lastSentChunk)) {
      series.resumed.record(1)
    } else if (!isAgain) {
      const due = Math.max(Snowflake.timestamp(requestId), DeliverAt.toMillis(request.payload) ?? 0)
      series.delay.record(Math.max(0, this.given.clock.unsafeCurrentTimeMillis() - due) / 1000)
    }
    return message
  }
}

/** One RPC of an entity type. */
interface ReceivedRpc {
  readonly series: () => MessageSeries
  readonly kind: HandlerKind
  /** Its messages are stored, and so is the answer to each. */
  readonly isStored: boolean
}

const receivedRpc = (
  tag: string,
  rpc: unknown,
  { ambient, disableFatalDefects, entity, isUnbounded, metrics, options }: EntityWatchOptions
): ReceivedRpc => ({
  series: messageSeries(metrics, { entity_type: entity.type, message: messageLabel(tag, options) }, ambient),
  kind: {
    ...kindOfRpc(rpc),
    isCron: entity.type.startsWith(cronEntityPrefix),
    isUnbounded,
    hasFatalDefects: !disableFatalDefects
  },
  isStored: isPersisted(rpc)
})

/**
 * The handler of one RPC of one entity. What only one entity has is seldom in the processor's caches when a message
 * reaches it: so it is one object, and what all entities of a type share is with their {@link EntityWatch}.
 */
class Receiver implements WatchedHandler {
  readonly handle: WatchedHandler["handle"]
  readonly kind: HandlerKind
  private readonly watch: EntityWatch
  private readonly rpc: ReceivedRpc
  private readonly generation: Generation

  constructor(watch: EntityWatch, rpc: ReceivedRpc, { generation, handle }: OfEntity) {
    this.handle = handle
    this.kind = rpc.kind
    this.watch = watch
    this.rpc = rpc
    this.generation = generation
  }

  arrive(request: Entity.Request<Rpc.Any>): ArrivedMessage | undefined {
    return this.watch.arrive(request, this.rpc, this.generation)
  }

  mayVanish(message: ArrivedMessage): void {
    this.generation.unsettled.add(message)
  }
}

interface OfEntity {
  readonly generation: Generation
  readonly handle: WatchedHandler["handle"]
}

const isPersisted = (rpc: unknown): boolean =>
  Predicate.hasProperty(rpc, "annotations") &&
  Context.isContext(rpc.annotations) &&
  Context.get(rpc.annotations, ClusterSchema.Persisted)

const entitySeries = ({ cluster }: MetricsService, entity_type: string, ambient: Ambient): EntitySeries => ({
  activations: bind(cluster.entityActivations, { entity_type }, ambient),
  restarts: bind(cluster.entityRestarts, { entity_type }, ambient),
  active: bind(cluster.entitiesActive, { entity_type }, ambient),
  lifetime: bind(cluster.entityLifetime, { entity_type }, ambient),
  building: byOutcome((outcome) => bind(cluster.activationDuration, { entity_type, outcome }, ambient)),
  deactivations: (reason) => bind(cluster.entityDeactivations, { entity_type, reason }, ambient)
})
