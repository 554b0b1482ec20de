/** The job metrics: what was asked for, what became of it, and how long it took. */
import { failedOutcomes } from "./outcome.ts"
import type { Rows } from "./row.ts"

const labels = ["job_type", "operation", "priority"] as const

/** The values of the label `operation`: what can be done with a job. */
export const jobOperations = ["submit", "process", "cancel", "replay"] as const

/** The values of the label `priority`, most urgent first. `trackJob` accepts others. */
export const priorities = ["critical", "high", "normal", "low"] as const

/** The states of a job that is not finished. */
export const jobStates = ["ready", "scheduled", "running", "retrying"] as const

/** The values of the label `state` of `jobs_slots`. */
export const slotStates = ["used", "limit", "abandoned"] as const

export const jobs = {
  cancellations: {
    name: "jobs_cancelled_total",
    kind: "counter",
    unit: "{job}",
    labels,
    stable: true,
    help:
      "Jobs cancelled: a cancel succeeded, or a process was interrupted and neither a handover nor a cancel " +
      "accounts for it.",
    excludes: "Handovers, when a runner stops or a shard moves and the job continues elsewhere."
  },
  completions: {
    name: "jobs_completed_total",
    kind: "counter",
    unit: "{job}",
    labels,
    stable: true,
    help: "Jobs completed: a process succeeded.",
    excludes:
      "Failed attempts. A job that a lost runner had completed and that is completed again elsewhere counts twice."
  },
  deadLettered: {
    name: "jobs_dead_lettered_total",
    kind: "counter",
    unit: "{job}",
    labels: ["job_type", "reason"],
    stable: true,
    help: "Jobs moved to the dead letters, by the reason of their last failure.",
    excludes: "Failed attempts that are retried."
  },
  dlqSize: {
    name: "jobs_dlq_size",
    kind: "gauge",
    unit: "{job}",
    labels: ["job_type"],
    stable: true,
    scope: "cluster",
    help: "Jobs in the dead letters now.",
    excludes: "Changes between two samples."
  },
  duration: {
    name: "jobs_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels,
    stable: true,
    boundaries: "jobs",
    help: "Time from the first acceptance of a job to its final outcome, including deliberate delay.",
    excludes: "Jobs without an acceptance time, cancelled jobs, and failures that are retried."
  },
  enqueued: {
    name: "jobs_enqueued_total",
    kind: "counter",
    unit: "{job}",
    labels,
    stable: true,
    help: "Jobs accepted: a submit succeeded and is committed; in a caller's transaction, once a runner has seen it.",
    excludes: "Submissions that failed, were rolled back, or were answered with another job that has the same key."
  },
  failures: {
    name: "jobs_failed_total",
    kind: "counter",
    unit: "{job}",
    labels: ["job_type", "reason"],
    stable: true,
    help: "Job operations that ended in a failure or a defect, by reason; each failed attempt counts.",
    excludes: "Interruptions."
  },
  processingSeconds: {
    name: "jobs_processing_seconds",
    kind: "histogram",
    unit: "s",
    labels: [...labels, "outcome"],
    stable: true,
    boundaries: "jobs",
    closed: { outcome: failedOutcomes },
    help: "Duration of one operation on a job, whatever its outcome; the label outcome is absent on success.",
    excludes:
      "Operations that are still running, those of a runner that was killed, and submits, cancels and replays that " +
      "succeed in a caller's transaction."
  },
  queueDepth: {
    name: "jobs_queue_depth",
    kind: "gauge",
    unit: "{job}",
    labels: ["job_type", "state"],
    stable: true,
    scope: "cluster",
    closed: { state: jobStates },
    help: "Jobs waiting or running now, by state, including zeros.",
    excludes: "Changes between two samples."
  },
  retries: {
    name: "jobs_retried_total",
    kind: "counter",
    unit: "{job}",
    labels,
    stable: true,
    help: "Second and later attempts at a job, counted when they begin.",
    excludes: "Redeliveries of the same attempt after its runner was lost."
  },
  waitDuration: {
    name: "jobs_wait_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels,
    stable: true,
    boundaries: "jobs",
    help: "Time from when a job was due to the start of an attempt; deliberate delay does not count.",
    excludes: "Jobs that are still waiting: jobs_queue_oldest_age_seconds shows a stalled queue."
  },
  attempts: {
    name: "jobs_attempts",
    kind: "histogram",
    unit: "{attempt}",
    labels,
    boundaries: "attempts",
    help: "Attempts that a job had taken when it reached its final outcome.",
    excludes: "Unfinished jobs, and jobs cancelled before their first attempt."
  },
  dlqOldestAge: {
    name: "jobs_dlq_oldest_age_seconds",
    kind: "gauge",
    unit: "s",
    labels: ["job_type"],
    scope: "cluster",
    help: "Age of the oldest dead letter, 0 when there is none."
  },
  duplicates: {
    name: "jobs_duplicates_total",
    kind: "counter",
    unit: "{job}",
    labels,
    help: "Submissions answered with another job: a live one with the same dedupe key, or one that is unique.",
    excludes: "Submissions without a key."
  },
  inFlight: {
    name: "jobs_in_flight",
    kind: "upDownCounter",
    unit: "{job}",
    labels,
    help: "Job operations running on this runner; back to 0 after every outcome."
  },
  inFlightOldestAge: {
    name: "jobs_in_flight_oldest_age_seconds",
    kind: "gauge",
    unit: "s",
    labels,
    help:
      "How long the longest-running process operation on this runner has been running, read at collection; 0 when " +
      "none runs."
  },
  queueOldestAge: {
    name: "jobs_queue_oldest_age_seconds",
    kind: "gauge",
    unit: "s",
    labels: ["job_type"],
    scope: "cluster",
    help: "How long the oldest runnable job has been waiting, 0 when none waits; it rises while no job is taken.",
    excludes: "Jobs scheduled for later, and running jobs."
  },
  redelivered: {
    name: "jobs_redelivered_total",
    kind: "counter",
    unit: "{job}",
    labels,
    help: "Attempts that began on a job held by an earlier run: its runner was lost, stopped or restarted.",
    excludes: "How far the earlier run got."
  },
  replays: {
    name: "jobs_replayed_total",
    kind: "counter",
    unit: "{job}",
    labels,
    help: "Dead letters put back in the queue: a replay succeeded."
  },
  slots: {
    name: "jobs_slots",
    kind: "gauge",
    unit: "{slot}",
    labels: ["job_type", "state"],
    closed: { state: slotStates },
    help:
      "Job slots of this runner by state: used (jobs running now), limit (jobs that may run at once), abandoned " +
      "(handlers that ignored their interruption and still run, without a slot)."
  }
} as const satisfies Rows
