/** All alerts, in the order in which they are listed. */
import type { AlertDefinition } from "./alerts/alert.ts"
import { clusterBacklogGrowing } from "./alerts/cluster-backlog-growing.ts"
import { clusterEntityRestartLoop } from "./alerts/cluster-entity-restart-loop.ts"
import { clusterMailboxRejections } from "./alerts/cluster-mailbox-rejections.ts"
import { clusterMessageLatencyHigh } from "./alerts/cluster-message-latency-high.ts"
import { clusterRedeliveriesHigh } from "./alerts/cluster-redeliveries-high.ts"
import { clusterRunnerLost } from "./alerts/cluster-runner-lost.ts"
import { clusterShardsDoubleOwned } from "./alerts/cluster-shards-double-owned.ts"
import { clusterShardsUnowned } from "./alerts/cluster-shards-unowned.ts"
import { clusterStorageErrors } from "./alerts/cluster-storage-errors.ts"
import { databaseConnectionsExhausted } from "./alerts/database-connections-exhausted.ts"
import { databaseSlow } from "./alerts/database-slow.ts"
import { eventLoopBlocked } from "./alerts/event-loop-blocked.ts"
import { garbageCollectionHeavy } from "./alerts/garbage-collection-heavy.ts"
import { heapNearLimit } from "./alerts/heap-near-limit.ts"
import { httpErrorBudgetBurn } from "./alerts/http-error-budget-burn.ts"
import { httpLatencyHigh } from "./alerts/http-latency-high.ts"
import { jobDeadLetterGrowing } from "./alerts/job-dead-letter-growing.ts"
import { jobDeadLettersUnattended } from "./alerts/job-dead-letters-unattended.ts"
import { jobErrorBudgetBurn } from "./alerts/job-error-budget-burn.ts"
import { jobErrorRateHigh } from "./alerts/job-error-rate-high.ts"
import { jobQueueFallingBehind } from "./alerts/job-queue-falling-behind.ts"
import { jobQueueOldestAgeHigh } from "./alerts/job-queue-oldest-age-high.ts"
import { jobQueueStalled } from "./alerts/job-queue-stalled.ts"
import { jobRedeliveriesHigh } from "./alerts/job-redeliveries-high.ts"
import { jobRunningTooLong } from "./alerts/job-running-too-long.ts"
import { jobSlotsExhausted } from "./alerts/job-slots-exhausted.ts"
import { singletonNotRunning } from "./alerts/singleton-not-running.ts"
import { telemetryExportFailing } from "./alerts/telemetry-export-failing.ts"
import { telemetryExportSilent } from "./alerts/telemetry-export-silent.ts"
import { telemetrySeriesOverflow } from "./alerts/telemetry-series-overflow.ts"
import { telemetrySourceFailing } from "./alerts/telemetry-source-failing.ts"

/** What alerts are about; each has a rule group and a file. */
export const areas = ["jobs", "cluster", "server", "node", "telemetry"] as const

export type Area = (typeof areas)[number]

/** The alerts of the library, by rule group. */
export const definitions = {
  jobs: [
    jobErrorRateHigh,
    ...jobErrorBudgetBurn,
    jobQueueOldestAgeHigh,
    jobQueueStalled,
    jobQueueFallingBehind,
    jobSlotsExhausted,
    jobDeadLetterGrowing,
    jobDeadLettersUnattended,
    jobRunningTooLong,
    jobRedeliveriesHigh
  ],
  cluster: [
    clusterShardsUnowned,
    clusterShardsDoubleOwned,
    clusterRunnerLost,
    clusterMailboxRejections,
    clusterMessageLatencyHigh,
    clusterRedeliveriesHigh,
    clusterEntityRestartLoop,
    clusterStorageErrors,
    clusterBacklogGrowing,
    singletonNotRunning
  ],
  server: [...httpErrorBudgetBurn, httpLatencyHigh, databaseSlow, databaseConnectionsExhausted],
  node: [eventLoopBlocked, heapNearLimit, garbageCollectionHeavy],
  telemetry: [telemetryExportFailing, telemetryExportSilent, telemetrySeriesOverflow, telemetrySourceFailing]
} satisfies Readonly<Record<Area, ReadonlyArray<AlertDefinition>>>
