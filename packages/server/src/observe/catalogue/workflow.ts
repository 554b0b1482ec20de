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
    help: "Runs of a workflow that ended or were suspended; the label outcome is absent on success.",
    excludes: "Which run was the first: the engine starts and resumes a workflow in the same way."
  },
  duration: {
    name: "workflow_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["workflow", "outcome"],
    boundaries: "jobs",
    closed: { outcome: runOutcomes },
    help: "Duration of one run of a workflow, from start or resumption to end or suspension."
  },
  activityAttempts: {
    name: "workflow_activity_attempts_total",
    kind: "counter",
    unit: "{attempt}",
    labels: ["workflow", "activity", "outcome"],
    closed: { outcome: failedOutcomes },
    help: "Executions of activities; the label outcome is absent on success.",
    excludes: "Replays, which return the stored result."
  },
  activityDuration: {
    name: "workflow_activity_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["workflow", "activity", "outcome"],
    boundaries: "jobs",
    closed: { outcome: failedOutcomes },
    help: "Duration of one execution of an activity, whatever its outcome.",
    excludes: "Replays, which return the stored result."
  }
} as const satisfies Rows
