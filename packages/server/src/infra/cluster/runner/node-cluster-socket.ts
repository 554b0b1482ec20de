/** The decorated `NodeClusterSocket` of `@effect/platform-node`: a runner on Node over sockets. */
import { SocketServer, type SocketServerError } from "@effect/platform/SocketServer"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { NodeRunner, NodeRunnerOptions, NodeStorage } from "./node-options.ts"
import { nodeRunner, nodeSocketModule } from "./node-runner.ts"

/** A cluster over sockets: `NodeClusterSocket` of `@effect/platform-node`, with metrics. */
export const NodeClusterSocket = {
  layer: <const ClientOnly extends boolean = false, const Storage extends NodeStorage = never>(
    options: NodeRunnerOptions<ClientOnly, Storage> = {}
  ): NodeRunner<ClientOnly, Storage, SocketServerError> =>
    nodeRunner<ClientOnly, Storage, SocketServerError>(options, {
      protocol,
      serve: (runner) =>
        Layer.provide(runner.pipe(logAddress, Layer.provide(RpcServer.layerProtocolSocketServer)), server)
    })
} as const

const protocol = Layer.unwrapEffect(Effect.map(nodeSocketModule, ({ layerClientProtocol }) => layerClientProtocol))
const server = Layer.unwrapEffect(Effect.map(nodeSocketModule, ({ layerSocketServer }) => layerSocketServer))

const logAddress = <A, E, R>(runner: Layer.Layer<A, E, R>) =>
  Layer.effectDiscard(
    Effect.flatMap(SocketServer, ({ address }) => {
      const at = address._tag === "UnixAddress" ? address.path : `${address.hostname}:${address.port}`
      return Effect.annotateLogs(Effect.logInfo(`Listening on: ${at}`), {
        package: "@effect/cluster",
        service: "Runner"
      })
    })
  ).pipe(Layer.provideMerge(runner))
