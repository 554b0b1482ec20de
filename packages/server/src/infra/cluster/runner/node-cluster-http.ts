/** The decorated `NodeClusterHttp` of `@effect/platform-node`: a runner on Node over HTTP or web sockets. */
import * as HttpRunner from "@effect/cluster/HttpRunner"
import * as HttpRouter from "@effect/platform/HttpLayerRouter"
import type { ServeError } from "@effect/platform/HttpServerError"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { NodeHttpRunnerOptions, NodeRunner, NodeStorage } from "./node-options.ts"
import { nodeRunner } from "./node-runner.ts"

/** A cluster over HTTP or web sockets: `NodeClusterHttp` of `@effect/platform-node`, with metrics. */
export const NodeClusterHttp = {
  layer: <const ClientOnly extends boolean = false, const Storage extends NodeStorage = never>(
    options: NodeHttpRunnerOptions<ClientOnly, Storage>
  ): NodeRunner<ClientOnly, Storage, ServeError> => {
    const { protocol, route } = options.transport === "http" ? http : webSocket
    return nodeRunner<ClientOnly, Storage, ServeError>(options, {
      protocol,
      serve: (runner) => Layer.provide(HttpRouter.serve(Layer.provide(runner, route())), server)
    })
  }
} as const

const server = Layer.unwrapEffect(
  Effect.map(
    Effect.promise(() => import("@effect/platform-node/NodeClusterHttp")),
    ({ layerHttpServer }) => layerHttpServer
  )
)

const http = {
  protocol: HttpRunner.layerClientProtocolHttpDefault.pipe(
    Layer.provide(
      Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("@effect/platform-node/NodeHttpClient")),
          ({ layerUndici }) => layerUndici
        )
      )
    )
  ),
  route: () => RpcServer.layerProtocolHttpRouter({ path: "/" })
}

const webSocket = {
  protocol: HttpRunner.layerClientProtocolWebsocketDefault.pipe(
    Layer.provide(
      Layer.unwrapEffect(
        Effect.map(
          Effect.promise(() => import("@effect/platform-node/NodeSocket")),
          ({ layerWebSocketConstructor }) => layerWebSocketConstructor
        )
      )
    )
  ),
  route: () => RpcServer.layerProtocolWebsocketRouter({ path: "/" })
}
