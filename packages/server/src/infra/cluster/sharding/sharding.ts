/**
 * The decorator of `Sharding`. Entities, clients and singletons that are made with the decorated service are watched;
 * no handler, client or entity changes, and nothing in `@effect/cluster` is patched.
 */
import { Sharding } from "@effect/cluster/Sharding"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type { Ambient } from "../../../observe/instrument/label.ts"
import { soundClock } from "../../../observe/instrument/sound-clock.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import type { MessagingTracker } from "../../../observe/track/messaging-series.ts"
import { decorateOnce } from "../../decorator/decorate-once.ts"
import { EntityLifecycle } from "../entity/lifecycle.ts"
import { clusterMessages } from "../messages.ts"
import { type ClusterMetricsOptions, isObserved, ownPrefix } from "../options.ts"
import { watchClients } from "./clients.ts"
import { watchSingleton } from "./singletons.ts"
import { entityName, singletonName, warnOfUnwatched, watchedRegistrations } from "./unwatched-registrations.ts"

interface Decorating {
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions
  readonly messages: MessagingTracker | undefined
  readonly clock: Clock.Clock
  readonly ambient: Ambient
  /** What was registered through any decorator of the `Sharding`: several branches may have one each. */
  readonly watched: Set<string>
}

/**
 * Decorates the `Sharding` that it is given. Provide the result to whatever registers an entity or a singleton or makes
 * a client. What is registered on the `Sharding` itself is not counted, and is warned of once by name. A `Sharding`
 * that is decorated already is returned as it is, with one warning.
 */
export const layer = (options: ClusterMetricsOptions = {}): Layer.Layer<Sharding, never, Sharding | MetricsService> =>
  Layer.scoped(
    Sharding,
    Effect.gen(function* () {
      const sharding = yield* Sharding
      const metrics = yield* MetricsService
      const { meter } = metrics
      const clock = soundClock(yield* Effect.clock)
      const ambient = Array.from(yield* FiberRef.get(FiberRef.currentMetricLabels))
      const watched = watchedRegistrations(sharding)
      const messages = clusterMessages(metrics, options)
      const decorated = decorateOnce("Sharding", sharding, {
        meter,
        decorate: (given) => decorate(given, { metrics, options, messages, clock, ambient, watched })
      })
      yield* decorated === sharding ? Effect.void : warnOfUnwatched(sharding, { meter, watched })
      return decorated
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
  { options, watched, ...decorating }: Decorating
): Pick<Sharding["Type"], "registerEntity"> => ({
  registerEntity: (entity, handlers, registerOptions) => {
    watched.add(entityName(entity.type))
    if (options.entities === false || !isObserved(entity.type, options)) {
      return sharding.registerEntity(entity, handlers, registerOptions)
    }
    const { concurrency, disableFatalDefects = false } = registerOptions ?? {}
    const isUnbounded = concurrency === "unbounded"
    const lifecycle = new EntityLifecycle({
      ...decorating,
      sharding,
      entity,
      options,
      disableFatalDefects,
      isUnbounded
    })
    // Added after the cluster's own finalizers, so it runs before them.
    return Effect.zipRight(
      sharding.registerEntity(entity, lifecycle.build(handlers), registerOptions),
      Effect.addFinalizer(() => Effect.sync(() => (lifecycle.isClosing = true)))
    )
  }
})

const clients = (
  sharding: Sharding["Type"],
  { messages, metrics, options }: Decorating
): Partial<Pick<Sharding["Type"], "makeClient">> =>
  options.clients === false || !Predicate.isFunction(sharding.makeClient)
    ? {}
    : {
        makeClient: (entity) =>
          isObserved(entity.type, options)
            ? Effect.map(sharding.makeClient(entity), (clientOf) =>
                watchClients(clientOf, { entity, messages, metrics, options })
              )
            : sharding.makeClient(entity)
      }

const singletons = (
  sharding: Sharding["Type"],
  { metrics, options, watched }: Decorating
): Partial<Pick<Sharding["Type"], "registerSingleton">> =>
  Predicate.isFunction(sharding.registerSingleton)
    ? {
        registerSingleton: (name, run, registerOptions) => {
          watched.add(singletonName(name))
          return options.singletons === false || name.startsWith(ownPrefix)
            ? sharding.registerSingleton(name, run, registerOptions)
            : sharding.registerSingleton(name, watchSingleton(metrics, name, run), registerOptions)
        }
      }
    : {}
