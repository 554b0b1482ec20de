/**
 * The runners of a cluster on Node, watched: `NodeClusterSocket` and `NodeClusterHttp` of `@effect/platform-node` with
 * the same options. That package is loaded when such a layer is built, and not before.
 */
import * as HttpRunner from "@effect/cluster/HttpRunner"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as RunnerServer from "@effect/cluster/RunnerServer"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as HttpRouter from "@effect/platform/HttpLayerRouter"
import type { ServeError } from "@effect/platform/HttpServerError"
import { SocketServer, type SocketServerError } from "@effect/platform/SocketServer"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { MetricsService } from "../../../observe/metrics.ts"
import {
  type RunnerMetricsOptions,
  sqlRunnerStorage,
  watched,
  type WithMetrics,
  withBacklog
} from "./runner-metrics.ts"
import type { ClusterMetricsOptions } from "../options.ts"
import { runnerHealth, runners } from "../peers/runners.ts"
import { runnerStorage } from "../shards/runner-storage.ts"
import { messageStorage, sqlMessageStorage } from "../storage/message-storage.ts"

/** Where a runner keeps its messages and locks: nowhere, in SQL, or in storages that the user brings. */
export type NodeStorage = "local" | "sql" | "byo"

/** The options of `NodeClusterSocket.layer` of `@effect/platform-node`, and what to watch. */
export interface NodeRunnerOptions<ClientOnly extends boolean, Storage extends NodeStorage> extends WithMetrics {
  readonly serialization?: "msgpack" | "ndjson" | undefined
  readonly serializationMaxBufferSize?: number | "unbounded" | undefined
  readonly clientOnly?: ClientOnly | undefined
  /** `byo`: storages of your own are decorated as well. */
  readonly storage?: Storage | undefined
  readonly runnerHealth?: "ping" | "k8s" | undefined
  readonly runnerHealthK8s?:
    | { readonly namespace?: string | undefined; readonly labelSelector?: string | undefined }
    | undefined
  readonly shardingConfig?: Partial<ShardingConfig.ShardingConfig["Type"]> | undefined
}

/** The options of `NodeClusterHttp.layer` of `@effect/platform-node`, and what to watch. */
export interface NodeHttpRunnerOptions<
  ClientOnly extends boolean,
  Storage extends NodeStorage
> extends NodeRunnerOptions<ClientOnly, Storage> {
  readonly transport: "http" | "websocket"
}

/** The layer of a runner on Node, whose types follow from its options as upstream has them. */
export type NodeRunner<ClientOnly extends boolean, Storage extends NodeStorage, ServerError> = Layer.Layer<
  Sharding.Sharding | Runners.Runners | ("byo" extends Storage ? never : MessageStorage.MessageStorage),
  ConfigError | (ClientOnly extends true ? never : ServerError),
  | MetricsService
  | ("local" extends Storage
      ? never
      : "byo" extends Storage
        ? MessageStorage.MessageStorage | RunnerStorage.RunnerStorage
        : SqlClient)
>

/** A cluster over sockets: `NodeClusterSocket` of `@effect/platform-node`, watched. */
export const NodeClusterSocket = {
  layer: <const ClientOnly extends boolean = false, const Storage extends NodeStorage = never>(
    options: NodeRunnerOptions<ClientOnly, Storage> = {}
  ): NodeRunner<ClientOnly, Storage, SocketServerError> => {
    const { metrics = {} } = options
    const runner =
      options.clientOnly === true
        ? clientOnly(metrics)
        : Layer.provide(
            server(metrics).pipe(logAddress, Layer.provide(RpcServer.layerProtocolSocketServer)),
            socketServer
          )
    return asOptionsSay<ClientOnly, Storage, SocketServerError>(
      assemble(Layer.provide(runner, health(options, socketProtocol)), socketProtocol, options)
    )
  }
} as const

/** A cluster over HTTP or web sockets: `NodeClusterHttp` of `@effect/platform-node`, watched. */
export const NodeClusterHttp = {
  layer: <const ClientOnly extends boolean = false, const Storage extends NodeStorage = never>(
    options: NodeHttpRunnerOptions<ClientOnly, Storage>
  ): NodeRunner<ClientOnly, Storage, ServeError> => {
    const { metrics = {}, transport } = options
    const protocol = transport === "http" ? httpProtocol : webSocketProtocol
    const route =
      transport === "http"
        ? RpcServer.layerProtocolHttpRouter({ path: "/" })
        : RpcServer.layerProtocolWebsocketRouter({ path: "/" })
    const runner =
      options.clientOnly === true
        ? clientOnly(metrics)
        : Layer.provide(HttpRouter.serve(Layer.provide(server(metrics), route)), httpServer)
    return asOptionsSay<ClientOnly, Storage, ServeError>(
      assemble(Layer.provide(runner, health(options, protocol)), protocol, options)
    )
  }
} as const

const nodeSocket = Effect.promise(() => import("@effect/platform-node/NodeClusterSocket"))
const nodeHttp = Effect.promise(() => import("@effect/platform-node/NodeClusterHttp"))

const socketServer = Layer.unwrapEffect(Effect.map(nodeSocket, ({ layerSocketServer }) => layerSocketServer))
const socketProtocol = Layer.unwrapEffect(Effect.map(nodeSocket, ({ layerClientProtocol }) => layerClientProtocol))
const httpServer = Layer.unwrapEffect(Effect.map(nodeHttp, ({ layerHttpServer }) => layerHttpServer))
const httpProtocol = HttpRunner.layerClientProtocolHttpDefault.pipe(
  Layer.provide(
    Layer.unwrapEffect(
      Effect.map(
        Effect.promise(() => import("@effect/platform-node/NodeHttpClient")),
        ({ layerUndici }) => layerUndici
      )
    )
  )
)
const webSocketProtocol = HttpRunner.layerClientProtocolWebsocketDefault.pipe(
  Layer.provide(
    Layer.unwrapEffect(
      Effect.map(
        Effect.promise(() => import("@effect/platform-node/NodeSocket")),
        ({ layerWebSocketConstructor }) => layerWebSocketConstructor
      )
    )
  )
)
const k8sHttpClient = Layer.unwrapEffect(Effect.map(nodeSocket, ({ layerK8sHttpClient }) => layerK8sHttpClient))

type Protocol = typeof socketProtocol

// Sharding and Runners as `RunnerServer` puts them together, both decorated.
const clients = (metrics: ClusterMetricsOptions) =>
  watched(Sharding.layer, metrics).pipe(Layer.provideMerge(runners(metrics).pipe(Layer.provide(Runners.layerRpc))))

const server = (metrics: ClusterMetricsOptions) => RunnerServer.layer.pipe(Layer.provideMerge(clients(metrics)))

const clientOnly = (metrics: ClusterMetricsOptions) =>
  clients(metrics).pipe(
    Layer.provide(RunnerHealth.layerNoop),
    Layer.updateService(ShardingConfig.ShardingConfig, (config) => ({ ...config, runnerAddress: Option.none() }))
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

const health = <ClientOnly extends boolean, Storage extends NodeStorage>(
  { metrics = {}, ...options }: NodeRunnerOptions<ClientOnly, Storage>,
  protocol: Protocol
) =>
  options.clientOnly === true
    ? RunnerHealth.layerNoop
    : runnerHealth(metrics).pipe(
        Layer.provide(
          options.runnerHealth === "k8s"
            ? RunnerHealth.layerK8s(options.runnerHealthK8s).pipe(Layer.provide(k8sHttpClient))
            : RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc), Layer.provide(protocol))
        )
      )

const assemble = <A, E, R, ClientOnly extends boolean, Storage extends NodeStorage>(
  runner: Layer.Layer<A | Sharding.Sharding, E, R>,
  protocol: Protocol,
  { metrics = {}, ...options }: NodeRunnerOptions<ClientOnly, Storage>
) => {
  const serialization =
    options.serialization === "ndjson"
      ? RpcSerialization.layerNdjsonWith({ maxBufferSize: options.serializationMaxBufferSize })
      : RpcSerialization.layerMsgPackWith({ maxBufferSize: options.serializationMaxBufferSize })
  const stored = Layer.provide(runner, protocol).pipe(
    Layer.provideMerge(messages(options.storage, metrics)),
    Layer.provide(locks(options.storage, metrics))
  )
  const isSql = options.storage === undefined || options.storage === "sql"
  return (isSql && options.clientOnly !== true ? withBacklog(stored, metrics.backlog) : stored).pipe(
    Layer.provide(ShardingConfig.layerFromEnv(options.shardingConfig)),
    Layer.provide(serialization)
  )
}

const messages = (
  storage: NodeStorage | undefined,
  metrics: RunnerMetricsOptions
): Layer.Layer<
  MessageStorage.MessageStorage,
  never,
  MessageStorage.MessageStorage | SqlClient | ShardingConfig.ShardingConfig | MetricsService
> => {
  switch (storage) {
    case "local":
      return MessageStorage.layerNoop
    case "byo":
      return messageStorage(metrics)
    case "sql":
    case undefined:
      return sqlMessageStorage(metrics)
  }
}

const locks = (
  storage: NodeStorage | undefined,
  metrics: RunnerMetricsOptions
): Layer.Layer<
  RunnerStorage.RunnerStorage,
  never,
  RunnerStorage.RunnerStorage | SqlClient | ShardingConfig.ShardingConfig | MetricsService
> => {
  switch (storage) {
    case "local":
      return runnerStorage(metrics).pipe(Layer.provide(RunnerStorage.layerMemory))
    case "byo":
      return runnerStorage(metrics)
    case "sql":
    case undefined:
      return sqlRunnerStorage(metrics)
  }
}

// Which storage is put together decides what the layer needs and gives, and `NodeRunner` reads the same option: `local`
// needs nothing, `byo` what it decorates, SQL its client; a client has no server that could fail.
const asOptionsSay = <ClientOnly extends boolean, Storage extends NodeStorage, ServerError>(
  layer: unknown
): NodeRunner<ClientOnly, Storage, ServerError> =>
  // oxlint-disable-next-line typescript/consistent-type-assertions
  layer as NodeRunner<ClientOnly, Storage, ServerError>
