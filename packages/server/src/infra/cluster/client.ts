/**
 * Watching the clients of an entity type: each call is one `send`, from the call to its reply, to the acceptance of a
 * call whose reply is discarded, or to the end of its stream.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import type * as Mailbox from "effect/Mailbox"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { MetricsService } from "../../observe/metrics.ts"
import { ofCause, ofExit } from "../../observe/outcome.ts"
import type { Watcher } from "../../observe/watch.ts"
import { bind } from "./bind.ts"
import { kindOfRpc } from "./handler.ts"
import { type ClusterMetricsOptions, type EntityType, messageLabel } from "./options.ts"
import { begin, watchWith } from "./watch.ts"

type Call = (...parameters: ReadonlyArray<unknown>) => unknown

/** The function that makes clients, watched. The clients keep their types and their identity. */
export const watchClients = <Client extends object>(
  clientOf: (entityId: string) => Client,
  {
    entity,
    metrics,
    options
  }: {
    readonly entity: EntityType
    readonly metrics: MetricsService
    readonly options: ClusterMetricsOptions
  }
): ((entityId: string) => Client) => {
  const watchers = new Map(
    Array.from(entity.protocol.requests.keys(), (tag) => {
      const message = messageLabel(tag, options)
      // The closed sets of counters show zero before the first message.
      bind(metrics.cluster.messagesSent, { entity_type: entity.type, operation: "send", message })
      return [tag, metrics.clusterTracker.watcher({ operation: "send", entityType: entity.type, message })] as const
    })
  )
  const isStream = new Map(
    Array.from(entity.protocol.requests, ([tag, rpc]) => [tag, kindOfRpc(rpc).isStream] as const)
  )
  return (entityId) => {
    const known = new Map<string, Call>()
    return new Proxy(clientOf(entityId), {
      get: (target, key) => {
        const call: unknown = Reflect.get(target, key)
        const watcher = Predicate.isString(key) ? watchers.get(key) : undefined
        if (!Predicate.isString(key) || watcher === undefined || !Predicate.isFunction(call)) {
          return call
        }
        const made =
          known.get(key) ??
          watchCall((...parameters) => Reflect.apply(call, target, parameters), watcher, isStream.get(key))
        known.set(key, made)
        return made
      }
    })
  }
}

const watchCall =
  (call: Call, watcher: Watcher, isStream = false): Call =>
  (...parameters) => {
    // A payload that its schema refuses is thrown from here, where the client is not traced.
    const called = Either.try({ try: () => call(...parameters), catch: identity })
    if (Either.isLeft(called)) {
      begin(watcher)({ _tag: "defect", defect: called.left })
      throw called.left
    }
    const result = called.right
    if (isStreamOf(result)) {
      return watchStream(result, watcher)
    }
    if (!Effect.isEffect(result)) {
      return result
    }
    return isStream ? watchMailbox(result, watcher) : watchWith(result, watcher)
  }

const watchStream = <A, E, R>(stream: Stream.Stream<A, E, R>, watcher: Watcher): Stream.Stream<A, E, R> =>
  Stream.suspend(() => {
    const end = begin(watcher)
    return stream.pipe(Stream.ensuringWith((exit) => Effect.sync(() => end(ofExit(exit)))))
  })

// The call is over when the mailbox is: a fiber of the caller's scope waits for that, and is interrupted with it.
const watchMailbox = (
  mailbox: Effect.Effect<unknown, unknown, unknown>,
  watcher: Watcher
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const end = begin(watcher)
      return Effect.matchCauseEffect(restore(mailbox), {
        onFailure: (cause) => {
          end(ofCause(cause))
          return Effect.failCause(cause)
        },
        onSuccess: (opened) =>
          isMailbox(opened)
            ? Effect.as(
                Effect.forkScoped(
                  Effect.onExit(Effect.interruptible(opened.await), (exit) => Effect.sync(() => end(ofExit(exit))))
                ),
                opened
              )
            : Effect.succeed(opened)
      })
    })
  )

const isStreamOf = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId)

const isMailbox = (value: unknown): value is Mailbox.ReadonlyMailbox<unknown, unknown> =>
  Predicate.hasProperty(value, "await") && Effect.isEffect(value.await)
