/**
 * Watches the clients of an entity type. Each call is one `send`: from the call to its reply, to its acceptance where
 * the reply is discarded, or to the end of its stream.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import type * as Mailbox from "effect/Mailbox"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { bind } from "../../../observe/instrument/bind.ts"
import { currentFiber } from "../../../observe/instrument/fiber.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import { ofCause, ofExit } from "../../../observe/track/outcome-of.ts"
import { Watch, type Watcher, watchWith } from "../../../observe/track/watch.ts"
import type { MessagingTracker } from "../../../observe/track/messaging-series.ts"
import { isStreamRpc } from "../entity/rpc.ts"
import { sending } from "../messages.ts"
import { type ClusterMetricsOptions, type EntityType, messageLabel } from "../options.ts"

type Call = (payload: unknown, options: unknown) => unknown

/** How the calls of one RPC are watched. */
interface CallWatch {
  readonly watcher: Watcher
  readonly isStream: boolean
}

/** The function that makes clients, with watched clients as its results. Their types stay. */
export const watchClients = <Client extends object>(
  clientOf: (entityId: string) => Client,
  {
    entity,
    messages,
    metrics,
    options
  }: {
    readonly entity: EntityType
    readonly metrics: MetricsService
    readonly options: ClusterMetricsOptions
    /** Counts messages by the conventions as well. */
    readonly messages: MessagingTracker | undefined
  }
): ((entityId: string) => Client) => {
  const watches = new Map(
    Array.from(entity.protocol.requests, ([tag, rpc]): readonly [string | symbol, CallWatch] => {
      const message = messageLabel(tag, options)
      // So that the counter shows zero before the first message.
      bind(metrics.cluster.messagesSent, { entity_type: entity.type, operation: "send", message })
      const own = metrics.clusterTracker.watcher({ operation: "send", entityType: entity.type, message })
      const watcher = messages === undefined ? own : sending(own, messages, entity.type)
      return [tag, { watcher, isStream: isStreamRpc(rpc) }] as const
    })
  )
  return (entityId) => new Proxy(clientOf(entityId), new Calls(watches))
}

/** A watched call of one client, linked to the one that was read before it. */
interface WatchedCall {
  readonly key: string | symbol
  readonly call: Call
  readonly before: WatchedCall | undefined
}

/** The calls of a client, each watched once. A list, not a map: most clients are made for one call. */
class Calls<Client extends object> implements ProxyHandler<Client> {
  private readonly watches: ReadonlyMap<string | symbol, CallWatch>
  private last: WatchedCall | undefined = undefined

  constructor(watches: ReadonlyMap<string | symbol, CallWatch>) {
    this.watches = watches
  }

  get(client: Client, key: string | symbol): unknown {
    for (let known = this.last; known !== undefined; known = known.before) {
      if (known.key === key) {
        return known.call
      }
    }
    const call: unknown = Reflect.get(client, key)
    const watch = this.watches.get(key)
    if (watch === undefined || !Predicate.isFunction(call)) {
      return call
    }
    const watched: Call = (payload, options) => watchCall(() => call.call(client, payload, options), watch)
    this.last = { key, call: watched, before: this.last }
    return watched
  }
}

const watchCall = (call: () => unknown, { isStream, watcher }: CallWatch): unknown => {
  const result = called(call, watcher)
  if (Effect.isEffect(result)) {
    return isStream ? watchMailbox(result, watcher) : watchWith(result, watcher)
  }
  return isStreamOf(result) ? watchStream(result, watcher) : result
}

// A client without tracing throws here when the schema refuses the payload.
const called = (call: () => unknown, watcher: Watcher): unknown => {
  const returned = Either.try({ try: call, catch: identity })
  if (Either.isRight(returned)) {
    return returned.right
  }
  new Watch(watcher, currentFiber()).end({ _tag: "defect", defect: returned.left })
  throw returned.left
}

// A consumer that stops early ends the stream with success, but the call was interrupted, as in a mailbox that is left.
const watchStream = <A, E, R>(stream: Stream.Stream<A, E, R>, watcher: Watcher): Stream.Stream<A, E, R> =>
  Stream.suspend(() => {
    const watch = new Watch(watcher, currentFiber())
    let isRead = false
    return stream.pipe(
      Stream.onEnd(Effect.sync(() => (isRead = true))),
      Stream.ensuringWith((exit) =>
        Effect.sync(() => watch.end(Exit.isSuccess(exit) && !isRead ? ofCause(Cause.empty) : ofExit(exit)))
      )
    )
  })

// The call ends when the mailbox does. A fiber in the caller's scope waits for that, and is interrupted with the scope.
const watchMailbox = (
  mailbox: Effect.Effect<unknown, unknown, unknown>,
  watcher: Watcher
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const watch = new Watch(watcher, currentFiber())
      return Effect.matchCauseEffect(restore(mailbox), {
        onFailure: (cause) => {
          watch.end(ofCause(cause))
          return Effect.failCause(cause)
        },
        onSuccess: (opened) =>
          isMailbox(opened)
            ? Effect.as(
                Effect.forkScoped(
                  Effect.onExit(Effect.interruptible(opened.await), (exit) =>
                    Effect.sync(() => watch.end(ofExit(exit)))
                  )
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
