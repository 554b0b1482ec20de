/**
 * The decorator of `Sharding`: entities, clients and singletons that are made with what it returns are watched. No
 * handler, client or entity changes, and nothing of `@effect/cluster` is patched.
 */
import { Sharding } from "@effect/cluster/Sharding"
import type { ShardingRegistrationEvent } from "@effect/cluster/ShardingRegistrationEvent"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { MetricsService } from "../../../observe/metrics.ts"
import type { Ambient } from "../bind.ts"
import { watchClients } from "./clients.ts"
import { EntityWatch } from "../entity/lifecycle.ts"
import { once } from "../../decorator/decorate-once.ts"
import { type ClusterMetricsOptions, isObserved, ownPrefix } from "../options.ts"
import { watchSingleton } from "./singletons.ts"

interface Decorating {
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions
  readonly clock: Clock.Clock
  readonly ambient: Ambient
  /** The entity types and singletons that came through a decorator of the given `Sharding`: several branches may have one. */
  readonly seen: Set<string>
}

/**
 * Decorates the `Sharding` that it is given. Whoever registers an entity or a singleton or makes a client must be given
 * what this layer returns. Given a `Sharding` that is decorated already it returns that one and says so once; a
 * registration that passed it by is warned of once, by name.
 */
export const layer = (options: ClusterMetricsOptions = {}): Layer.Layer<Sharding, never, Sharding | MetricsService> =>
  Layer.scoped(
    Sharding,
    Effect.gen(function* () {
      const sharding = yield* Sharding
      const metrics = yield* MetricsService
      const clock = yield* Effect.clock
      const ambient = yield* FiberRef.get(FiberRef.currentMetricLabels)
      const decorating = { metrics, options, clock, ambient: Array.from(ambient), seen: seenOf(sharding) }
      const watched = once("Sharding", sharding, {
        meter: metrics.meter,
        decorate: (given) => decorate(given, decorating)
      })
      yield* watched === sharding ? Effect.void : warnOfStrangers(sharding, decorating)
      return watched
    })
  )

const decorate = (sharding: Sharding["Type"], decorating: Decorating): Sharding["Type"] => ({
  ...sharding,
  ...entities(sharding, decorating),
  ...clients(sharding, decorating),
  ...singletons(sharding, decorating)
})

const entities = (
  sharding: Sharding["Type"],
  { options, seen, ...decorating }: Decorating
): Pick<Sharding["Type"], "registerEntity"> => ({
  registerEntity: (entity, handlers, registerOptions) => {
    seen.add(entityName(entity.type))
    if (options.entities === false || !isObserved(entity.type, options)) {
      return sharding.registerEntity(entity, handlers, registerOptions)
    }
    const { concurrency, disableFatalDefects = false } = registerOptions ?? {}
    const isUnbounded = concurrency === "unbounded"
    const watch = new EntityWatch({ ...decorating, sharding, entity, options, disableFatalDefects, isUnbounded })
    // Added after the cluster's own finalizers, so that it runs before them.
    return Effect.zipRight(
      sharding.registerEntity(entity, watch.build(handlers), registerOptions),
      Effect.addFinalizer(() => Effect.sync(() => (watch.isClosing = true)))
    )
  }
})

const clients = (
  sharding: Sharding["Type"],
  { metrics, options }: Decorating
): Partial<Pick<Sharding["Type"], "makeClient">> =>
  options.clients === false || !Predicate.isFunction(sharding.makeClient)
    ? {}
    : {
        makeClient: (entity) =>
          isObserved(entity.type, options)
            ? Effect.map(sharding.makeClient(entity), (clientOf) =>
                watchClients(clientOf, { entity, metrics, options })
              )
            : sharding.makeClient(entity)
      }

const singletons = (
  sharding: Sharding["Type"],
  { metrics, options, seen }: Decorating
): Partial<Pick<Sharding["Type"], "registerSingleton">> =>
  Predicate.isFunction(sharding.registerSingleton)
    ? {
        registerSingleton: (name, run, registerOptions) => {
          seen.add(singletonName(name))
          return options.singletons === false || name.startsWith(ownPrefix)
            ? sharding.registerSingleton(name, run, registerOptions)
            : sharding.registerSingleton(name, watchSingleton(metrics, name, run), registerOptions)
        }
      }
    : {}

const seenOf = (sharding: Sharding["Type"]): Set<string> => {
  const known = seenBySharding.get(sharding) ?? new Set()
  seenBySharding.set(sharding, known)
  return known
}

const seenBySharding = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/seenRegistrations"),
  () => new WeakMap<Sharding["Type"], Set<string>>()
)

// What was registered beside the decorators is known to the sharding that it decorates, and to nobody else.
const warnOfStrangers = (sharding: Sharding["Type"], { metrics, seen }: Decorating) =>
  Predicate.hasProperty(sharding, "getRegistrationEvents")
    ? Effect.zipRight(
        Effect.forkScoped(
          Stream.runForEach(sharding.getRegistrationEvents, (event) =>
            Effect.sync(() => {
              const name = nameOf(event)
              if (!seen.has(name) && !name.includes("effect/cluster/") && !name.includes(ownPrefix)) {
                metrics.meter.warnOnce(
                  `cluster stranger ${name}`,
                  `The ${name} is registered on a Sharding that ClusterMetrics does not decorate, and is not counted: ` +
                    "provide its layer with the decorated one",
                  {}
                )
              }
            })
          )
        ),
        Effect.yieldNow()
      )
    : Effect.void

const nameOf = (event: ShardingRegistrationEvent): string =>
  event._tag === "EntityRegistered" ? entityName(event.entity.type) : singletonName(event.address.name)

const entityName = (type: string): string => `entity type "${type}"`

const singletonName = (name: string): string => `singleton "${name}"`
