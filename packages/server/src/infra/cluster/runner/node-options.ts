/** The options of the runners on Node, and the types that follow from them. */
import type * as MessageStorage from "@effect/cluster/MessageStorage"
import type * as Runners from "@effect/cluster/Runners"
import type * as RunnerStorage from "@effect/cluster/RunnerStorage"
import type * as Sharding from "@effect/cluster/Sharding"
import type * as ShardingConfig from "@effect/cluster/ShardingConfig"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { ConfigError } from "effect/ConfigError"
import type * as Layer from "effect/Layer"
import type { MetricsService } from "../../../observe/metrics.ts"
import type { ClusterSecret } from "./cluster-secret.ts"
import type { WithMetrics } from "./runner-metrics.ts"

/**
 * What a runner stores in: `local` keeps locks in memory and no messages, `sql` both in SQL, `byo` in your own
 * storages.
 */
export type NodeStorage = "local" | "sql" | "byo"

/** The options of `NodeClusterSocket.layer` of `@effect/platform-node`, the cluster's secret, and what to record. */
export interface NodeRunnerOptions<ClientOnly extends boolean, Storage extends NodeStorage> extends WithMetrics {
  /**
   * What runners and clients of the cluster prove to each other that they have. Required where the address that a runner
   * listens on is not loopback; peers with another one are refused. Not the secret itself goes over the network, but
   * whoever can read there can use what does.
   */
  readonly clusterSecret?: ClusterSecret | undefined
  /** The encoding of messages between runners; `msgpack` unless given. */
  readonly serialization?: "msgpack" | "ndjson" | undefined
  /** The most bytes to buffer of a message that has not arrived completely; upstream's default unless given. */
  readonly serializationMaxBufferSize?: number | "unbounded" | undefined
  /** Whether this process only sends messages and runs no entities. */
  readonly clientOnly?: ClientOnly | undefined
  /** `sql` by default. Storages of your own (`byo`) are decorated as well. */
  readonly storage?: Storage | undefined
  /** How to check the health of other runners: by asking them (`ping`, the default), or from Kubernetes (`k8s`). */
  readonly runnerHealth?: "ping" | "k8s" | undefined
  /** Which pods are runners; for `runnerHealth: "k8s"`. */
  readonly runnerHealthK8s?:
    | { readonly namespace?: string | undefined; readonly labelSelector?: string | undefined }
    | undefined
  /** The configuration of sharding; what is not given comes from its environment variables and defaults. */
  readonly shardingConfig?: Partial<ShardingConfig.ShardingConfig["Type"]> | undefined
}

/** The options of `NodeClusterHttp.layer` of `@effect/platform-node`, the cluster's secret, and what to record. */
export interface NodeHttpRunnerOptions<
  ClientOnly extends boolean,
  Storage extends NodeStorage
> extends NodeRunnerOptions<ClientOnly, Storage> {
  /** How runners talk to each other. */
  readonly transport: "http" | "websocket"
}

/** The layer of a runner on Node. Its types follow from the options, as upstream's do. */
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
