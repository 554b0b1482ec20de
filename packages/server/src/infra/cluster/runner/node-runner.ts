/** A runner on Node over any transport: its decorated services, put together as its options say. */
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as RunnerServer from "@effect/cluster/RunnerServer"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import type * as RpcServer from "@effect/rpc/RpcServer"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { MetricsService } from "../../../observe/metrics.ts"
import type { ClusterMetricsOptions } from "../options.ts"
import { runnerHealth } from "../peers/runner-health.ts"
import { runners } from "../peers/runners.ts"
import { runnerStorage, sqlRunnerStorage } from "../shards/runner-storage.ts"
import { messageStorage, sqlMessageStorage } from "../storage/message-storage.ts"
import type { NodeRunner, NodeRunnerOptions, NodeStorage } from "./node-options.ts"
import { type RunnerMetricsOptions, withBacklog, withDecoratedSharding } from "./runner-metrics.ts"

/** The protocol in which a runner sends to others. */
export type ClientProtocol = Layer.Layer<Runners.RpcClientProtocol, never, RpcSerialization.RpcSerialization>

/** How a runner reaches others, and how others reach it. */
export interface Transport<ServerError> {
  readonly protocol: ClientProtocol
  /** The runner behind a server of this transport. */
  readonly serve: (runner: Server) => Layer.Layer<Layer.Layer.Success<Server>, ServerError | ConfigError, ServerNeeds>
}

/** `@effect/platform-node` is loaded when a runner's layer is built, not before. */
export const nodeSocketModule = Effect.promise(() => import("@effect/platform-node/NodeClusterSocket"))

/** The layer of a runner over a transport. */
export const nodeRunner = <ClientOnly extends boolean, Storage extends NodeStorage, ServerError>(
  options: NodeRunnerOptions<ClientOnly, Storage>,
  transport: Transport<ServerError>
): NodeRunner<ClientOnly, Storage, ServerError> => {
  const { metrics = {} } = options
  const { protocol } = transport
  const runner = options.clientOnly === true ? clientOnly(metrics) : transport.serve(server(metrics))
  return asOptionsSay<ClientOnly, Storage, ServerError>(
    assemble(Layer.provide(runner, health(options, protocol)), protocol, options)
  )
}

const k8sHttpClient = Layer.unwrapEffect(Effect.map(nodeSocketModule, ({ layerK8sHttpClient }) => layerK8sHttpClient))

// Sharding and Runners as `RunnerServer` puts them together, both decorated.
const clients = (metrics: ClusterMetricsOptions) =>
  withDecoratedSharding(Sharding.layer, metrics).pipe(
    Layer.provideMerge(runners(metrics).pipe(Layer.provide(Runners.layerRpc)))
  )

const server = (metrics: ClusterMetricsOptions) => RunnerServer.layer.pipe(Layer.provideMerge(clients(metrics)))

type Server = ReturnType<typeof server>

type ServerNeeds = Exclude<Layer.Layer.Context<Server>, RpcServer.Protocol> | RpcSerialization.RpcSerialization

const clientOnly = (metrics: ClusterMetricsOptions) =>
  clients(metrics).pipe(
    Layer.provide(RunnerHealth.layerNoop),
    Layer.updateService(ShardingConfig.ShardingConfig, (config) => ({ ...config, runnerAddress: Option.none() }))
  )

const health = <ClientOnly extends boolean, Storage extends NodeStorage>(
  { metrics = {}, ...options }: NodeRunnerOptions<ClientOnly, Storage>,
  protocol: ClientProtocol
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
  protocol: ClientProtocol,
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

// The options decide what the layer needs and provides, and `NodeRunner` reads the same options: with `local` it needs
// nothing, with `byo` the storages that it decorates, with SQL a client. A runner that is a client only has no server
// that could fail.
const asOptionsSay = <ClientOnly extends boolean, Storage extends NodeStorage, ServerError>(
  layer: unknown
): NodeRunner<ClientOnly, Storage, ServerError> =>
  // oxlint-disable-next-line typescript/consistent-type-assertions -- the proof is above
  layer as NodeRunner<ClientOnly, Storage, ServerError>
