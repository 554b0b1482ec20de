/** Recorded numbers of a whole service: its attempts, its runners, its shards. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { grown } from "../promql/grown.ts"
import { across, gauge, observations, oneOf } from "../promql/select.ts"
import { record, type Recording } from "./recording.ts"

const { cluster, jobs } = catalogue

export const attempts = record(
  "job_type:jobs_attempts:increase10m",
  "Attempts at jobs that ended in 10 minutes, whatever their outcome.",
  grown(observations(jobs.processingSeconds, { operation: "process" }), "10m").sumBy("job", "job_type")
)

export const failedAttempts = record(
  "job_type:jobs_attempts_failed:increase10m",
  "Attempts at jobs that failed or died in 10 minutes.",
  grown(
    observations(jobs.processingSeconds, { operation: "process", outcome: oneOf("failure", "defect") }),
    "10m"
  ).sumBy("job", "job_type")
)

export const runners = record(
  "service:cluster_runners:count",
  "Runners that report.",
  gauge(cluster.shardsHeld).countBy("job")
)

export const shards = record(
  "service:cluster_shards_held:sum",
  "Shards that the runners hold together; above the configured number, some are held twice.",
  across(cluster.shardsHeld, ["job"])
)

export const serviceRecordings: ReadonlyArray<Recording> = [attempts, failedAttempts, runners, shards]
