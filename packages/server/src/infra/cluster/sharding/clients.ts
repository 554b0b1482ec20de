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
import type { MetricsService } from "../../../observe/metrics.ts"
import { bind } from "../bind.ts"
import { kindOfRpc } from "../entity/handler.ts"
import { type ClusterMetricsOptions, type EntityType, messageLabel } from "../options.ts"
import { currentFiber, Watch, type Watcher, watchWith } from "../watch.ts"
import { ofCause, ofExit } from "../../../observe/track/outcome-of.ts"

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
  const watches = new Map(
    Array.from(entity.protocol.requests, ([tag, rpc]): readonly [string | symbol, CallWatch] => {
      const message = messageLabel(tag, options)
      // The closed sets of counters show zero before the first message.
      bind(metrics.cluster.messagesSent, { entity_type: entity.type, operation: "send", message })
      const watcher = metrics.clusterTracker.watcher({ operation: "send", entityType: entity.type, message })
      return [tag, { watcher, isStream: kindOfRpc(rpc).isStream }] as const
    })
  )
  return (entityId) => new Proxy(clientOf(entityId), new Calls(watches))
}

/** A watched call of one client, and those that were asked for before it. */
interface Made {
  readonly key: string | symbol
  readonly call: Call
  readonly before: Made | undefined
}

/** A client's calls, each made once. Most clients are made for one call, so a map of them would cost more than it saves. */
class Calls<Client extends object> implements ProxyHandler<Client> {
  private readonly watches: ReadonlyMap<string | symbol, CallWatch>
  private made: Made | undefined = undefined

  constructor(watches: ReadonlyMap<string | symbol, CallWatch>) {
    this.watches = watches
  }

  get(client: Client, key: string | symbol): unknown {
    for (let made = this.made; made !== undefined; made = made.before) {
      if (made.key === key) {
        return made.call
      }
    }
    const call: unknown = Reflect.get(client, key)
    const watch = this.watches.get(key)
    if (watch === undefined || !Predicate.isFunction(call)) {
      return call
    }
    const watched: Call = (payload, options) => watchCall(() => call.call(client, payload, options), watch)
    this.made = { key, call: watched, before: this.made }
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

// A payload that its schema refuses is thrown from here, where the client is not traced.
const called = (call: () => unknown, watcher: Watcher): unknown => {
  const returned = Either.try({ try: call, catch: identity })
  if (Either.isRight(returned)) {
    return returned.right
  }
  new Watch(watcher, currentFiber()).end({ _tag: "defect", defect: returned.left })
  throw returned.left
}

// Its consumer may stop early and be content: the call was interrupted all the same, as a mailbox that is left is.
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

// The call is over when the mailbox is: a fiber of the caller's scope waits for that, and is interrupted with it.
const watchMailbox = (
  mailbox: Effect.Effect<unknown, unknown, unknown>,
  watcher: Watcher
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const watch = new Watch<unknown, unknown>(watcher, currentFiber())
      return Effect.matchCauseEffect(restore(mailbox), {
        onFailure: watch.onFailure,
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
