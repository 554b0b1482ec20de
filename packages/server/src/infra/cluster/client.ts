/**
 * Watching the clients of an entity type: each call is one `send`, from the call to its reply, to the acceptance of a
 * call whose reply is discarded, or to the end of its stream.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
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

type Call = (payload: unknown, options: unknown) => unknown

/** How the calls of one RPC are watched. */
interface CallWatch {
  readonly watcher: Watcher
  readonly isStream: boolean
}

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
    Array.from(entity.protocol.requests, ([tag, rpc]): readonly [string, CallWatch] => {
      const message = messageLabel(tag, options)
      // The closed sets of counters show zero before the first message.
      bind(metrics.cluster.messagesSent, { entity_type: entity.type, operation: "send", message })
      const watcher = metrics.clusterTracker.watcher({ operation: "send", entityType: entity.type, message })
      return [tag, { watcher, isStream: kindOfRpc(rpc).isStream }] as const
    })
  )
  return (entityId) => {
    const made = new Map<string | symbol, Call>()
    return new Proxy(clientOf(entityId), {
      get: (target, key) => {
        const known = made.get(key)
        if (known !== undefined) {
          return known
        }
        const call: unknown = Reflect.get(target, key)
        const watcher = Predicate.isString(key) ? watchers.get(key) : undefined
        if (watcher === undefined || !Predicate.isFunction(call)) {
          return call
        }
        const watched = watchCall((payload, options) => Reflect.apply(call, target, [payload, options]), watcher)
        made.set(key, watched)
        return watched
      }
    })
  }
}

const watchCall =
  (call: Call, { isStream, watcher }: CallWatch): Call =>
  (payload, options) => {
    const result = called(call, [payload, options], watcher)
    if (Effect.isEffect(result)) {
      return isStream ? watchMailbox(result, watcher) : watchWith(result, watcher)
    }
    return isStreamOf(result) ? watchStream(result, watcher) : result
  }

// A payload that its schema refuses is thrown from here, where the client is not traced.
const called = (call: Call, [payload, options]: readonly [unknown, unknown], watcher: Watcher): unknown => {
  const returned = Either.try({ try: () => call(payload, options), catch: identity })
  if (Either.isRight(returned)) {
    return returned.right
  }
  begin(watcher)({ _tag: "defect", defect: returned.left })
  throw returned.left
}

// Its consumer may stop early and be content: the call was interrupted all the same, as a mailbox that is left is.
const watchStream = <A, E, R>(stream: Stream.Stream<A, E, R>, watcher: Watcher): Stream.Stream<A, E, R> =>
  Stream.suspend(() => {
    const end = begin(watcher)
    let isRead = false
    return stream.pipe(
      Stream.onEnd(Effect.sync(() => (isRead = true))),
      Stream.ensuringWith((exit) =>
        Effect.sync(() => end(Exit.isSuccess(exit) && !isRead ? ofCause(Cause.empty) : ofExit(exit)))
      )
    )
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
