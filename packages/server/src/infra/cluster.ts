/**
 * Metrics of `@effect/cluster` without a change to a handler, a client or an entity.
 *
 * Change one import, and give the runner a `MetricsService`:
 *
 *     import { SingleRunner } from "@parametric-portal/server/infra/cluster"   // was "@effect/cluster"
 *     const Runner = SingleRunner.layer().pipe(Layer.provide([Sql, MetricsService.Default]))
 *
 * `SingleRunner.layer(options)`, `NodeClusterSocket.layer(options)`, `NodeClusterHttp.layer(options)` and
 * `TestRunner.layer` have upstream's options and one more, `metrics`; `ClusterCron.make(options)` has upstream's.
 *
 * Where the runner is put together by hand: `ClusterMetrics.layer(options)` decorates `Sharding` and goes between the
 * runner and everything that registers or sends (`Layer.provideMerge(ClusterMetrics.layer(), runner)`);
 * `.messageStorage`, `.messageStorageSql`, `.sqlMessageStorage`, `.runnerStorage`, `.runners` and `.runnerHealth` decorate
 * the inner services, `.backlog` samples the message table, `.cron` tells how jobs ended. The guide has the rest.
 */
import { backlog } from "./cluster/storage/backlog.ts"
import { cron } from "./cluster/cron/cron.ts"
import { ClusterError, errorTag } from "./cluster/cluster-error.ts"
import { runnerHealth, runners } from "./cluster/peers/runners.ts"
import { layer } from "./cluster/sharding/sharding.ts"
import { runnerStorage } from "./cluster/shards/runner-storage.ts"
import { messageStorage, messageStorageSql, sqlMessageStorage } from "./cluster/storage/message-storage.ts"

export type { RunnerMetricsOptions, WithMetrics } from "./cluster/runner/runner-metrics.ts"
export { BacklogError, type BacklogOptions } from "./cluster/storage/backlog.ts"
export type { CronOptions } from "./cluster/cron/cron.ts"
export { ClusterError, type ClusterErrorReason, clusterErrorReasons } from "./cluster/cluster-error.ts"
export {
  NodeClusterHttp,
  NodeClusterSocket,
  type NodeHttpRunnerOptions,
  type NodeRunner,
  type NodeRunnerOptions,
  type NodeStorage
} from "./cluster/runner/node-runner.ts"
export type { ClusterMetricsOptions } from "./cluster/options.ts"
export { SingleRunner, type SingleRunnerOptions, TestRunner } from "./cluster/runner/single-runner.ts"
export type { MessageTableOptions } from "./cluster/storage/message-storage.ts"

/** The errors of cluster operations, and the short name of any. */
export const ClusterService = { Error: ClusterError, errorTag, reasonOf: ClusterError.reasonOf } as const

/** The decorators, one a service of `@effect/cluster`, and what samples beside them. */
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

/** `ClusterCron` of `@effect/cluster`, watched. */
export const ClusterCron = { make: cron } as const
