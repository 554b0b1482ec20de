/**
 * The decorator of a server's protocol: counts the calls that never reach a handler, which the decorator of handlers can't
 * see.
 */
import type * as Rpc from "@effect/rpc/Rpc"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import type { FromClientEncoded, RequestEncoded } from "@effect/rpc/RpcMessage"
import { Protocol } from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Mailbox from "effect/Mailbox"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { watchWith } from "../../observe/track/watch.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"
import { Arrivals } from "./arrivals.ts"
import { CallTracker } from "./call-tracker.ts"
import { trackerOf } from "./server.ts"

/** A group, by the methods that it has. */
export type AnyGroup = Pick<RpcGroup.RpcGroup<Rpc.Any>, "requests">

/**
 * Decorates the `RpcServer.Protocol` that it is given; goes beside the `serverLayer` of the same groups, and counts what that
 * can't see. Calls of unknown methods have `rpc_method="_OTHER"` and `error_type="UnknownMethod"`, and those whose payload
 * does not decode `error_type="ParseError"`. Calls that are interrupted while they wait for the server's `concurrency` have
 * `error_type="interrupted"`. The duration of each is the time from its arrival until it ended.
 */
export const serverProtocolLayer = (
  ...groups: ReadonlyArray<AnyGroup>
): Layer.Layer<Protocol, never, Protocol | MetricsService> =>
  Layer.scoped(
    Protocol,
    Effect.gen(function* () {
      const metrics = yield* MetricsService
      const arrivals = yield* Effect.acquireRelease(
        Effect.sync(() => new Arrivals()),
        (made) => Effect.sync(() => made.close())
      )
      return decorateOnce("RpcServer.Protocol", yield* Protocol, {
        meter: metrics.meter,
        decorate: (given) => watched(given, arrivals, { metrics, groups })
      })
    })
  )

interface Known {
  readonly metrics: MetricsService
  readonly groups: ReadonlyArray<AnyGroup>
}

type Received = Effect.Effect<void>

const watched = (protocol: Protocol["Type"], arrivals: Arrivals, { groups, metrics }: Known): Protocol["Type"] => {
  const { meter, rpc: handles } = metrics
  let other: CallTracker | undefined
  const countUnknown = (received: Received): Received => {
    other ??= new CallTracker(
      meter,
      { active: handles.serverCallsActive, duration: handles.serverCallDuration },
      unknownMethod
    )
    const tracker = other.withoutHandler()
    return watchWith(received, {
      ...tracker,
      ended: (outcome, seconds, start) =>
        tracker.ended(outcome._tag === "success" ? isUnknown : outcome, seconds, start)
    })
  }
  const receive = (clientId: number, request: RequestEncoded, received: Received): Received => {
    const rpc = groups.map(({ requests }) => requests.get(request.tag)).find((found) => found !== undefined)
    if (rpc === undefined) {
      return countUnknown(received)
    }
    const tracker = trackerOf(meter, rpc)
    // A call whose handler is not watched is left alone.
    return tracker === undefined
      ? received
      : Effect.suspend(() => {
          const arrival = arrivals.arrive(clientId, request, tracker.withoutHandler())
          return Effect.onExit(received, (exit) => Effect.sync(() => arrival.received(exit, isNotDecoded)))
        })
  }
  const watchMessage = (clientId: number, message: FromClientEncoded, received: Received): Received => {
    switch (message._tag) {
      case "Request":
        return receive(clientId, message, received)
      case "Interrupt":
        return Effect.onExit(received, () => Effect.sync(() => arrivals.interrupt(clientId, message.requestId)))
      default:
        return received
    }
  }
  return {
    ...protocol,
    disconnects: tapped(protocol.disconnects, (clientId) => arrivals.leave(clientId)),
    run: (receiving) =>
      protocol.run((clientId, message) => watchMessage(clientId, message, receiving(clientId, message)))
  }
}

/** As OpenTelemetry's convention has it: no name that a client makes up becomes a label. */
const unknownMethod = "_OTHER"

const isUnknown: Outcome = { _tag: "failure", error: { _tag: "UnknownMethod" } }

const isNotDecoded: Outcome = { _tag: "failure", error: { _tag: "ParseError" } }

/** The same mailbox, that tells of what is taken from it one by one, which is how the server reads it. */
const tapped = <A>(mailbox: Mailbox.ReadonlyMailbox<A>, taken: (value: A) => void): Mailbox.ReadonlyMailbox<A> => {
  const take = Effect.tap(mailbox.take, (value) => Effect.sync(() => taken(value)))
  return new Proxy(mailbox, { get: (target, key) => (key === "take" ? take : Reflect.get(target, key)) })
}
