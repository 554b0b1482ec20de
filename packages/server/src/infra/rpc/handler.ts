/** Watches one handler: what it returns is an effect, a stream, or an effect of a mailbox, with or without flags. */
import * as Rpc from "@effect/rpc/Rpc"
import * as RpcSchema from "@effect/rpc/RpcSchema"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { currentFiber } from "../../observe/instrument/fiber.ts"
import { ofExit } from "../../observe/track/outcome-of.ts"
import { trackWith, Watch } from "../../observe/track/watch.ts"
import { type Arrival, arrivalOf } from "./arrivals.ts"
import type { CallTracker } from "./call-tracker.ts"

/** A handler, as the server calls it. */
export type Handle = (payload: unknown, options: unknown) => unknown

/** Does a call answer with a stream? */
export const isStreamRpc = (rpc: object): boolean =>
  "successSchema" in rpc && Schema.isSchema(rpc.successSchema) && RpcSchema.isStreamSchema(rpc.successSchema)

/** The watched handler. What it throws is counted as a defect and thrown on. */
export const watchHandler =
  (handle: Handle, isStream: boolean, tracker: CallTracker): Handle =>
  (payload, options) => {
    const call = { tracker, arrival: arrivalOf(tracker.method) }
    const returned = Either.try({ try: () => handle(payload, options), catch: identity })
    if (Either.isLeft(returned)) {
      started(call).end({ _tag: "defect", defect: returned.left })
      throw returned.left
    }
    return watchResult(returned.right, isStream, call)
  }

interface Call {
  readonly tracker: CallTracker
  readonly arrival: Arrival | undefined
}

const started = ({ arrival, tracker }: Call): Watch => {
  const watch = new Watch(tracker, currentFiber())
  watch.begin(tracker, arrival)
  return watch
}

const watchResult = (result: unknown, isStream: boolean, call: Call): unknown => {
  if (!Predicate.isObject(result) || !Rpc.isWrapper(result)) {
    return watchValue(result, isStream, call)
  }
  const { fork, uninterruptible } = result
  if (uninterruptible && call.arrival !== undefined) {
    call.arrival.isUninterruptible = true
  }
  const watched = watchValue(result.value, isStream, call)
  return Predicate.isObject(watched) ? Rpc.wrap({ fork, uninterruptible })(watched) : result
}

// Effects first, as in the server: an error that can be yielded is an effect, and has the type id of a stream too.
const watchValue = (value: unknown, isStream: boolean, call: Call): unknown => {
  if (Effect.isEffect(value)) {
    return isStream ? watchMailbox(value, call) : trackWith(value, call.tracker, call.arrival)
  }
  return isAnyStream(value) ? watchStream(value, call) : value
}

const isAnyStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId)

const watchStream = <A, E, R>(stream: Stream.Stream<A, E, R>, call: Call): Stream.Stream<A, E, R> =>
  Stream.unwrapScoped(Effect.as(scoped(call), stream))

// The server runs it in a scope, which it closes when it stops reading the mailbox.
const watchMailbox = <A, E, R>(mailbox: Effect.Effect<A, E, R>, call: Call) => Effect.zipRight(scoped(call), mailbox)

/** A call from now on until the scope closes. */
const scoped = (call: Call) =>
  Effect.acquireRelease(
    Effect.sync(() => started(call)),
    (watch, exit) => Effect.sync(() => watch.end(ofExit(exit)))
  )
