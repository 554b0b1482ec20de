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
    const returned = Either.try({ try: () => handle(payload, options), catch: identity })
    if (Either.isLeft(returned)) {
      started(tracker).end({ _tag: "defect", defect: returned.left })
      throw returned.left
    }
    return watchResult(returned.right, isStream, tracker)
  }

const started = (tracker: CallTracker): Watch => {
  const watch = new Watch(tracker, currentFiber())
  watch.begin(tracker, undefined)
  return watch
}

const watchResult = (result: unknown, isStream: boolean, tracker: CallTracker): unknown => {
  if (!Predicate.isObject(result) || !Rpc.isWrapper(result)) {
    return watchValue(result, isStream, tracker)
  }
  const { fork, uninterruptible } = result
  const watched = watchValue(result.value, isStream, tracker)
  return Predicate.isObject(watched) ? Rpc.wrap({ fork, uninterruptible })(watched) : result
}

// Effects first, as in the server: an error that can be yielded is an effect, and has the type id of a stream too.
const watchValue = (value: unknown, isStream: boolean, tracker: CallTracker): unknown => {
  if (Effect.isEffect(value)) {
    return isStream ? watchMailbox(value, tracker) : trackWith(value, tracker, undefined)
  }
  return isAnyStream(value) ? watchStream(value, tracker) : value
}

const isAnyStream = (value: unknown): value is Stream.Stream<unknown, unknown, unknown> =>
  Predicate.hasProperty(value, Stream.StreamTypeId)

const watchStream = <A, E, R>(stream: Stream.Stream<A, E, R>, tracker: CallTracker): Stream.Stream<A, E, R> =>
  Stream.unwrapScoped(Effect.as(scoped(tracker), stream))

// The server runs it in a scope, which it closes when it stops reading the mailbox.
const watchMailbox = <A, E, R>(mailbox: Effect.Effect<A, E, R>, tracker: CallTracker) =>
  Effect.zipRight(scoped(tracker), mailbox)

/** A call from now on until the scope closes. */
const scoped = (tracker: CallTracker) =>
  Effect.acquireRelease(
    Effect.sync(() => started(tracker)),
    (watch, exit) => Effect.sync(() => watch.end(ofExit(exit)))
  )
