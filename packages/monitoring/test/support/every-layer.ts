/** What a server with every layer measures of requests, databases, calls, its process, pools and caches, at each step. */
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import type { Row } from "@parametric-portal/server/observe/catalogue"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"

const { label } = MetricsService

/** The values of labels that are no closed set; all others are of the set. */
const samples: Readonly<Record<string, string>> = {
  http_route: "/orders/:id",
  http_response_status_code: "200",
  db_collection_name: "orders",
  db_system_name: "postgresql"
}

/** What only a failure has. */
const ofFailures: Readonly<Record<string, ReadonlyArray<string>>> = {
  error_type: ["500", "client_abort"],
  outcome: ["failure"]
}

const valueOf = (row: Row, name: string): string => row.closed?.[name]?.[0] ?? samples[name] ?? "orders"

/** The label sets of a row: of a success, and of each failure where there are any. */
const labelSets = (row: Row): ReadonlyArray<Readonly<Record<string, string>>> => {
  const fixed = row.labels.filter((name) => ofFailures[name] === undefined)
  const success = Object.fromEntries(fixed.map((name) => [name, valueOf(row, name)]))
  const failures = row.labels.flatMap((name) =>
    (ofFailures[name] ?? []).map((value) => ({ ...success, [name]: value }))
  )
  return [success, ...failures]
}

/** Updates each of some handles, with all of its label sets. */
const move = <Type, In, Out>(
  value: In,
  ...handles: ReadonlyArray<Metric.Metric<Type, In, Out> & { readonly row: Row }>
) =>
  Effect.forEach(
    handles,
    (handle) =>
      Effect.forEach(labelSets(handle.row), (labels) =>
        Metric.update(Metric.taggedWithLabels(handle, label(labels)), value)
      ),
    { discard: true }
  )

const step = Effect.gen(function* () {
  const { cache, db, http, pool, rpc, runtime } = yield* MetricsService
  yield* move(
    Duration.millis(20),
    http.serverRequestDuration,
    http.clientRequestDuration,
    db.clientOperationDuration,
    db.transactionDuration,
    rpc.serverCallDuration,
    rpc.clientCallDuration,
    runtime.garbageCollectionDuration,
    runtime.fiberLifetime,
    pool.waitDuration,
    pool.useDuration,
    cache.lookupDuration
  )
  yield* move(2_000, http.serverRequestBodySize, http.serverResponseBodySize)
  yield* move(
    1,
    db.transactionRetries,
    runtime.eventLoopTime,
    runtime.cpuTime,
    runtime.fibersStarted,
    runtime.fibersSucceeded,
    runtime.fibersFailed,
    cache.hits,
    cache.misses
  )
  yield* move(
    1,
    http.serverActiveRequests,
    http.clientActiveRequests,
    db.clientConnectionCount,
    db.clientConnectionMax,
    db.clientConnectionPendingRequests,
    db.transactionsActive,
    rpc.serverCallsActive,
    rpc.clientCallsActive,
    runtime.eventLoopDelayMin,
    runtime.eventLoopDelayMax,
    runtime.eventLoopDelayMean,
    runtime.eventLoopDelayP50,
    runtime.eventLoopDelayP90,
    runtime.eventLoopDelayP99,
    runtime.eventLoopUtilization,
    runtime.heapUsed,
    runtime.heapSize,
    runtime.heapAvailable,
    runtime.heapPhysical,
    runtime.heapLimit,
    runtime.externalMemory,
    runtime.memoryUsage,
    runtime.fileDescriptors,
    runtime.fileDescriptorLimit,
    runtime.startTime,
    runtime.uptime,
    runtime.fibersActive,
    pool.items,
    pool.waiting,
    cache.entries
  )
})

/** Moves all of it ten times a second. */
export const everyLayer = Layer.scopedDiscard(Effect.forkScoped(Effect.repeat(step, Schedule.spaced("100 millis"))))
