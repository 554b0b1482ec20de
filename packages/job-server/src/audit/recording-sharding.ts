/**
 * A `Sharding` that logs entities, their messages, the calls of their clients, and runs of singletons. It stands between
 * the jobs and the library's own instrumentation and shares no code with that. It expects handlers that return plain
 * effects, as those of the jobs do.
 */
import { CurrentAddress } from "@effect/cluster/Entity"
import { Sharding } from "@effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type { EventLog } from "./event-log.ts"
import { messageOutcomeOf, outcomeOf } from "./exit-outcome.ts"

/** Decorates the `Sharding` that it is given. */
export const recordingSharding = (log: EventLog): Layer.Layer<Sharding, never, Sharding> =>
  Layer.effect(
    Sharding,
    Effect.map(Sharding, (sharding) => ({
      ...sharding,
      registerEntity: (entity, handlers, options) => {
        const closing = { is: false }
        const recorded = Effect.flatMap(handlers, (built) =>
          Effect.as(
            recordLifetime(sharding, log, { entityType: entity.type, closing }),
            wrapMethods(built, (message, handler) =>
              recordingHandler(handler, log, { entityType: entity.type, message })
            )
          )
        )
        return Effect.zipRight(
          sharding.registerEntity(entity, recorded, options),
          Effect.addFinalizer(() => Effect.sync(() => (closing.is = true)))
        )
      },
      registerSingleton: (name, run, options) =>
        sharding.registerSingleton(
          name,
          Effect.onExit(run, (exit) =>
            Effect.sync(() => log.append({ _tag: "SingletonRan", singleton: name, ...outcomeOf(exit) }))
          ),
          options
        ),
      makeClient: (entity) =>
        Effect.map(
          sharding.makeClient(entity),
          (clientOf) => (id) =>
            wrapMethods(clientOf(id), (message, call) => recordingCall(call, log, { entityType: entity.type, message }))
        )
    }))
  )

interface Message {
  readonly entityType: string
  readonly message: string
}

type Method = (...parameters: ReadonlyArray<unknown>) => unknown

/** The same object with its methods wrapped. */
const wrapMethods = <Target extends object>(target: Target, wrap: (name: string, method: Method) => Method): Target => {
  const wrapped = new Map<string, Method>()
  return new Proxy(target, {
    get: (of, key) => {
      const found: unknown = Reflect.get(of, key)
      if (!Predicate.isString(key) || !Predicate.isFunction(found)) {
        return found
      }
      const known = wrapped.get(key) ?? wrap(key, (...parameters) => Reflect.apply(found, of, parameters))
      wrapped.set(key, known)
      return known
    }
  })
}

/** Logs that an entity was activated, and when its scope closes that it was deactivated. */
const recordLifetime = (
  sharding: Sharding["Type"],
  log: EventLog,
  { closing, entityType }: { readonly entityType: string; readonly closing: { readonly is: boolean } }
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const activatedAt = performance.now()
    const address = yield* Effect.serviceOption(CurrentAddress)
    log.append({ _tag: "EntityActivated", entityType })
    yield* Effect.addFinalizer(() =>
      Effect.map(sharding.isShutdown, (isShutdown) => {
        const isShardHeld = address._tag === "None" || sharding.hasShardId(address.value.shardId)
        const reason = isShutdown || closing.is ? "shutdown" : isShardHeld ? "idle" : "shard_moved"
        log.append({ _tag: "EntityDeactivated", entityType, reason, tookMs: performance.now() - activatedAt })
      })
    )
  })

/** A message arrives when its handler is called; the effect that it returns runs when it is the message's turn. */
const recordingHandler =
  (handler: Method, log: EventLog, message: Message): Method =>
  (...parameters) => {
    log.append({ _tag: "MessageArrived", ...message })
    const result = handler(...parameters)
    if (!Effect.isEffect(result)) {
      return result
    }
    return Effect.suspend(() => {
      log.append({ _tag: "MessageStarted", ...message })
      return recordEnd(result, log, { _tag: "MessageHandled", ...message })
    })
  }

const recordingCall =
  (call: Method, log: EventLog, message: Message): Method =>
  (...parameters) => {
    const result = call(...parameters)
    return Effect.isEffect(result) ? recordEnd(result, log, { _tag: "MessageSent", ...message }) : result
  }

const recordEnd = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  log: EventLog,
  event: Message & { readonly _tag: "MessageSent" | "MessageHandled" }
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const startedAt = performance.now()
    return Effect.onExit(effect, (exit) =>
      Effect.sync(() => log.append({ ...event, ...messageOutcomeOf(exit), tookMs: performance.now() - startedAt }))
    )
  })
