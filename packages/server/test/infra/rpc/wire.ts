/** A server and a client of the test group with a wire between them, watched or not. */
import { createServer } from "node:http"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as SocketServer from "@effect/platform/SocketServer"
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import { Effect, Layer } from "effect"
import type { MetricsService } from "../../../src/observe/metrics.ts"
import { RpcMetrics } from "../../../src/infra/rpc.ts"
import { Api, handlers } from "./api.ts"

export const wires = ["http", "websocket", "socket"] as const

export type Wire = (typeof wires)[number]

type Answering = Layer.Layer<Layer.Layer.Success<typeof handlers>, never, MetricsService>

/** How a server runs. */
export interface ServedOptions {
  readonly concurrency?: number
  /** Its protocol is watched too. */
  readonly isProtocolWatched?: boolean
}

const protocolOf = <E, R>(protocol: Layer.Layer<RpcServer.Protocol, E, R>, { isProtocolWatched }: ServedOptions) =>
  isProtocolWatched === true ? RpcMetrics.serverProtocolLayer(Api).pipe(Layer.provide(protocol)) : protocol

/** A server on a TCP port. */
export const servedOverSocket = (answering: Answering, options: ServedOptions = {}) =>
  RpcServer.layer(Api, options).pipe(
    Layer.provide([answering, protocolOf(RpcServer.layerProtocolSocketServer, options)]),
    Layer.provideMerge(NodeSocketServer.layer({ port: 0, host: "127.0.0.1" }))
  )

const path = "/rpc"

const servedOverHttp = (answering: Answering, wire: "http" | "websocket", options: ServedOptions) =>
  HttpLayerRouter.serve(
    RpcServer.layer(Api, options).pipe(
      Layer.provide([
        answering,
        protocolOf(
          wire === "http"
            ? RpcServer.layerProtocolHttpRouter({ path })
            : RpcServer.layerProtocolWebsocketRouter({ path }),
          options
        )
      ])
    ),
    { disableLogger: true, disableListenLog: true }
  ).pipe(Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))

const httpPort = HttpServer.addressWith((address) => Effect.succeed(address._tag === "TcpAddress" ? address.port : 0))

const socketPort = Effect.map(SocketServer.SocketServer, ({ address }) =>
  address._tag === "TcpAddress" ? address.port : 0
)

const http = Layer.unwrapEffect(
  Effect.map(httpPort, (port) => RpcClient.layerProtocolHttp({ url: `http://127.0.0.1:${port}/rpc` }))
).pipe(Layer.provide(NodeHttpClient.layerUndici))

const websocket = RpcClient.layerProtocolSocket().pipe(
  Layer.provide(
    Layer.unwrapEffect(Effect.map(httpPort, (port) => NodeSocket.layerWebSocket(`ws://127.0.0.1:${port}/rpc`)))
  )
)

/** The protocol of a client of that port. */
export const socket = RpcClient.layerProtocolSocket().pipe(
  Layer.provide(Layer.unwrapEffect(Effect.map(socketPort, (port) => NodeSocket.layerNet({ port, host: "127.0.0.1" }))))
)

/** The protocol of a client, with a server behind it that answers so. */
export const over = (
  wire: Wire,
  answering: Answering,
  options: ServedOptions = {}
): Layer.Layer<RpcClient.Protocol, never, MetricsService> => {
  const ndjson = Layer.provide(RpcSerialization.layerNdjson)
  return wire === "socket"
    ? socket.pipe(Layer.provide(servedOverSocket(answering, options)), ndjson, Layer.orDie)
    : (wire === "http" ? http : websocket).pipe(
        Layer.provide(servedOverHttp(answering, wire, options)),
        ndjson,
        Layer.orDie
      )
}

/** The handlers, watched. */
export const watchedHandlers = RpcMetrics.serverLayer(Api).pipe(Layer.provide(handlers))

/** Both ends and both protocols, watched. */
export const watchedWire = (wire: Wire, options: ServedOptions = {}) =>
  RpcMetrics.clientLayer().pipe(Layer.provide(over(wire, watchedHandlers, { ...options, isProtocolWatched: true })))

/** The same, not watched. */
export const plainWire = (wire: Wire, options: ServedOptions = {}) => over(wire, handlers, options)
