/** The cluster's front door. */
import { errorTag } from "./cluster/error.ts"
import { layer } from "./cluster/sharding.ts"

export { ClusterError, type ClusterErrorReason, clusterErrorReasons } from "./cluster/error.ts"
export type { ClusterMetricsOptions } from "./cluster/options.ts"

/** Names of the errors of cluster operations. */
export const ClusterService = { errorTag } as const

export const ClusterMetrics = { layer } as const
