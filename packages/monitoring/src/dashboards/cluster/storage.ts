/** Which stored messages are not done, and does the storage keep up? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterBacklogGrowing } from "../../alerts/cluster-backlog-growing.ts"
import { clusterStorageErrors } from "../../alerts/cluster-storage-errors.ts"
import { across, observations } from "../../promql/select.ts"
import { backlogState, unsuccessful } from "../../promql/values.ts"
import { backlogAge } from "../../rules/cluster.ts"
import { recorded } from "../../rules/recording.ts"
import { percentile, process, service } from "../scope.ts"
import type { Panel } from "../dashboard.ts"

const { cluster } = catalogue

export const storagePanels = [
  {
    title: "Backlog by state",
    kind: "stack",
    unit: "suffix: messages",
    description:
      `Stored messages that are not done, in the whole cluster. \`${backlogState.pending}\` grows: not taken. ` +
      `\`${backlogState.delivered}\` grows: taken but not finished.`,
    alert: clusterBacklogGrowing,
    queries: [{ query: across(cluster.backlog, ["job", "state"], service), legend: "{{job}} {{state}}" }]
  },
  {
    title: "Oldest due message",
    kind: "lines",
    unit: "s",
    description: "Rises one second per second: no handler takes that message.",
    alert: clusterBacklogGrowing,
    queries: [{ query: recorded(backlogAge, service), legend: "{{job}}" }]
  },
  {
    title: "Storage operation time",
    kind: "lines",
    unit: "s",
    description: "Slow before failing means load; all operations at once means the database.",
    alert: clusterStorageErrors,
    queries: [percentile(cluster.storageDuration, process, "storage_operation")]
  },
  {
    title: "Failed storage operations",
    kind: "stack",
    unit: "suffix: operations/s",
    description: "A steady rate: messages are not accepted, or locks are not refreshed.",
    alert: clusterStorageErrors,
    width: 24,
    queries: [
      {
        query: observations(cluster.storageDuration, { ...process, outcome: unsuccessful })
          .rate("$__rate_interval")
          .sumBy("storage_operation", "outcome"),
        legend: "{{storage_operation}} {{outcome}}"
      }
    ],
    empty: "No storage operation has failed."
  }
] as const satisfies ReadonlyArray<Panel>
