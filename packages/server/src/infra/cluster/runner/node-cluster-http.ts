/** The decorated `NodeClusterHttp` of `@effect/platform-node`: a runner on Node over HTTP or web sockets. */
import * as HttpRunner from "@effect/cluster/HttpRunner"
import * as HttpRouter from "@effect/platform/HttpLayerRouter"
import type { ServeError } from "@effect/platform/HttpServerError"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { tokenOf } from "./cluster-secret.ts"
import { httpServer } from "./http-server.ts"
import type { NodeHttpRunnerOptions, NodeRunner, NodeStorage } from "./node-options.ts"
import { nodeRunner } from "./node-runner.ts"
import { onlyPeers, withToken, withTokenProtocol } from "./peer-request.ts"

/** A cluster over HTTP or web sockets: `NodeClusterHttp` of `@effect/platform-node`, with metrics and a secret. */
export const NodeClusterHttp = {
  layer: <const ClientOnly extends boolean = false, const Storage extends NodeStorage = never>(
    options: NodeHttpRunnerOptions<ClientOnly, Storage>
  ): NodeRunner<ClientOnly, Storage, ServeError> => {
    const token = tokenOf(options.clusterSecret)
    const { protocol, route } = options.transport === "http" ? http : webSocket
    return nodeRunner<ClientOnly, Storage, ServeError>(options, {
      protocol: protocol(token),
      serve: (runner) =>
        Layer.provide(
          HttpRouter.serve(Layer.provideMerge(Layer.provide(runner, route()), onlyPeers(token))),
          httpServer(options.clusterSecret)
        )
    })
  }
} as const

/** A layer of the optional peer, loaded when it is built. */
const loaded = <A, E, R>(load: () => Promise<Layer.Layer<A, E, R>>): Layer.Layer<A, E, R> =>
  Layer.unwrapEffect(Effect.promise(load))

const http = {
  protocol: (token: string) =>
    HttpRunner.layerClientProtocolHttpDefault.pipe(
      Layer.provide(withToken(token)),
      Layer.provide(loaded(() => import("@effect/platform-node/NodeHttpClient").then(({ layerUndici }) => layerUndici)))
    ),
  route: () => RpcServer.layerProtocolHttpRouter({ path: "/" })
}

const webSocket = {
  protocol: (token: string) =>
    HttpRunner.layerClientProtocolWebsocketDefault.pipe(
      Layer.provide(withTokenProtocol(token)),
      Layer.provide(
        loaded(() =>
          import("@effect/platform-node/NodeSocket").then(({ layerWebSocketConstructor }) => layerWebSocketConstructor)
        )
      )
    ),
  route: () => RpcServer.layerProtocolWebsocketRouter({ path: "/" })
}
