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
    help: "Jobs cancelled: a cancel succeeded, or a process was interrupted and nothing else accounts for it.",
    excludes: "Interruptions that hand a job over (the runner stops, the shard moves): the job goes on elsewhere."
  },
  completions: {
    name: "jobs_completed_total",
    kind: "counter",
    unit: "{job}",
    labels,
    stable: true,
    help: "Jobs completed: a process succeeded.",
    excludes: "Failed attempts; a job that ran twice because its runner was lost after the work completes twice here."
  },
  deadLettered: {
    name: "jobs_dead_lettered_total",
    kind: "counter",
    unit: "{job}",
    labels: ["job_type", "reason"],
    stable: true,
    help: "Jobs moved to the dead letters, by the reason of the last failure.",
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
    excludes: "What happened between two samples."
  },
  duration: {
    name: "jobs_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels,
    stable: true,
    boundaries: "jobs",
    help: "From the first acceptance of a job to its final outcome, deliberate delay included.",
    excludes: "Jobs whose acceptance time is not known, cancelled jobs, and failures that are retried."
  },
  enqueued: {
    name: "jobs_enqueued_total",
    kind: "counter",
    unit: "{job}",
    labels,
    stable: true,
    help: "Jobs accepted: a submit succeeded.",
    excludes: "Submissions that failed, and those that met a live job with their dedupe key."
  },
  failures: {
    name: "jobs_failed_total",
    kind: "counter",
    unit: "{job}",
    labels: ["job_type", "reason"],
    stable: true,
    help: "Operations on jobs that failed or died, by reason; each failed attempt counts.",
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
    help: "One operation on a job from start to end, whatever its outcome; the label outcome is absent on success.",
    excludes: "Operations that are still running, and those of a runner that was killed."
  },
  queueDepth: {
    name: "jobs_queue_depth",
    kind: "gauge",
    unit: "{job}",
    labels: ["job_type", "state"],
    stable: true,
    scope: "cluster",
    closed: { state: jobStates },
    help: "Jobs waiting or running now, by state, zeros included.",
    excludes: "What happened between two samples."
  },
  retries: {
    name: "jobs_retried_total",
    kind: "counter",
    unit: "{job}",
    labels,
    stable: true,
    help: "Attempts after the first that began.",
    excludes: "Redeliveries of the same attempt after its runner was lost."
  },
  waitDuration: {
    name: "jobs_wait_duration_seconds",
    kind: "histogram",
    unit: "s",
    labels,
    stable: true,
    boundaries: "jobs",
    help: "From when a job was due to when an attempt at it started; deliberate delay is taken off.",
    excludes: "Jobs that still wait: a stalled queue is silent here and shows in jobs_queue_oldest_age_seconds."
  },
  attempts: {
    name: "jobs_attempts",
    kind: "histogram",
    unit: "{attempt}",
    labels,
    boundaries: "attempts",
    help: "How many attempts a job had taken at its final outcome.",
    excludes: "Jobs that are not finished, and jobs cancelled before their first attempt."
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
    help: "Submissions that met a live job with their dedupe key and were answered with it.",
    excludes: "Submissions without a dedupe key."
  },
  inFlight: {
    name: "jobs_in_flight",
    kind: "upDownCounter",
    unit: "{job}",
    labels,
    help: "Operations on jobs that are running on this runner; back to zero after every outcome."
  },
  inFlightOldestAge: {
    name: "jobs_in_flight_oldest_age_seconds",
    kind: "gauge",
    unit: "s",
    labels,
    help: "How long the longest-running process on this runner has run, read at collection; 0 when none runs."
  },
  queueOldestAge: {
    name: "jobs_queue_oldest_age_seconds",
    kind: "gauge",
    unit: "s",
    labels: ["job_type"],
    scope: "cluster",
    help: "How long the oldest runnable job has waited, 0 when none waits: it rises when nothing is taken.",
    excludes: "Jobs scheduled for later, and jobs that run."
  },
  redelivered: {
    name: "jobs_redelivered_total",
    kind: "counter",
    unit: "{job}",
    labels,
    help: "Attempts that began on a job that another run had held: its runner was lost, restarted, or the shard moved.",
    excludes: "How far the lost run had come."
  },
  replays: {
    name: "jobs_replayed_total",
    kind: "counter",
    unit: "{job}",
    labels,
    help: "Dead letters put back to work: a replay succeeded."
  },
  slots: {
    name: "jobs_slots",
    kind: "gauge",
    unit: "{slot}",
    labels: ["job_type", "state"],
    closed: { state: slotStates },
    help:
      "How many jobs this runner runs now (used) and could run at once (limit), and how many handlers go on beside them " +
      "that ignored their interruption (abandoned)."
  }
} as const satisfies Rows
