/** The workflow metrics: runs and activities of @effect/workflow. */
import { failedOutcomes } from "./outcome.ts"
import type { Rows } from "./row.ts"

/** The values of the label `outcome` of a run: it may also be suspended. */
export const runOutcomes = [...failedOutcomes, "suspended"] as const

export const workflow = {
  executions: {
    name: "workflow_executions_total",
    kind: "counter",
    unit: "{execution}",
    labels: ["workflow", "outcome"],
    closed: { outcome: runOutcomes },
    help: "Runs of a workflow that ended or suspended; the label outcome is absent on success.",
    excludes: "Which run was the first: the engine alone can't know."
  },
  duration: {
    name: "workflow_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["workflow", "outcome"],
    boundaries: "jobs",
    closed: { outcome: runOutcomes },
    help: "One run of a workflow, from its start or resumption to its end or suspension."
  },
  activityAttempts: {
    name: "workflow_activity_attempts_total",
    kind: "counter",
    unit: "{attempt}",
    labels: ["workflow", "activity", "outcome"],
    closed: { outcome: failedOutcomes },
    help: "Real executions of activities; the label outcome is absent on success.",
    excludes: "Replays, which answer from the stored result."
  },
  activityDuration: {
    name: "workflow_activity_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["workflow", "activity", "outcome"],
    boundaries: "jobs",
    closed: { outcome: failedOutcomes },
    help: "One real execution of an activity."
  }
} as const satisfies Rows
