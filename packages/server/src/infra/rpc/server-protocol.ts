/**
 * The decorator of a server's protocol: counts the calls that never reach a handler, which the decorator of handlers can't
 * see.
 */
import type * as Rpc from "@effect/rpc/Rpc"
import type * as RpcGroup from "@effect/rpc/RpcGroup"
import type { FromClientEncoded, RequestEncoded } from "@effect/rpc/RpcMessage"
import { Protocol } from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Mailbox from "effect/Mailbox"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import { currentFiber } from "../../observe/instrument/fiber.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { Watch } from "../../observe/track/watch.ts"
import { decorateOnce } from "../decorator/decorate-once.ts"
import { Arrivals } from "./arrivals.ts"
import { Refusals } from "./refusals.ts"
import { trackerOf } from "./server.ts"

/** A group, by the methods that it has. */
export type AnyGroup = Pick<RpcGroup.RpcGroup<Rpc.Any>, "requests">

/**
 * Decorates the `RpcServer.Protocol` that it is given; goes beside the `serverLayer` of the same groups, and counts what that
 * can't see. Calls of methods that the server does not have are `rpc_method="_OTHER"` and `error_type="UnknownMethod"`, and
 * those whose id or payload does not decode `error_type="ParseError"`. Calls that are interrupted while they wait for the
 * server's `concurrency` have `error_type="interrupted"`, but for uninterruptible ones, which run nevertheless. The duration of each is the time from its arrival until it ended.
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

type Receiving = (clientId: number, message: FromClientEncoded) => Received

const watched = (protocol: Protocol["Type"], arrivals: Arrivals, { groups, metrics }: Known): Protocol["Type"] => {
  const refusals = new Refusals(metrics)
  const receive = (receiving: Receiving, clientId: number, request: RequestEncoded): Received => {
    const rpc = groups.map(({ requests }) => requests.get(request.tag)).find((found) => found !== undefined)
    if (rpc === undefined) {
      return refusals.read(receiving(clientId, request))
    }
    const watcher = trackerOf(metrics.meter, rpc)?.withoutHandler()
    // A call whose handler is not watched is left alone.
    if (watcher === undefined) {
      return receiving(clientId, request)
    }
    const received = Either.try({ try: () => receiving(clientId, request), catch: identity })
    if (Either.isLeft(received)) {
      new Watch(watcher, currentFiber()).end(isNotDecoded)
      throw received.left
    }
    return Effect.suspend(() => {
      const arrival = arrivals.arrive(clientId, request, watcher)
      return Effect.onExit(received.right, (exit) => Effect.sync(() => arrival.received(exit, isNotDecoded)))
    })
  }
  const watchMessage = (receiving: Receiving, clientId: number, message: FromClientEncoded): Received => {
    switch (message._tag) {
      case "Request":
        return receive(receiving, clientId, message)
      case "Interrupt":
        return Effect.onExit(receiving(clientId, message), () =>
          Effect.sync(() => arrivals.interrupt(clientId, message.requestId))
        )
      default:
        return receiving(clientId, message)
    }
  }
  return {
    ...protocol,
    disconnects: tapped(protocol.disconnects, (clientId) => arrivals.leave(clientId)),
    send: (clientId, response, transferables) => {
      const sent = protocol.send(clientId, response, transferables)
      return response._tag === "Defect" ? Effect.zipRight(refusals.refuse, sent) : sent
    },
    run: (receiving) => protocol.run((clientId, message) => watchMessage(receiving, clientId, message))
  }
}

const isNotDecoded: Outcome = { _tag: "failure", error: { _tag: "ParseError" } }

/** The same mailbox, that tells of what is taken from it one by one, which is how the server reads it. */
const tapped = <A>(mailbox: Mailbox.ReadonlyMailbox<A>, taken: (value: A) => void): Mailbox.ReadonlyMailbox<A> => {
  const take = Effect.tap(mailbox.take, (value) => Effect.sync(() => taken(value)))
  return new Proxy(mailbox, { get: (target, key) => (key === "take" ? take : Reflect.get(target, key)) })
}
