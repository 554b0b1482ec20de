/** What is stored and not done, and does the storage keep up? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterBacklogGrowing } from "../../alerts/cluster-backlog-growing.ts"
import { clusterStorageErrors } from "../../alerts/cluster-storage-errors.ts"
import { across, observations } from "../../promql/select.ts"
import { unsuccessful } from "../../promql/values.ts"
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
      "Stored and not done, of the whole cluster. Pending grows: not taken. Delivered grows: taken, not finished.",
    alert: clusterBacklogGrowing,
    queries: [{ query: across(cluster.backlog, ["job", "state"], service), legend: "{{job}} {{state}}" }]
  },
  {
    title: "Oldest message that is due",
    kind: "lines",
    unit: "s",
    description: "A line that climbs at one second a second: that message is taken by nobody.",
    alert: clusterBacklogGrowing,
    queries: [{ query: recorded(backlogAge, service), legend: "{{job}}" }]
  },
  {
    title: "Storage operations",
    kind: "lines",
    unit: "s",
    description: "Slow before failing is load; all operations at once is the database.",
    alert: clusterStorageErrors,
    queries: [percentile(cluster.storageDuration, process, "storage_operation")]
  },
  {
    title: "Storage operations that failed",
    kind: "stack",
    unit: "suffix: operations/s",
    description: "Any steady rate: messages are not accepted, or locks are not refreshed.",
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
    empty: "No operation on the storage has failed."
  }
] as const satisfies ReadonlyArray<Panel>
