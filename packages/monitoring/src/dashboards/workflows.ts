/** Do workflows complete? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterBacklogGrowing } from "../alerts/cluster-backlog-growing.ts"
import { clusterMessageLatencyHigh } from "../alerts/cluster-message-latency-high.ts"
import { counter } from "../promql/select.ts"
import { succeeded, unsuccessful, unsuccessfulRun } from "../promql/values.ts"
import type { Dashboard } from "./dashboard.ts"
import { percentile, process } from "./scope.ts"

const { workflow } = catalogue

const panels = [
  {
    title: "Runs by outcome",
    kind: "stack",
    unit: "suffix: runs/s",
    description:
      "Suspended runs wait for something and continue later. Suspended only, never a success: what they wait for " +
      "does not happen.",
    alert: clusterBacklogGrowing,
    width: 12,
    queries: [
      {
        query: counter(workflow.executions, { ...process, outcome: succeeded })
          .rate("$__rate_interval")
          .sumBy("workflow"),
        legend: "{{workflow}} success"
      },
      {
        query: counter(workflow.executions, {
          ...process,
          outcome: unsuccessfulRun
        })
          .rate("$__rate_interval")
          .sumBy("workflow", "outcome"),
        legend: "{{workflow}} {{outcome}}"
      }
    ],
    empty: "The service has no workflows."
  },
  {
    title: "Run duration",
    kind: "lines",
    unit: "s",
    description: "From start or resumption to end or suspension: not the whole workflow, which may take days.",
    alert: clusterMessageLatencyHigh,
    width: 12,
    queries: [percentile(workflow.duration, process, "workflow", "outcome")],
    empty: "The service has no workflows."
  },
  {
    title: "Activities by outcome",
    kind: "stack",
    unit: "suffix: attempts/s",
    description:
      "Executions only: a replay from the stored result does not count. Failures without end: a retry that can't " +
      "succeed.",
    alert: clusterBacklogGrowing,
    width: 12,
    queries: [
      {
        query: counter(workflow.activityAttempts, { ...process, outcome: succeeded })
          .rate("$__rate_interval")
          .sumBy("workflow", "activity"),
        legend: "{{workflow}} {{activity}} success"
      },
      {
        query: counter(workflow.activityAttempts, { ...process, outcome: unsuccessful })
          .rate("$__rate_interval")
          .sumBy("workflow", "activity", "outcome"),
        legend: "{{workflow}} {{activity}} {{outcome}}"
      }
    ],
    empty: "The service has no workflows."
  },
  {
    title: "Activity duration",
    kind: "lines",
    unit: "s",
    description: "One execution. Runs wait for the slowest activity.",
    alert: clusterMessageLatencyHigh,
    width: 12,
    queries: [percentile(workflow.activityDuration, process, "workflow", "activity", "outcome")],
    empty: "The service has no workflows."
  }
] as const

export const workflows: Dashboard = {
  uid: "workflows",
  title: "Workflows",
  description: "Do workflows complete, and what do they wait for?",
  reading:
    "Worry when runs are only suspended or only fail. The demo has no workflows; with them, there is a band for each " +
    "workflow and outcome.",
  variables: ["service", "instance"],
  rows: [{ title: "Runs and activities", panels }]
}
