/** Servers of the real library, simulated: what happens to requests, to a database and to the heap must raise these alerts. */
import { describe, expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { has } from "../support/promtool.ts"
import { type Process, Recorder, start, verdict } from "../support/simulation.ts"

const { label } = MetricsService

interface Request {
  /** The template of the route; absent where none matched. */
  readonly http_route?: string
  readonly http_response_status_code?: string
  readonly error_type?: string
}

/** So many requests that take so long each. */
const requests = ({ metrics }: Process, count: number, { took, ...request }: Request & { readonly took: number }) => {
  const labels = label({ http_request_method: "GET", url_scheme: "http", ...request })
  const ended = Metric.taggedWithLabels(metrics.http.serverRequestDuration, labels)
  return Effect.repeatN(Metric.update(ended, Duration.seconds(took)), count - 1)
}

/** So many statements that take so long each. */
const statements = ({ metrics }: Process, count: number, took: number) => {
  const labels = label({ db_system_name: "postgresql", db_operation_name: "SELECT", db_collection_name: "orders" })
  const ended = Metric.taggedWithLabels(metrics.db.clientOperationDuration, labels)
  return Effect.repeatN(Metric.update(ended, Duration.seconds(took)), count - 1)
}

const order = { http_route: "/orders/:id", http_response_status_code: "200" }
const failed = { http_route: "/orders/:id", http_response_status_code: "500", error_type: "500" }
const aborted = { http_route: "/orders/:id", error_type: "client_abort" }
const unmatched = { http_response_status_code: "404" }

/** A pool of ten connections. */
const connections = (process: Process, now: () => { readonly used: number; readonly waiting: number }) => {
  const { db } = process.metrics
  const db_client_connection_pool_name = "orders"
  const of = { db_client_connection_pool_name }
  return process.run(
    Effect.all(
      [
        MetricsService.observe(db.clientConnectionMax, () => [{ labels: of, value: 10 }]),
        MetricsService.observe(db.clientConnectionPendingRequests, () => [{ labels: of, value: now().waiting }]),
        MetricsService.observe(db.clientConnectionCount, () => [
          { labels: { ...of, db_client_connection_state: "used" }, value: now().used },
          { labels: { ...of, db_client_connection_state: "idle" }, value: 10 - now().used }
        ])
      ],
      { discard: true }
    )
  )
}

interface ProcessState {
  /** Share of the heap's limit. */
  heap: number
  /** The 99th percentile of the delay of the event loop, in seconds. */
  delay: number
}

const runs = (process: Process, now: ProcessState) => {
  const { runtime } = process.metrics
  const limit = 2 ** 32
  return process.run(
    Effect.all(
      [
        MetricsService.observe(runtime.heapLimit, () => [{ labels: {}, value: limit }]),
        MetricsService.observe(runtime.heapUsed, () => [
          { labels: { v8js_heap_space_name: "old_space" }, value: now.heap * 0.9 * limit },
          { labels: { v8js_heap_space_name: "new_space" }, value: now.heap * 0.1 * limit }
        ]),
        MetricsService.observe(runtime.eventLoopDelayP99, () => [{ labels: {}, value: now.delay }]),
        MetricsService.observe(runtime.eventLoopDelayMax, () => [{ labels: {}, value: now.delay * 4 }])
      ],
      { discard: true }
    )
  )
}

/** So many collections that take so long each. */
const collections = ({ metrics }: Process, count: number, took: number) => {
  const labels = label({ v8js_gc_type: "major" })
  const ended = Metric.taggedWithLabels(metrics.runtime.garbageCollectionDuration, labels)
  return Effect.repeatN(Metric.update(ended, Duration.seconds(took)), count - 1)
}

describe.runIf(has("promtool"))("a server of the real library, simulated", { timeout: 90_000 }, () => {
  it.scoped("a database gets slow, its connections run out, requests fail, and all is well again", () =>
    Effect.gen(function* () {
      const one = yield* start("one")
      let pool = { used: 2, waiting: 0 }
      yield* connections(one, () => pool)
      const recorder = new Recorder()
      for (let minute = 0; minute < 150; minute++) {
        const isSlow = minute >= 20 && minute < 80
        const isUsedUp = minute >= 50 && minute < 80
        pool = isUsedUp ? { used: 10, waiting: 7 } : { used: 2, waiting: 0 }
        yield* statements(one, 10, isSlow ? 3 : 0.01)
        yield* requests(one, 20, { ...order, took: isSlow ? 4 : 0.05 })
        yield* isUsedUp ? requests(one, 20, { ...failed, took: 5 }) : Effect.void
        yield* recorder.pass([one])
      }
      expect(
        yield* verdict(recorder, {
          until: 29,
          later: {
            49: ["DatabaseSlow", "HttpLatencyHigh"],
            79: ["DatabaseConnectionsExhausted", "DatabaseSlow", "HttpErrorBudgetBurn", "HttpLatencyHigh"],
            // What was used of the budget of the day and of three days is still to be seen.
            149: ["HttpErrorBudgetBurn"]
          }
        })
      ).toBe("as expected")
    })
  )

  it.scoped("a process leaks until its heap is full, and is started again", () =>
    Effect.gen(function* () {
      const one = yield* start("one")
      const state: ProcessState = { heap: 0.3, delay: 0.02 }
      yield* runs(one, state)
      const recorder = new Recorder()
      let processes = [one]
      for (let minute = 0; minute < 120; minute++) {
        state.heap = Math.min(0.98, 0.3 + minute * 0.01)
        const isFull = state.heap > 0.95
        state.delay = isFull ? 0.4 : 0.02
        if (minute === 90) {
          one.kill()
          const two = yield* start("two")
          yield* runs(two, { heap: 0.3, delay: 0.02 })
          processes = [two]
        }
        for (const process of processes) {
          yield* collections(process, 30, isFull && process === one ? 0.5 : 0.01)
        }
        yield* recorder.pass(processes)
      }
      expect(
        yield* verdict(recorder, {
          until: 70,
          later: { 89: ["EventLoopBlocked", "GarbageCollectionHeavy", "HeapNearLimit"], 110: [] }
        })
      ).toBe("as expected")
    })
  )

  it.scoped("a good day: a flood of unknown paths, clients that go away, a failure now and then, a long pause", () =>
    Effect.gen(function* () {
      const one = yield* start("one")
      const state: ProcessState = { heap: 0.5, delay: 0.02 }
      yield* runs(one, state)
      let pool = { used: 2, waiting: 0 }
      yield* connections(one, () => pool)
      const recorder = new Recorder()
      for (let minute = 0; minute < 120; minute++) {
        // A pause of the loop each quarter of an hour, and garbage that fills the heap until it is collected.
        state.delay = minute % 15 === 0 ? 0.8 : 0.02
        state.heap = minute % 4 === 3 ? 0.5 : 0.93
        pool = { used: 10, waiting: minute % 5 === 0 ? 3 : 0 }
        yield* statements(one, 50, 0.01)
        yield* requests(one, 500, { ...order, took: 0.05 })
        yield* requests(one, 200, { ...unmatched, took: 0.001 })
        yield* requests(one, 100, { ...aborted, took: 30 })
        yield* requests(one, 5, { http_response_status_code: "500", error_type: "500", took: 5 })
        yield* minute % 20 === 10 ? requests(one, 2, { ...failed, took: 0.1 }) : Effect.void
        yield* requests(one, 20, { http_route: "/reports", http_response_status_code: "200", took: 4 })
        yield* collections(one, 60, 0.02)
        yield* recorder.pass([one])
      }
      expect(yield* verdict(recorder, { until: 119, later: {} })).toBe("as expected")
    })
  )
})
