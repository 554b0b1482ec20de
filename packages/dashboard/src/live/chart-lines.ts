/** Which metric of the catalogue is which line of which chart. */
import { catalogue, clusterOperations, jobOperations, type Row } from "@parametric-portal/server/observe/catalogue"
import type { Attributes } from "../receiver/model.ts"

/** The charts whose lines are rates. */
export type RateChart = "jobs" | "failures"
/** The charts whose lines are quantiles. */
export type QuantileChart = "processing" | "wait" | "messages"

/** What a series is in the charts. */
export type ChartRole =
  | { readonly chart: RateChart; readonly line: string }
  | { readonly chart: "queue"; readonly line: string }
  | { readonly chart: QuantileChart }

const { cluster, jobs } = catalogue

type Role = (attributes: Attributes) => ChartRole | undefined

const line =
  (name: string): Role =>
  () => ({ chart: "jobs", line: name })

const valueOf = (attributes: Attributes, label: string): string => {
  const value = Object.hasOwn(attributes, label) ? attributes[label] : undefined
  return typeof value === "string" ? value : ""
}

const [, process] = jobOperations
const [send] = clusterOperations

const roles: ReadonlyMap<string, Role> = new Map<string, Role>([
  [jobs.enqueued.name, line("enqueued")],
  [jobs.completions.name, line("completed")],
  [jobs.cancellations.name, line("cancelled")],
  [jobs.deadLettered.name, line("dead")],
  [jobs.retries.name, line("retried")],
  [jobs.replays.name, line("replayed")],
  [jobs.failures.name, (attributes) => ({ chart: "failures", line: valueOf(attributes, jobs.failures.labels[1]) })],
  [jobs.queueDepth.name, (attributes) => ({ chart: "queue", line: valueOf(attributes, jobs.queueDepth.labels[1]) })],
  [jobs.processingSeconds.name, (attributes) => where(attributes, process, { chart: "processing" })],
  [jobs.waitDuration.name, () => ({ chart: "wait" })],
  [cluster.messageLatency.name, (attributes) => where(attributes, send, { chart: "messages" })]
])

const where = (attributes: Attributes, operation: string, role: ChartRole): ChartRole | undefined =>
  valueOf(attributes, "operation") === operation ? role : undefined

/** What a series is in the charts; most are in none. */
export const chartRole = (name: string, attributes: Attributes): ChartRole | undefined => roles.get(name)?.(attributes)

/** The sums of the law of jobs, by the counters that have them. */
export const lawTerms: ReadonlyMap<string, "accepted" | "replayed" | "completed" | "cancelled" | "dead"> = new Map([
  [jobs.enqueued.name, "accepted"],
  [jobs.replays.name, "replayed"],
  [jobs.completions.name, "completed"],
  [jobs.cancellations.name, "cancelled"],
  [jobs.deadLettered.name, "dead"]
])

/** The gauge of the jobs that are not finished. */
export const heldJobs: Row = jobs.queueDepth
