/**
 * The cluster's front door with a witness before it: entities that come and go, messages that reach them, calls of their
 * clients, and runs of singletons are written into the ledger. It stands between the jobs and the library's own watching, and is written
 * without it; it knows entities whose handlers return plain effects, as those of the jobs do.
 */
import { CurrentAddress } from "@effect/cluster/Entity"
import { Sharding } from "@effect/cluster/Sharding"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { endingOf, messageEndingOf } from "./exit-outcome.ts"
import type { Ledger } from "./event-log.ts"

type Front = Sharding["Type"]

/** Decorates the `Sharding` that it is given. */
export const witnessSharding = (ledger: Ledger): Layer.Layer<Sharding, never, Sharding> =>
  Layer.effect(
    Sharding,
    Effect.map(Sharding, (sharding) => ({
      ...sharding,
      registerEntity: (entity, handlers, options) => {
        const closing = { is: false }
        const witnessed = Effect.flatMap(handlers, (made) =>
          Effect.as(
            livingOf(sharding, ledger, { entityType: entity.type, closing }),
            watched(made, (message, handler) => watchHandler(handler, ledger, { entityType: entity.type, message }))
          )
        )
        return Effect.zipRight(
          sharding.registerEntity(entity, witnessed, options),
          Effect.addFinalizer(() => Effect.sync(() => (closing.is = true)))
        )
      },
      registerSingleton: (name, run, options) =>
        sharding.registerSingleton(
          name,
          Effect.onExit(run, (exit) =>
            Effect.sync(() => ledger.write({ _tag: "Ran", singleton: name, ...endingOf(exit) }))
          ),
          options
        ),
      makeClient: (entity) =>
        Effect.map(
          sharding.makeClient(entity),
          (clientOf) => (id) =>
            watched(clientOf(id), (message, call) => watchCall(call, ledger, { entityType: entity.type, message }))
        )
    }))
  )

interface Message {
  readonly entityType: string
  readonly message: string
}

type Call = (...parameters: ReadonlyArray<unknown>) => unknown

/** An object whose methods are wrapped, and which is otherwise what it was. */
const watched = <Target extends object>(target: Target, wrap: (name: string, call: Call) => Call): Target => {
  const wrapped = new Map<string, Call>()
  return new Proxy(target, {
    get: (of, key) => {
      const found: unknown = Reflect.get(of, key)
      if (!Predicate.isString(key) || !Predicate.isFunction(found)) return found
      const known = wrapped.get(key) ?? wrap(key, (...parameters) => Reflect.apply(found, of, parameters))
      wrapped.set(key, known)
      return known
    }
  })
}

/** From the build of an entity's handlers to the end of their scope. */
const livingOf = (
  sharding: Front,
  ledger: Ledger,
  { closing, entityType }: { readonly entityType: string; readonly closing: { readonly is: boolean } }
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const began = performance.now()
    const address = yield* Effect.serviceOption(CurrentAddress)
    ledger.write({ _tag: "Activated", entityType })
    yield* Effect.addFinalizer(() =>
      Effect.map(sharding.isShutdown, (isShutdown) => {
        const isHeld = address._tag === "None" || sharding.hasShardId(address.value.shardId)
        const reason = isShutdown || closing.is ? "shutdown" : isHeld ? "idle" : "shard_moved"
        ledger.write({ _tag: "Deactivated", entityType, reason, tookMs: performance.now() - began })
      })
    )
  })

/** The call of a handler is the arrival of its message; what it returns runs when its turn comes. */
const watchHandler =
  (handler: Call, ledger: Ledger, message: Message): Call =>
  (...parameters) => {
    ledger.write({ _tag: "Arrived", ...message })
    const result = handler(...parameters)
    if (!Effect.isEffect(result)) return result
    return Effect.suspend(() => {
      ledger.write({ _tag: "Started", ...message })
      return written(result, ledger, { _tag: "Handled", ...message })
    })
  }

const watchCall =
  (call: Call, ledger: Ledger, message: Message): Call =>
  (...parameters) => {
    const result = call(...parameters)
    return Effect.isEffect(result) ? written(result, ledger, { _tag: "Sent", ...message }) : result
  }

const written = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  ledger: Ledger,
  what: Message & { readonly _tag: "Sent" | "Handled" }
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.onExit(effect, (exit) =>
      Effect.sync(() => ledger.write({ ...what, ...messageEndingOf(exit), tookMs: performance.now() - began }))
    )
  })
