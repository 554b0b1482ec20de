/**
 * Watching one handler of an entity. The RPC server calls the function when a message arrives and runs what it returns
 * under its concurrency limit, so that the call is the arrival and the start of the effect or stream is the start.
 */
import type * as Entity from "@effect/cluster/Entity"
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcSchema from "@effect/rpc/RpcSchema"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { success } from "../../../observe/catalogue/outcome.ts"
import { type CronOutcome, withCronOutcome } from "../cron/cron-outcome.ts"
import type { ArrivedMessage } from "./arrived-message.ts"
import { ofCause, ofExit } from "../../../observe/track/outcome-of.ts"

/** One handler of one entity, and what it tells the watch of that entity. */
export interface WatchedHandler {
  readonly kind: HandlerKind
  /** The handler as the entity has it, its result not looked at yet. */
  readonly handle: (request: Entity.Request<Rpc.Any>) => unknown
  /** A message reached the handler; `undefined` when it can't be watched. */
  readonly arrive: (request: Entity.Request<Rpc.Any>) => ArrivedMessage | undefined
  /** Only the end of its entity may tell that it never ran: true of what can be interrupted unseen while it queues. */
  readonly mayVanish: (message: ArrivedMessage) => void
}

/** What of an RPC decides how its handler is watched. */
export interface HandlerKind {
  readonly isStream: boolean
  readonly hasMiddleware: boolean
  readonly isCron: boolean
  /** Any number may run at once: the server starts each as soon as the handler has returned it. */
  readonly isUnbounded: boolean
  /** A defect of the handler rebuilds the entity. */
  readonly hasFatalDefects: boolean
}

/** Is the RPC's success a stream, and does it run under middleware. */
export const kindOfRpc = (rpc: unknown): Pick<HandlerKind, "isStream" | "hasMiddleware"> => ({
  isStream:
    Predicate.hasProperty(rpc, "successSchema") &&
    Schema.isSchema(rpc.successSchema) &&
    RpcSchema.isStreamSchema(rpc.successSchema),
  hasMiddleware: Predicate.hasProperty(rpc, "middlewares") && rpc.middlewares instanceof Set && rpc.middlewares.size > 0
})

/** The handler, watched. A handler that throws instead of returning is recorded, and throws. */
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
  // First, as the server does it: an error and an either are effects, and have the marks of a stream as well.
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

interface Plain {
  readonly message: ArrivedMessage
  readonly flags: Rpc.Wrapper<unknown> | undefined
}

// A request that is interrupted while it queues would never run an ordinary wrapper, and its gauges would leak. So the
// wrapper can't be interrupted, and what it wraps can, exactly where the server would have allowed it.
const watchQueued = (
  value: Effect.Effect<unknown, unknown, unknown>,
  kind: HandlerKind,
  { flags, message }: Plain
): unknown => {
  const isUninterruptible = flags?.uninterruptible === true
  message.queue()
  return notForked(
    Effect.withFiberRuntime<unknown, unknown, unknown>((fiber) => {
      // A fiber that was interrupted while it queued ends at the first step that can be interrupted: it never started.
      if (isUninterruptible || Cause.isEmpty(fiber.getFiberRef(FiberRef.interruptedCause))) {
        message.start()
      }
      return untilEnd(isUninterruptible ? value : Effect.interruptible(value), kind, message)
    })
  )
}

// The same where nothing queues: the server runs what it is given before it does anything else.
const watchAtOnce = (
  value: Effect.Effect<unknown, unknown, unknown>,
  kind: HandlerKind,
  { flags, message }: Plain
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
  const cell: CronOutcome | undefined = kind.isCron ? { job: undefined } : undefined
  return Effect.matchCauseEffect(cell === undefined ? value : withCronOutcome(value, cell), {
    onFailure: (cause) => {
      message.end(ofCause(cause), isFatal(cause, kind))
      return Effect.failCause(cause)
    },
    onSuccess: (result) => {
      message.end(cell?.job ?? success, false)
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

// The server closes the scope of a handler that returns a mailbox when the mailbox was read to its end.
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

// The condition under which the RPC server reports a defect instead of an exit.
const isFatal = (cause: Cause.Cause<unknown>, { hasFatalDefects }: HandlerKind): boolean =>
  hasFatalDefects && Cause.isDie(cause) && !Cause.isInterrupted(cause)

const rewrap = (watched: object, flags: Rpc.Wrapper<unknown> | undefined): unknown =>
  flags === undefined ? watched : Rpc.wrap({ fork: flags.fork, uninterruptible: flags.uninterruptible })(watched)

// An error to yield, an option or a deferred bears the marks of an effect and of a stream: they are run as effects.
const isStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId) && !Effect.isEffect(value)
