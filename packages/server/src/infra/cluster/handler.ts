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
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ofCause, ofExit, type Outcome, success } from "../../observe/outcome.ts"
import { type CronOutcome, withCronOutcome } from "./cron-outcome.ts"

/** A message that the watch of its entity knows. */
export interface Delivery {
  /** The handler was called and returned: the message waits for its turn. */
  readonly queued: () => void
  /** What the handler returned runs. */
  readonly started: () => void
  /** It ended; `isFatal` when the server will rebuild the entity because of it. */
  readonly ended: (outcome: Outcome, isFatal: boolean) => void
  /** Only the end of its entity may tell that it never ran: true of what can be interrupted unseen while it queues. */
  readonly mayVanish: () => void
}

/** What of an RPC decides how its handler is watched. */
export interface HandlerKind {
  readonly isStream: boolean
  readonly hasMiddleware: boolean
  readonly isCron: boolean
  /** A defect of the handler rebuilds the entity. */
  readonly hasFatalDefects: boolean
}

/** A handler as an entity has it, its result not looked at yet. */
export type Handler = (request: Entity.Request<Rpc.Any>) => unknown

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
  (handler: Handler, kind: HandlerKind, arrive: (request: Entity.Request<Rpc.Any>) => Delivery | undefined): Handler =>
  (request) => {
    const delivery = arrive(request)
    if (delivery === undefined) {
      return handler(request)
    }
    const returned = Either.try({ try: () => handler(request), catch: identity })
    if (Either.isLeft(returned)) {
      delivery.ended({ _tag: "defect", defect: returned.left }, true)
      throw returned.left
    }
    delivery.queued()
    return watchResult(returned.right, kind, delivery)
  }

const watchResult = (result: unknown, kind: HandlerKind, delivery: Delivery): unknown => {
  const flags = flagsOf(result)
  const value = flags === undefined ? result : flags.value
  if (isStream(value)) {
    delivery.mayVanish()
    return rewrap(watchStream(value, kind, delivery), flags)
  }
  if (!Effect.isEffect(value)) {
    return result
  }
  if (kind.isStream) {
    delivery.mayVanish()
    return rewrap(watchMailbox(value, kind, delivery), flags)
  }
  if (kind.hasMiddleware) {
    delivery.mayVanish()
    return rewrap(watchEffect(value, kind, delivery), flags)
  }
  // A request that is interrupted while it queues would never run an ordinary wrapper, and its gauges would leak. So
  // the wrapper can't be interrupted, and what it wraps can, exactly where the server would have allowed it.
  const interruptible = flags?.uninterruptible === true ? value : Effect.interruptible(value)
  return Rpc.wrap({ fork: flags?.fork ?? false, uninterruptible: true })(
    watchEffect(interruptible, kind, flags?.uninterruptible === true ? delivery : unlessInterrupted(delivery))
  )
}

const watchEffect = <A, E, R>(
  value: Effect.Effect<A, E, R>,
  kind: HandlerKind,
  delivery: Delivery
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    delivery.started()
    const cell: CronOutcome | undefined = kind.isCron ? { job: undefined } : undefined
    return Effect.matchCauseEffect(cell === undefined ? value : withCronOutcome(value, cell), {
      onFailure: (cause) => {
        delivery.ended(ofCause(cause), isFatal(cause, kind))
        return Effect.failCause(cause)
      },
      onSuccess: (result) => {
        delivery.ended(cell?.job ?? success, false)
        return Effect.succeed(result)
      }
    })
  })

// A fiber that was interrupted while it queued ends at the first step that can be interrupted: it never started.
const unlessInterrupted = (delivery: Delivery): Delivery => ({
  ...delivery,
  started: () => {
    const fiber = Fiber.getCurrentFiber()
    if (Option.isNone(fiber) || Cause.isEmpty(fiber.value.getFiberRef(FiberRef.interruptedCause))) {
      delivery.started()
    }
  }
})

const watchStream = (
  stream: Stream.Stream<unknown, unknown, unknown>,
  kind: HandlerKind,
  delivery: Delivery
): Stream.Stream<unknown, unknown, unknown> =>
  Stream.suspend(() => {
    delivery.started()
    return stream
  }).pipe(
    Stream.ensuringWith((exit) =>
      Effect.sync(() => delivery.ended(ofExit(exit), exit._tag === "Failure" && isFatal(exit.cause, kind)))
    )
  )

// The server closes the scope of a handler that returns a mailbox when the mailbox was read to its end.
const watchMailbox = (
  mailbox: Effect.Effect<unknown, unknown, unknown>,
  kind: HandlerKind,
  delivery: Delivery
): Effect.Effect<unknown, unknown, unknown> =>
  Effect.zipRight(
    Effect.acquireRelease(Effect.sync(delivery.started), (_, exit) =>
      Effect.sync(() => delivery.ended(ofExit(exit), exit._tag === "Failure" && isFatal(exit.cause, kind)))
    ),
    mailbox
  )

// The condition under which the RPC server reports a defect instead of an exit.
const isFatal = (cause: Cause.Cause<unknown>, { hasFatalDefects }: HandlerKind): boolean =>
  hasFatalDefects && Cause.isDie(cause) && !Cause.isInterrupted(cause)

const flagsOf = (result: unknown): Rpc.Wrapper<unknown> | undefined =>
  Predicate.isObject(result) && Rpc.isWrapper(result) ? result : undefined

const rewrap = (watched: object, flags: Rpc.Wrapper<unknown> | undefined): unknown =>
  flags === undefined ? watched : Rpc.wrap({ fork: flags.fork, uninterruptible: flags.uninterruptible })(watched)

// An error to yield, an option or a deferred bears the marks of an effect and of a stream: they are run as effects.
const isStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId) && !Effect.isEffect(value)
