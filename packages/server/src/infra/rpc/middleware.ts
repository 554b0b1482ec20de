/**
 * Watches the middlewares of a group: a call that ends in one of them, before it has reached its handler, is counted there.
 * The others are left to the handler.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { currentFiber } from "../../observe/instrument/fiber.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import { trackWith, Watch } from "../../observe/track/watch.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"
import { arrivalOf } from "./arrivals.ts"
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

/** A watched middleware, with the trackers of the methods that it guards. */
export interface Guard {
  readonly watched: Middleware
  readonly trackers: Map<string, CallTracker>
}

/** The guard that a middleware is. Several groups may have it: then it is one for all of them. */
export const guardOf = (middleware: Middleware, tag: MiddlewareTag, meter: Meter): Guard => {
  const known = guards.get(meter) ?? new Map<string, WeakMap<Middleware, Guard>>()
  guards.set(meter, known)
  const ofTag = known.get(tag.key) ?? new WeakMap<Middleware, Guard>()
  known.set(tag.key, ofTag)
  const found = ofTag.get(middleware)
  if (found !== undefined) {
    return found
  }
  const trackers = new Map<string, CallTracker>()
  const watched = decorateOnce(`the middleware ${tag.key}`, middleware, {
    meter,
    decorate: (given) => watchMiddleware(given, tag, (method) => trackers.get(method))
  })
  const made = { watched, trackers }
  ofTag.set(middleware, made)
  ofTag.set(watched, made)
  return made
}

const guards = new WeakMap<Meter, Map<string, WeakMap<Middleware, Guard>>>()

const watchMiddleware = (
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
    return wrap ? watchWrapping(middleware, call, tracker) : watchCall(() => middleware(call), tracker, endsCall)
  }
}

const isNoSuccess = ({ _tag }: Outcome): boolean => _tag !== "success"

const isLost = ({ _tag }: Outcome): boolean => _tag === "defect" || _tag === "interrupted"

// What it does after the rest of the call has begun is not told apart from that.
const watchWrapping = (middleware: Middleware, call: MiddlewareCall, tracker: CallTracker) => {
  let isReached = false
  const next = Effect.suspend(() => {
    isReached = true
    return call.next ?? Effect.void
  })
  return watchCall(
    () => middleware({ ...call, next }),
    tracker,
    () => !isReached
  )
}

// A middleware is called as the request arrives, and what it throws there ends the call.
const watchCall = (
  call: () => ReturnType<Middleware>,
  tracker: CallTracker,
  endsCall: (outcome: Outcome) => boolean
): ReturnType<Middleware> => {
  const arrival = arrivalOf(tracker.method)
  const guarding = tracker.guarding(endsCall)
  const called = Either.try({ try: call, catch: identity })
  if (Either.isLeft(called)) {
    const watch = new Watch(guarding, currentFiber())
    watch.begin(guarding, arrival)
    watch.end({ _tag: "defect", defect: called.left })
    throw called.left
  }
  return trackWith(called.right, guarding, arrival)
}
