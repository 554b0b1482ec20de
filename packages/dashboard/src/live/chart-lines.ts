/** Which metric of the catalogue is which line of which charts. */
import {
  catalogue,
  clientAbort,
  clusterOperations,
  jobOperations,
  otlpAttribute,
  otlpName,
  type Row
} from "@parametric-portal/server/observe/catalogue"
import type { Attributes } from "../receiver/model.ts"

/** Charts whose lines are rates: of counters, or of how many values a distribution has. */
export type RateChart =
  | "jobs"
  | "failures"
  | "requests"
  | "errors"
  | "operations"
  | "calls"
  | "garbage"
  | "processor"
  | "caches"
/** Charts whose lines are quantiles. */
export type QuantileChart = "processing" | "wait" | "messages" | "requestTime" | "operationTime" | "callTime"
/** Charts of gauges. */
export type LevelChart = "inFlight" | "delay" | "utilization" | "heap" | "memory" | "pools"

/** What a series is in a chart. */
export type ChartRole =
  | {
      readonly kind: "rate"
      readonly chart: RateChart
      readonly line: string
      /** Of a distribution, by how much its sum grows, and not its count. */
      readonly ofSum?: true
    }
  | { readonly kind: "quantiles"; readonly chart: QuantileChart }
  | { readonly kind: "level"; readonly chart: LevelChart; readonly line: string }
  | { readonly kind: "queue"; readonly line: string }

const { cache, cluster, db, http, jobs, pool, rpc, runtime } = catalogue

type Roles = (attributes: Attributes) => ReadonlyArray<ChartRole>

const rate = (chart: RateChart, line: string): ChartRole => ({ kind: "rate", chart, line })

const quantiles = (chart: QuantileChart): ChartRole => ({ kind: "quantiles", chart })

const job =
  (line: string): Roles =>
  () => [rate("jobs", line)]

const level =
  (chart: LevelChart, line: string): Roles =>
  () => [{ kind: "level", chart, line }]

/** The value of an attribute; the status of a response is a number where OpenTelemetry sends it. */
const valueOf = (attributes: Attributes, name: string): string => {
  const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined
  return typeof value === "string" || typeof value === "number" ? String(value) : ""
}

/** The value of a label of a row. */
const labelOf = <R extends Row>(row: R, label: R["labels"][number]) => {
  const name = otlpAttribute(row, label)
  return (attributes: Attributes): string => valueOf(attributes, name)
}

const none: ReadonlyArray<ChartRole> = []

const [, process] = jobOperations
const [send] = clusterOperations

const where = (attributes: Attributes, operation: string, role: ChartRole): ReadonlyArray<ChartRole> =>
  valueOf(attributes, "operation") === operation ? [role] : []

const ofRequest = http.serverRequestDuration
const status = labelOf(ofRequest, "http_response_status_code")
const route = labelOf(ofRequest, "http_route")
const error = labelOf(ofRequest, "error_type")

const statusClass = (attributes: Attributes): string => {
  const [first] = /^[1-5](?=\d\d$)/.exec(status(attributes)) ?? []
  return first === undefined ? "none" : `${first}xx`
}

/** A request that its client gave up is no error, and nobody knows how long it would have taken. */
const request: Roles = (attributes) => {
  const type = error(attributes)
  return [
    rate("requests", statusClass(attributes)),
    ...(type === clientAbort ? [] : [quantiles("requestTime")]),
    ...(type === "" || type === clientAbort ? [] : [rate("errors", route(attributes) || "no route")])
  ]
}

const reason = labelOf(jobs.failures, "reason")
const state = labelOf(jobs.queueDepth, "state")
const operation = labelOf(db.clientOperationDuration, "db_operation_name")
const collection = labelOf(runtime.garbageCollectionDuration, "v8js_gc_type")
const mode = labelOf(runtime.cpuTime, "cpu_mode")
const method = labelOf(rpc.serverCallDuration, "rpc_method")
const itemState = labelOf(pool.items, "state")

const given: ReadonlyArray<readonly [Row, Roles]> = [
  [jobs.enqueued, job("enqueued")],
  [jobs.completions, job("completed")],
  [jobs.cancellations, job("cancelled")],
  [jobs.deadLettered, job("dead")],
  [jobs.retries, job("retried")],
  [jobs.replays, job("replayed")],
  [jobs.failures, (attributes) => [rate("failures", reason(attributes))]],
  [jobs.queueDepth, (attributes) => [{ kind: "queue", line: state(attributes) }]],
  [jobs.processingSeconds, (attributes) => where(attributes, process, quantiles("processing"))],
  [jobs.waitDuration, () => [quantiles("wait")]],
  [cluster.messageLatency, (attributes) => where(attributes, send, quantiles("messages"))],
  [ofRequest, request],
  [http.serverActiveRequests, level("inFlight", "received")],
  [http.clientActiveRequests, level("inFlight", "sent")],
  [
    db.clientOperationDuration,
    (attributes) => [rate("operations", operation(attributes) || "unnamed"), quantiles("operationTime")]
  ],
  [rpc.serverCallDuration, (attributes) => [rate("calls", method(attributes) || "unnamed"), quantiles("callTime")]],
  [runtime.eventLoopDelayP50, level("delay", "p50")],
  [runtime.eventLoopDelayP99, level("delay", "p99")],
  [runtime.eventLoopDelayMax, level("delay", "max")],
  [runtime.eventLoopUtilization, level("utilization", "busiest")],
  [runtime.heapUsed, level("heap", "used")],
  [runtime.heapLimit, level("heap", "limit")],
  [runtime.garbageCollectionDuration, (attributes) => [{ ...gc, line: collection(attributes) }]],
  [runtime.cpuTime, (attributes) => [rate("processor", mode(attributes))]],
  [runtime.memoryUsage, level("memory", "resident")],
  [runtime.externalMemory, level("memory", "external")],
  [pool.items, (attributes) => (itemState(attributes) === "used" ? level("pools", "used")(attributes) : none)],
  [pool.waiting, level("pools", "waiting")],
  [cache.hits, () => [rate("caches", "hits")]],
  [cache.misses, () => [rate("caches", "misses")]]
]

const gc = { kind: "rate", chart: "garbage", ofSum: true } as const

const roles: ReadonlyMap<string, Roles> = new Map(given.map(([row, of]) => [otlpName(row), of]))

/** What a series is in the charts; most are in none. */
export const chartRoles = (name: string, attributes: Attributes): ReadonlyArray<ChartRole> =>
  roles.get(name)?.(attributes) ?? none

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
