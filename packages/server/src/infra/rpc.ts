/**
 * Metrics of `@effect/rpc`. No handler and no call changes:
 *
 *     const Server = RpcServer.layer(Api).pipe(
 *       Layer.provide(RpcMetrics.serverLayer(Api)),          // between the server and its handlers
 *       Layer.provide(RpcMetrics.serverProtocolLayer(Api)),  // calls that never reach a handler
 *       Layer.provide([Handlers, RpcServer.layerProtocolHttp({ path: "/rpc" })])
 *     )
 *     const Protocol = RpcMetrics.clientLayer().pipe(Layer.provide(RpcClient.layerProtocolHttp({ url })))
 *
 * What the layers are put around is counted, and nothing else: the calls with which a cluster works inside are not.
 *
 * @module
 */
import { clientLayer } from "./rpc/client.ts"
import { serverProtocolLayer } from "./rpc/server-protocol.ts"
import { serverLayer } from "./rpc/server.ts"

export type { AnyGroup } from "./rpc/server-protocol.ts"
export type { Decorated } from "./rpc/server.ts"

/** The decorators of the handlers and of the protocol of a server, and of the protocol of a client. */
export const RpcMetrics = { serverLayer, serverProtocolLayer, clientLayer } as const
