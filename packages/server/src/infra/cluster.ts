/** The cluster's front door. */
import { errorTag } from "./cluster/error.ts"

export { ClusterError, type ClusterErrorReason, clusterErrorReasons } from "./cluster/error.ts"

/** Names of the errors of cluster operations. */
export const ClusterService = { errorTag } as const
