/**
 * The entities of one type on one runner: when they are activated, rebuilt and deactivated. At any moment
 * `activations + restarts = deactivations + active`.
 */
import * as Entity from "@effect/cluster/Entity"
import type * as Sharding from "@effect/cluster/Sharding"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import { failedOutcome, type Outcome, success } from "../../../observe/catalogue/outcome.ts"
import { unspanned } from "../../../observe/instrument/moment.ts"
import { ofCause } from "../../../observe/track/outcome-of.ts"
import { Arrivals, site } from "./arrivals.ts"
import { type DeactivationReason, type EntitySeries, entitySeries } from "./entity-series.ts"
import { type EntityLife, Generation } from "./generation.ts"
import { watchHandler } from "./handler.ts"
import { type ReceivedRpc, receivedRpc, type RegisteredType } from "./received-rpc.ts"
import { Receiver } from "./receiver.ts"

/** An entity type, and the runner it was registered on. */
export interface RegisteredEntity extends RegisteredType {
  readonly sharding: Sharding.Sharding["Type"]
  readonly clock: Clock.Clock
}

/** The lifecycle of the entities of one type on one runner. */
export class EntityLifecycle {
  /** The layer that registered the type is closing, and its entities are deactivated because of that. */
  isClosing = false
  private readonly registered: RegisteredEntity
  private readonly series: () => EntitySeries
  private readonly arrivals: Arrivals
  private readonly lives = new WeakMap<object, EntityLife>()
  private readonly rpcs: ReadonlyMap<string, ReceivedRpc>

  constructor(registered: RegisteredEntity) {
    const { ambient, clock, entity, metrics } = registered
    this.registered = registered
    this.arrivals = new Arrivals(entity.type, metrics.meter, clock)
    this.series = entitySeries(metrics, entity.type, ambient)
    this.rpcs = new Map(Array.from(entity.protocol.requests, ([tag, rpc]) => [tag, receivedRpc(tag, rpc, registered)]))
  }

  /** The effect that builds the handlers, with watched handlers as its result. */
  build<Handlers extends object, RX>(handlers: Effect.Effect<Handlers, never, RX>): Effect.Effect<Handlers, never, RX> {
    const { clock, metrics } = this.registered
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
            return Effect.as(this.onClose(fiber.currentContext, generation), this.watched(made, generation))
          }
        })
      })
    )
  }

  private built(startNanos: bigint, outcome: Outcome): bigint {
    const now = this.registered.clock.unsafeCurrentTimeNanos()
    this.series()
      .building(failedOutcome(outcome))
      .record(Math.max(0, Number(now - startNanos) / 1e9))
    return now
  }

  private activate(context: Context.Context<never>, buildNanos: bigint): Generation {
    const startNanos = this.built(buildNanos, success)
    const { activations, active, restarts } = this.series()
    // The latch identifies an activation over all its rebuilds. A test client has none.
    const latch = Option.getOrUndefined(Context.getOption(context, Entity.KeepAliveLatch))
    const before = latch === undefined ? undefined : this.lives.get(latch)
    const life = before ?? { openRequests: new Set(), isRestarting: false }
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
    return new Generation(life, this.registered.clock, startNanos)
  }

  // Added after a successful build only: a failed build is tried again in the same scope.
  private onClose(context: Context.Context<never>, generation: Generation): Effect.Effect<void> {
    const close = Effect.flatMap(this.reason(context, generation), (reason) =>
      Effect.sync(() => this.registered.metrics.meter.guard(site, () => this.deactivate(generation, reason)))
    )
    return Option.match(Context.getOption(context, Scope.Scope), {
      onNone: () => Effect.void,
      onSome: (scope) => Scope.addFinalizer(scope, close)
    })
  }

  private reason(context: Context.Context<never>, { life }: Generation): Effect.Effect<DeactivationReason> {
    const { sharding } = this.registered
    return Effect.suspend((): Effect.Effect<DeactivationReason> => {
      if (life.isRestarting) {
        return Effect.succeed("defect")
      }
      // The sharding of a test client has `registerEntity` and nothing else.
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
    const { clock } = this.registered
    const now = unspanned(clock)
    for (const message of unsettled) {
      message.end({ _tag: "interrupted" }, false, now)
    }
    unsettled.clear()
    const { active, deactivations, lifetime } = this.series()
    active.add(-1)
    deactivations(reason).record(1)
    lifetime.record(Math.max(0, Number(clock.unsafeCurrentTimeNanos() - startNanos) / 1e9), now)
  }

  // The RPC server reads each handler once, when it is built. A proxy keeps the type of what it stands for.
  private watched<Handlers extends object>(handlers: Handlers, generation: Generation): Handlers {
    return new Proxy(handlers, {
      get: (target, key) => {
        const handler: unknown = Reflect.get(target, key)
        const rpc = Predicate.isString(key) ? this.rpcs.get(key) : undefined
        return rpc !== undefined && Predicate.isFunction(handler)
          ? watchHandler(new Receiver(this.arrivals, rpc, { generation, handle: handler.bind(target) }))
          : handler
      }
    })
  }
}
