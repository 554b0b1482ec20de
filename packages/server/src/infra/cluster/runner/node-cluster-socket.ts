/** The decorated `NodeClusterSocket` of `@effect/platform-node`: a runner on Node over sockets. */
import { SocketServer, type SocketServerError } from "@effect/platform/SocketServer"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ClusterSecret, requireSecret, tokenOf } from "./cluster-secret.ts"
import type { NodeRunner, NodeRunnerOptions, NodeStorage } from "./node-options.ts"
import { nodeRunner, nodeSocketModule } from "./node-runner.ts"
import { clientProtocol, onlyPeers } from "./peer-socket.ts"

/** A cluster over sockets: `NodeClusterSocket` of `@effect/platform-node`, with metrics and a secret. */
export const NodeClusterSocket = {
  layer: <const ClientOnly extends boolean = false, const Storage extends NodeStorage = never>(
    options: NodeRunnerOptions<ClientOnly, Storage> = {}
  ): NodeRunner<ClientOnly, Storage, SocketServerError> => {
    const token = tokenOf(options.clusterSecret)
    return nodeRunner<ClientOnly, Storage, SocketServerError>(options, {
      protocol: clientProtocol(token),
      serve: (runner) =>
        runner.pipe(
          logAddress,
          Layer.provide(RpcServer.layerProtocolSocketServer),
          Layer.provide(onlyPeers(token)),
          Layer.provide(server(options.clusterSecret))
        )
    })
  }
} as const

const server = (secret: ClusterSecret | undefined) =>
  Layer.unwrapEffect(
    Effect.map(Effect.zipRight(requireSecret(secret), nodeSocketModule), ({ layerSocketServer }) => layerSocketServer)
  )

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
