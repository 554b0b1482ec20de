/**
 * The decorator of a client's protocol: times each call, from its request until the answer has arrived. It sees calls
 * encoded, as they go over the wire.
 */
import { Protocol } from "@effect/rpc/RpcClient"
import type { FromServerEncoded } from "@effect/rpc/RpcMessage"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { interrupted } from "../../observe/catalogue/outcome.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { ofCause } from "../../observe/track/outcome-of.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"
import { Calls } from "./calls.ts"
import { ofDefect, ofEncodedExit } from "./encoded-exit.ts"

/**
 * Decorates the `RpcClient.Protocol` that it is given. Each call is one in `rpc_client_call_duration_seconds`, a stream when
 * its end has arrived, and one that nobody waits for when its answer has. A call that is interrupted, a stream that is left
 * early, and what is under way when the client's scope closes have `error_type="interrupted"`; what could not be sent, or
 * was under way when the connection was lost, has `RpcClientError`.
 */
export const clientLayer = (): Layer.Layer<Protocol, never, Protocol | MetricsService> =>
  Layer.effect(
    Protocol,
    Effect.map(Effect.all([Protocol, MetricsService]), ([protocol, metrics]) =>
      decorateOnce("RpcClient.Protocol", protocol, {
        meter: metrics.meter,
        decorate: (given) => watched(given, new Calls(metrics))
      })
    )
  )

const watched = (protocol: Protocol["Type"], calls: Calls): Protocol["Type"] => ({
  ...protocol,
  send: (request, transferables) => {
    switch (request._tag) {
      case "Request":
        return Effect.suspend(() => {
          calls.begin(request)
          return Effect.onExit(protocol.send(request, transferables), (exit) =>
            exit._tag === "Success" ? Effect.void : Effect.sync(() => calls.end(request.id, ofCause(exit.cause)))
          )
        })
      case "Interrupt":
        return Effect.suspend(() => {
          calls.end(request.requestId, interrupted)
          return protocol.send(request, transferables)
        })
      default:
        return protocol.send(request, transferables)
    }
  },
  // It runs as long as the client's scope is open.
  run: (receive) =>
    Effect.acquireUseRelease(
      Effect.sync(() => calls.open()),
      () => protocol.run((message) => Effect.suspend(() => watchReceiving(message, receive, calls))),
      () => Effect.sync(() => calls.close())
    )
})

const watchReceiving = (
  message: FromServerEncoded,
  receive: (message: FromServerEncoded) => Effect.Effect<void>,
  calls: Calls
): Effect.Effect<void> => {
  observe(message, calls)
  const received = receive(message)
  return message._tag === "Chunk"
    ? // A part that does not decode ends the stream, with that cause.
      Effect.onError(received, (cause) => Effect.sync(() => calls.end(message.requestId, ofCause(cause))))
    : received
}

const observe = (message: FromServerEncoded, calls: Calls): void => {
  switch (message._tag) {
    case "Exit":
      return calls.end(message.requestId, ofEncodedExit(message.exit))
    // The client ends all of its calls with either of these.
    case "Defect":
      return calls.endAll(ofDefect(message.defect))
    case "ClientProtocolError":
      return calls.endAll(failed(message.error))
    default:
      return undefined
  }
}

const failed = (error: unknown): Outcome => ({ _tag: "failure", error })
