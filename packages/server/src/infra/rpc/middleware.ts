/**
 * Watches the middlewares of a group: a call that ends in one of them, before it has reached its handler, is counted there.
 * The others are left to the handler.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { watchWith } from "../../observe/track/watch.ts"
import type { CallTracker } from "./call-tracker.ts"

/** What a middleware is told of a call. */
export interface MiddlewareCall {
  readonly rpc: { readonly _tag: string }
  /** The rest of the call, of a middleware that wraps it. */
  readonly next?: Effect.Effect<unknown, unknown, unknown>
}

/** A middleware, as the server calls it. */
export type Middleware = (call: MiddlewareCall) => Effect.Effect<unknown, unknown, unknown>

/** The tag of a middleware: whether it wraps calls, or its failures are ignored. */
export interface MiddlewareTag {
  readonly key: string
  readonly wrap: boolean
  readonly optional: boolean
}

/** The tags of the middlewares of an RPC. */
export const middlewaresOf = (rpc: object): ReadonlyArray<MiddlewareTag> =>
  "middlewares" in rpc && rpc.middlewares instanceof Set ? Array.from<unknown>(rpc.middlewares).filter(isTag) : []

const isTag = (tag: unknown): tag is MiddlewareTag =>
  Predicate.hasProperty(tag, "key") && Predicate.hasProperty(tag, "wrap") && Predicate.hasProperty(tag, "optional")

/** The watched middleware; `trackerOf` has the tracker of a method. */
export const watchMiddleware = (
  middleware: Middleware,
  { optional, wrap }: MiddlewareTag,
  trackerOf: (method: string) => CallTracker | undefined
): Middleware => {
  const endsCall = optional ? isLost : isNoSuccess
  return (call) => {
    const tracker = trackerOf(call.rpc._tag)
    if (tracker === undefined) {
      return middleware(call)
    }
    return wrap
      ? watchWrapping(middleware, call, tracker)
      : watchWith(middleware(call), tracker.withoutHandler(endsCall))
  }
}

const isNoSuccess = ({ _tag }: Outcome): boolean => _tag !== "success"

const isLost = ({ _tag }: Outcome): boolean => _tag === "defect" || _tag === "interrupted"

// What it does after the rest of the call has begun is not told apart from that.
const watchWrapping = (middleware: Middleware, call: MiddlewareCall, tracker: CallTracker) =>
  Effect.suspend(() => {
    let isReached = false
    const next = Effect.suspend(() => {
      isReached = true
      return call.next ?? Effect.void
    })
    return watchWith(
      middleware({ ...call, next }),
      tracker.withoutHandler(() => !isReached)
    )
  })
