/**
 * The decorator of the handlers of a group and of its middlewares: times each call, from the start of its handler to the end
 * of what it returned.
 */
import type * as Rpc from "@effect/rpc/Rpc"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../observe/metrics.ts"
import type { Meter } from "../../observe/instrument/meter.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"
import { CallTracker } from "./call-tracker.ts"
import { type Handle, isStreamRpc, watchHandler } from "./handler.ts"
import { guardOf, type Middleware, middlewaresOf } from "./middleware.ts"

/**
 * Decorates the handlers of a group, and its middlewares if it has any. Each call that the server runs is one in
 * `rpc_server_call_duration_seconds`, a stream when it ends. Goes between the server, or `RpcTest.makeClient`, and what is
 * decorated. A call that a client interrupts, or that ends with the server, has `error_type="interrupted"`. One that a
 * middleware refuses has the error of that; otherwise the time of middlewares is not a part of the duration.
 *
 * The wait for the server's `concurrency`, which is unbounded by default, is not a part of the duration, as it is not one of
 * the server's span. Calls that never reach a handler, because their method is unknown, their payload does not decode, or they
 * are interrupted in that wait, are counted where `serverProtocolLayer` is beside this layer.
 */
export const serverLayer = <Rpcs extends Rpc.Any>(
  group: Pick<RpcGroup.RpcGroup<Rpcs>, "requests">
): Layer.Layer<Decorated<Rpcs>, never, Decorated<Rpcs> | MetricsService> =>
  Layer.effectContext(
    Effect.map(Effect.all([Effect.context<Decorated<Rpcs>>(), MetricsService]), ([context, metrics]) =>
      Context.unsafeMake(decorated(group, context.unsafeMap, metrics))
    )
  )

/** What is decorated: the handlers of RPCs, and their middlewares. */
export type Decorated<Rpcs extends Rpc.Any> = Rpc.ToHandler<Rpcs> | Rpc.Middleware<Rpcs>

interface AnyHandler {
  readonly handler: Handle
}

/** The tracker of an RPC whose handler is decorated. */
export const trackerOf = (meter: Meter, rpc: Rpc.Any): CallTracker | undefined => trackers.get(meter)?.get(rpc)

const trackers = new WeakMap<Meter, WeakMap<Rpc.Any, CallTracker>>()

const decorated = (
  { requests }: { readonly requests: ReadonlyMap<string, Rpc.Any> },
  // oxlint-disable-next-line typescript/no-explicit-any -- as in the map of a context: what a key has, its tag says
  services: ReadonlyMap<string, any>,
  { meter, rpc: handles }: MetricsService
): Map<string, object> => {
  const made = new Map<string, object>()
  const known = trackers.get(meter) ?? new WeakMap<Rpc.Any, CallTracker>()
  trackers.set(meter, known)
  for (const rpc of requests.values()) {
    const tracker = new CallTracker(
      meter,
      { active: handles.serverCallsActive, duration: handles.serverCallDuration },
      rpc._tag
    )
    // What is missing in spite of the types is left to the server, which tells of it when it is called.
    const handler: AnyHandler | undefined = services.get(rpc.key)
    if (handler !== undefined) {
      known.set(rpc, tracker)
      const decorate = (given: AnyHandler): AnyHandler => ({
        ...given,
        handler: watchHandler(given.handler, isStreamRpc(rpc), tracker)
      })
      made.set(rpc.key, decorateOnce(`the handler of ${rpc._tag}`, handler, { meter, decorate }))
    }
    for (const tag of middlewaresOf(rpc)) {
      const middleware: Middleware | undefined = services.get(tag.key)
      if (middleware !== undefined) {
        const { trackers, watched } = guardOf(middleware, tag, meter)
        trackers.set(rpc._tag, tracker)
        made.set(tag.key, watched)
      }
    }
  }
  return made
}
