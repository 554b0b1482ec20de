/**
 * Watches one handler of an entity. The RPC server calls the handler when a message arrives, and runs what it returns
 * under its concurrency limit: the call is the arrival, and the start of the returned effect or stream is the start.
 */
import type * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { success } from "../../../observe/catalogue/outcome.ts"
import { ofCause, ofExit } from "../../../observe/track/outcome-of.ts"
import { type CronOutcome, withCronOutcome } from "../cron/cron-outcome.ts"
import type { ArrivedMessage } from "./arrived-message.ts"

/** One handler of one entity, and what its entity is told. */
export interface WatchedHandler {
  readonly kind: HandlerKind
  /** The handler of the entity, unchanged. */
  readonly handle: (request: Entity.Request<Rpc.Any>) => unknown
  /** A message reached the handler; `undefined` when it can't be watched. */
  readonly arrive: (request: Entity.Request<Rpc.Any>) => ArrivedMessage | undefined
  /** The message may be interrupted unseen while it queues. Then it ends when its entity does. */
  readonly mayVanish: (message: ArrivedMessage) => void
}

/** What decides how a handler is watched. */
export interface HandlerKind {
  readonly isStream: boolean
  readonly hasMiddleware: boolean
  readonly isCron: boolean
  /** Any number of messages may run at once: the server starts each as soon as the handler has returned. */
  readonly isUnbounded: boolean
  /** A defect of the handler rebuilds the entity. */
  readonly hasFatalDefects: boolean
}

/** The watched handler. What the handler throws is recorded as a defect and thrown on. */
export const watchHandler =
  (handler: WatchedHandler): WatchedHandler["handle"] =>
  (request) => {
    const message = handler.arrive(request)
    if (message === undefined) {
      return handler.handle(request)
    }
    return watchResult(
      called(() => handler.handle(request), message),
      handler,
      message
    )
  }

const called = (handler: () => unknown, message: ArrivedMessage): unknown => {
  const returned = Either.try({ try: handler, catch: identity })
  if (Either.isRight(returned)) {
    return returned.right
  }
  message.end({ _tag: "defect", defect: returned.left }, true)
  throw returned.left
}

const watchResult = (result: unknown, handler: WatchedHandler, message: ArrivedMessage): unknown => {
  const { kind } = handler
  const flags = Predicate.isObject(result) && Rpc.isWrapper(result) ? result : undefined
  const value: unknown = flags === undefined ? result : flags.value
  // Effects first, as in the server: a yieldable error or an either is an effect, and has the type id of a stream too.
  if (Effect.isEffect(value) && !kind.isStream && !kind.hasMiddleware) {
    return flags?.fork === true || kind.isUnbounded
      ? watchAtOnce(value, kind, { message, flags })
      : watchQueued(value, kind, { message, flags })
  }
  message.queue()
  handler.mayVanish(message)
  if (Effect.isEffect(value)) {
    return rewrap(kind.isStream ? watchMailbox(value, kind, message) : watchEffect(value, kind, message), flags)
  }
  return isStream(value) ? rewrap(watchStream(value, kind, message), flags) : result
}

/**
 * A message whose handler returned an effect, with the flags of `Rpc.fork` and `Rpc.uninterruptible` on that effect.
 */
interface ReturnedEffect {
  readonly message: ArrivedMessage
  readonly flags: Rpc.Wrapper<unknown> | undefined
}

// A request that is interrupted while it queues would never run an interruptible wrapper, and its gauges would not
// return to zero. So the wrapper is uninterruptible, and what it wraps is interruptible where the server would have it
// so.
const watchQueued = (
  value: Effect.Effect<unknown, unknown, unknown>,
  kind: HandlerKind,
  { flags, message }: ReturnedEffect
): unknown => {
  const isUninterruptible = flags?.uninterruptible === true
  message.queue()
  return notForked(
    Effect.withFiberRuntime<unknown, unknown, unknown>((fiber) => {
      // A fiber that was interrupted while it queued ends at its first interruptible step, so the handler never starts.
      if (isUninterruptible || Cause.isEmpty(fiber.getFiberRef(FiberRef.interruptedCause))) {
        message.start()
      }
      return untilEnd(isUninterruptible ? value : Effect.interruptible(value), kind, message)
    })
  )
}

// Nothing queues here: the server runs the effect at once.
const watchAtOnce = (
  value: Effect.Effect<unknown, unknown, unknown>,
  kind: HandlerKind,
  { flags, message }: ReturnedEffect
): unknown => {
  message.startAtOnce()
  const ends = untilEnd(flags?.uninterruptible === true ? value : Effect.interruptible(value), kind, message)
  return flags?.fork === true ? forked(ends) : notForked(ends)
}

const forked = Rpc.wrap({ fork: true, uninterruptible: true })
const notForked = Rpc.wrap({ fork: false, uninterruptible: true })

const watchEffect = <A, E, R>(
  value: Effect.Effect<A, E, R>,
  kind: HandlerKind,
  message: ArrivedMessage
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    message.start()
    return untilEnd(value, kind, message)
  })

const untilEnd = <A, E, R>(
  value: Effect.Effect<A, E, R>,
  kind: HandlerKind,
  message: ArrivedMessage
): Effect.Effect<A, E, R> => {
  const cron: CronOutcome | undefined = kind.isCron ? { job: undefined } : undefined
  return Effect.matchCauseEffect(cron === undefined ? value : withCronOutcome(value, cron), {
    onFailure: (cause) => {
      message.end(ofCause(cause), isFatal(cause, kind))
      return Effect.failCause(cause)
    },
    onSuccess: (result) => {
      message.end(cron?.job ?? success, false)
      return Effect.succeed(result)
    }
  })
}

const watchStream = (
  stream: Stream.Stream<unknown, unknown, unknown>,
  kind: HandlerKind,
  message: ArrivedMessage
): Stream.Stream<unknown, unknown, unknown> =>
  Stream.suspend(() => {
    message.start()
    return stream
  }).pipe(
    Stream.ensuringWith((exit) =>
      Effect.sync(() => message.end(ofExit(exit), exit._tag === "Failure" && isFatal(exit.cause, kind)))
    )
  )

// The server runs a handler that returns a mailbox in a scope, which it closes when it stops reading the mailbox.
const watchMailbox = (
  mailbox: Effect.Effect<unknown, unknown, unknown>,
  kind: HandlerKind,
  message: ArrivedMessage
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.zipRight(
    Effect.acquireRelease(
      Effect.sync(() => message.start()),
      (_, exit) => Effect.sync(() => message.end(ofExit(exit), exit._tag === "Failure" && isFatal(exit.cause, kind)))
    ),
    mailbox
  )

// As in the RPC server, which reports such a cause as a defect instead of an exit.
const isFatal = (cause: Cause.Cause<unknown>, { hasFatalDefects }: HandlerKind): boolean =>
  hasFatalDefects && Cause.isDie(cause) && !Cause.isInterrupted(cause)

const rewrap = (watched: object, flags: Rpc.Wrapper<unknown> | undefined): unknown =>
  flags === undefined ? watched : Rpc.wrap({ fork: flags.fork, uninterruptible: flags.uninterruptible })(watched)

// A yieldable error, an option or a deferred has the type ids of an effect and of a stream, and is run as an effect.
const isStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId) && !Effect.isEffect(value)
