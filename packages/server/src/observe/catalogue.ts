/**
 * Every metric as data: name, kind, unit, labels, when it moves and what it does not count. Handles, OTLP metadata,
 * the Prometheus endpoint, the reference, panels, alerts and their tests derive from these rows.
 *
 * [Every metric](https://github.com/parametric-portal/parametric-portal/blob/main/docs/metrics.md)
 *
 * @module
 */
import { cache } from "./catalogue/cache.ts"
import { cluster } from "./catalogue/cluster.ts"
import { db } from "./catalogue/db.ts"
import { http } from "./catalogue/http.ts"
import { jobs } from "./catalogue/jobs.ts"
import { messaging } from "./catalogue/messaging.ts"
import { pool } from "./catalogue/pool.ts"
import { rpc } from "./catalogue/rpc.ts"
import { runtime } from "./catalogue/runtime.ts"
import { telemetry } from "./catalogue/telemetry.ts"
import { workflow } from "./catalogue/workflow.ts"

export {
  backlogStates,
  clusterOperations,
  deactivationReasons,
  healthCheckResults,
  redeliveryReasons,
  shardMoveDirections
} from "./catalogue/cluster.ts"
export { type Convention, conventionBoundaries, type Stability } from "./catalogue/convention.ts"
export {
  type ConventionDefinition,
  otlpAttribute,
  otlpName,
  type ConventionRow,
  type Underscored
} from "./catalogue/conventional.ts"
export { connectionStates } from "./catalogue/db.ts"
export { clientAbort, httpMethods, urlSchemes } from "./catalogue/http.ts"
export { jobOperations, jobStates, priorities, slotStates } from "./catalogue/jobs.ts"
export { labelValues } from "./catalogue/label-values.ts"
export { messagingSystems } from "./catalogue/messaging.ts"
export { failedOutcomes } from "./catalogue/outcome.ts"
export { poolStates } from "./catalogue/pool.ts"
export { cpuModes, eventLoopStates, garbageCollections } from "./catalogue/runtime.ts"
export { storageOperations } from "./catalogue/storage-operations.ts"
export { dropReasons, recordDropReasons } from "./catalogue/telemetry.ts"
export { runOutcomes } from "./catalogue/workflow.ts"
export type { Kind, Row, Rows, Scope } from "./catalogue/row.ts"
export { labelNameProblem, metricNameProblem, unitProblem } from "./catalogue/row.ts"

/** The namespaces of `MetricsService`, each a record of handle -> row. */
export const catalogue = { jobs, cluster, workflow, messaging, http, db, rpc, runtime, pool, cache, telemetry }

/** The name of a namespace of {@link catalogue}. */
export type Namespace = keyof typeof catalogue
