/** Recorded numbers of the queue and the backlog: one value for the cluster, whichever runner wrote it. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { across, oneOf } from "../promql/select.ts"
import { record, type Recording } from "./recording.ts"

const { cluster, jobs } = catalogue

export const oldestAge = record(
  "job_type:jobs_queue_oldest_age_seconds:max",
  "How long the oldest runnable job has waited.",
  across(jobs.queueOldestAge, ["job", "job_type"])
)

export const deadLetters = record(
  "job_type:jobs_dlq_size:max",
  "Jobs in the dead letters.",
  across(jobs.dlqSize, ["job", "job_type"])
)

export const backlog = record(
  "service:cluster_message_backlog:due",
  "Stored messages that are due and not done.",
  across(cluster.backlog, ["job", "state"], { state: oneOf("pending", "delivered") }).sumBy("job")
)

export const backlogAge = record(
  "service:cluster_message_backlog_oldest_age_seconds:max",
  "Age of the oldest stored message that is due and not done.",
  across(cluster.backlogOldestAge, ["job"])
)

export const queueRecordings: ReadonlyArray<Recording> = [oldestAge, deadLetters, backlog, backlogAge]
