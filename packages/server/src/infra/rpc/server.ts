/** The decorator of the handlers of a group: times each call, from the start of its handler to the end of what it returned. */
import type * as Rpc from "@effect/rpc/Rpc"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../observe/metrics.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"
import { CallTracker } from "./call-tracker.ts"
import { type Handle, isStreamRpc, watchHandler } from "./handler.ts"

/**
 * Decorates the handlers of a group. Each call that reaches its handler is one in `rpc_server_call_duration_seconds`, a
 * stream when it ends. Goes between the server, or `RpcTest.makeClient`, and the handlers. A call that a client interrupts,
 * or that ends with the server, has `error_type="interrupted"`.
 *
 * Not counted are calls of unknown methods, with payloads that do not decode, or refused by a middleware; the wait for
 * the server's `concurrency`, which is unbounded by default, is not a part of the duration.
 */
export const serverLayer = <Rpcs extends Rpc.Any>(
  group: RpcGroup.RpcGroup<Rpcs>
): Layer.Layer<Rpc.ToHandler<Rpcs>, never, Rpc.ToHandler<Rpcs> | MetricsService> =>
  Layer.effectContext(
    Effect.map(Effect.all([Effect.context<Rpc.ToHandler<Rpcs>>(), MetricsService]), ([context, metrics]) =>
      Context.unsafeMake(
        new Map(
          Array.from(group.requests.values()).flatMap((rpc): ReadonlyArray<[string, AnyHandler]> => {
            const handler: AnyHandler | undefined = context.unsafeMap.get(rpc.key)
            return handler === undefined ? [] : [[rpc.key, watched(handler, rpc, metrics)]]
          })
        )
      )
    )
  )

interface AnyHandler {
  readonly handler: Handle
}

const watched = (handler: AnyHandler, rpc: Rpc.Any, { meter, rpc: handles }: MetricsService): AnyHandler =>
  decorateOnce(`the handler of ${rpc._tag}`, handler, {
    meter,
    decorate: (given) => ({
      ...given,
      handler: watchHandler(
        given.handler,
        isStreamRpc(rpc),
        new CallTracker(meter, { active: handles.serverCallsActive, duration: handles.serverCallDuration }, rpc._tag)
      )
    })
  })
