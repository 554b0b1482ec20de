/** Closed sets of label values that no row has in `closed`. */
import { clusterOperations } from "./cluster.ts"
import { jobOperations, priorities } from "./jobs.ts"
import { storageOperations } from "./storage-operations.ts"

/**
 * Closed sets of label values that rows don't have in `closed`, because their series are not exported as 0 from the
 * start. By namespace and label.
 */
export const labelValues = {
  jobs: { operation: jobOperations, priority: priorities },
  cluster: { operation: clusterOperations, storage_operation: storageOperations }
} as const
