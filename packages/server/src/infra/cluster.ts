/**
 * Metrics of `@effect/cluster`. No handler, client or entity changes.
 *
 * Change one import, and provide the runner with a `MetricsService`:
 *
 *     import { SingleRunner } from "@parametric-portal/server/infra/cluster"   // was "@effect/cluster"
 *     const Runner = SingleRunner.layer().pipe(Layer.provide([Sql, MetricsService.Default]))
 *
 * `SingleRunner.layer(options)`, `NodeClusterSocket.layer(options)`, `NodeClusterHttp.layer(options)` and
 * `TestRunner.layerWith(options)` take the options of `@effect/cluster` and one more, `metrics`. `ClusterCron.make`
 * takes the same options as upstream.
 *
 * For a runner that is put together by hand, `ClusterMetrics.layer(options)` decorates `Sharding`: it goes between the
 * runner and everything that registers or sends, `Layer.provideMerge(ClusterMetrics.layer(), runner)`. The others
 * decorate the inner services, or sample the backlog.
 *
 * [Metrics of a cluster](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/cluster.md)
 *
 * @module
 */
import { ClusterError, errorTag } from "./cluster/cluster-error.ts"
import { cron } from "./cluster/cron/cron.ts"
import { runnerHealth } from "./cluster/peers/runner-health.ts"
import { runners } from "./cluster/peers/runners.ts"
import { layer } from "./cluster/sharding/sharding.ts"
import { runnerStorage } from "./cluster/shards/runner-storage.ts"
import { backlog } from "./cluster/storage/backlog.ts"
import { messageStorage, messageStorageSql, sqlMessageStorage } from "./cluster/storage/message-storage.ts"

export { ClusterError, type ClusterErrorReason, clusterErrorReasons } from "./cluster/cluster-error.ts"
export type { CronOptions } from "./cluster/cron/cron.ts"
export type { ClusterMetricsOptions } from "./cluster/options.ts"
export type { ClusterSecret } from "./cluster/runner/cluster-secret.ts"
export { NodeClusterHttp } from "./cluster/runner/node-cluster-http.ts"
export { NodeClusterSocket } from "./cluster/runner/node-cluster-socket.ts"
export type {
  NodeHttpRunnerOptions,
  NodeRunner,
  NodeRunnerOptions,
  NodeStorage
} from "./cluster/runner/node-options.ts"
export type { RunnerMetricsOptions, RunnerServices, WithMetrics } from "./cluster/runner/runner-metrics.ts"
export { SingleRunner, type SingleRunnerOptions } from "./cluster/runner/single-runner.ts"
export { TestRunner } from "./cluster/runner/test-runner.ts"
export { BacklogError, type BacklogOptions } from "./cluster/storage/backlog.ts"
export type { MessageTableOptions } from "./cluster/storage/message-table.ts"

/** The errors of cluster operations, and the short name of any error. */
export const ClusterService = { Error: ClusterError, errorTag, reasonOf: ClusterError.reasonOf } as const

/** The decorators of the services of `@effect/cluster`, the sampler of the backlog, and the watched cron. */
export const ClusterMetrics = {
  layer,
  messageStorage,
  messageStorageSql,
  sqlMessageStorage,
  runnerStorage,
  runners,
  runnerHealth,
  backlog,
  cron
} as const

/** `ClusterCron` of `@effect/cluster`, with the outcome of each job. */
export const ClusterCron = { make: cron } as const
