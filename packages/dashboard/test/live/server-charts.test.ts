/** The charts of servers and of processes, from metrics with the names of OpenTelemetry's conventions. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Attributes } from "../../src/receiver/model.ts"
import { began, makeFeed } from "./feed.ts"

const old = { start: began - 3_000_000 }

const bounds = [1, 10]

/** Requests that ended, by their duration: up to a second, up to ten, and longer. */
const ended = (buckets: ReadonlyArray<number>, attributes: Attributes) => ({
  name: "http.server.request.duration",
  bounds,
  buckets,
  attributes: { "http.request.method": "GET", ...attributes }
})

const fine = (...buckets: ReadonlyArray<number>) =>
  ended(buckets, { "http.route": "/orders/:id", "http.response.status_code": 200 })

const failed = (...buckets: ReadonlyArray<number>) =>
  ended(buckets, { "http.route": "/orders/:id", "http.response.status_code": "503", "error.type": "503" })

const unmatched = (...buckets: ReadonlyArray<number>) => ended(buckets, { "http.response.status_code": "404" })

const aborted = (...buckets: ReadonlyArray<number>) =>
  ended(buckets, { "http.route": "/live", "error.type": "client_abort" })

describe("requests", () => {
  it.scoped("are counted by the class of their status, and errors by route", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [fine(0, 0, 0), failed(0, 0, 0), unmatched(0, 0, 0), aborted(0, 0, 0)], old)
      yield* seconds()
      yield* send("a", [fine(90, 0, 0), failed(10, 0, 0), unmatched(5, 0, 0), aborted(0, 0, 3)], old)
      const { charts } = yield* seconds()
      expect(charts.requests).toEqual({ "2xx": 90, "5xx": 10, "4xx": 5, none: 3 })
      expect(charts.errors).toEqual({ "/orders/:id": 10 })
    })
  )

  it.scoped("that clients gave up are in no quantile", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [fine(0, 0, 0), aborted(0, 0, 0)], old)
      yield* seconds()
      yield* send("a", [fine(100, 0, 0), aborted(0, 0, 100)], old)
      expect((yield* seconds()).charts.requestTime).toEqual({ p50: 0.5, p95: 0.95, p99: 0.99 })
    })
  )

  it.scoped("in flight are added up over methods, servers and processes", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const active = (name: string, gauge: number, attributes: Attributes) => ({ name, gauge, attributes })
      yield* send("a", [
        active("http.server.active_requests", 2, { "http.request.method": "GET" }),
        active("http.server.active_requests", 1, { "http.request.method": "POST" }),
        active("http.client.active_requests", 4, { "server.address": "example.org" })
      ])
      yield* send("b", [active("http.server.active_requests", 7, { "http.request.method": "GET" })])
      expect((yield* seconds()).charts.inFlight).toEqual({ received: 10, sent: 4 })
    })
  )
})

describe("database operations", () => {
  it.scoped("are counted by name, and timed together", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const operation = (name: string, buckets: ReadonlyArray<number>) => ({
        name: "db.client.operation.duration",
        bounds,
        buckets,
        attributes: { "db.system.name": "postgresql", ...(name === "" ? {} : { "db.operation.name": name }) }
      })
      yield* send("a", [operation("SELECT", [0, 0, 0]), operation("", [0, 0, 0])], old)
      yield* seconds()
      yield* send("a", [operation("SELECT", [50, 0, 0]), operation("", [0, 50, 0])], old)
      const { charts } = yield* seconds()
      expect(charts.operations).toEqual({ SELECT: 50, unnamed: 50 })
      expect(charts.operationTime).toEqual({ p50: 1, p95: 9.1, p99: 9.82 })
    })
  )
})

describe("calls of RPCs", () => {
  it.scoped("are counted by method, and timed together", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const call = (method: string, buckets: ReadonlyArray<number>) => ({
        name: "rpc.server.call.duration",
        bounds,
        buckets,
        attributes: { "rpc.system.name": "effect_rpc", "rpc.method": method }
      })
      yield* send("a", [call("stock.take", [0, 0, 0]), call("stock.levels", [0, 0, 0])], old)
      yield* seconds()
      yield* send("a", [call("stock.take", [50, 0, 0]), call("stock.levels", [0, 50, 0])], old)
      const { charts } = yield* seconds()
      expect(charts.calls).toEqual({ "stock.take": 50, "stock.levels": 50 })
      expect(charts.callTime).toEqual({ p50: 1, p95: 9.1, p99: 9.82 })
    })
  )
})

describe("pools and caches", () => {
  it.scoped("are added up over names and processes", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const process = (counter: number) => [
        { name: "pool_items", gauge: 3, attributes: { pool: "mail", state: "used" } },
        { name: "pool_items", gauge: 1, attributes: { pool: "files", state: "used" } },
        { name: "pool_items", gauge: 9, attributes: { pool: "files", state: "idle" } },
        { name: "pool_waiting", gauge: 2, attributes: { pool: "mail" } },
        { name: "cache_hits_total", counter: counter * 6, attributes: { cache: "products" } },
        { name: "cache_hits_total", counter: counter * 3, attributes: { cache: "users" } },
        { name: "cache_misses_total", counter, attributes: { cache: "users" } }
      ]
      yield* send("a", process(0), old)
      yield* send("b", process(0), old)
      yield* seconds()
      yield* send("a", process(1), old)
      yield* send("b", process(1), old)
      const { charts } = yield* seconds()
      expect(charts.pools).toEqual({ used: 8, waiting: 4 })
      expect(charts.caches).toEqual({ hits: 18, misses: 2 })
    })
  )
})

describe("gauges of processes", () => {
  it.scoped("are those of the process with the most, which has the sum of its series", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const used = (space: string, gauge: number) => ({
        name: "v8js.memory.heap.used",
        gauge,
        attributes: { "v8js.heap.space.name": space }
      })
      const process = (delay: number, heap: readonly [number, number]) => [
        { name: "nodejs.eventloop.delay.p99", gauge: delay },
        { name: "nodejs.eventloop.utilization", gauge: delay * 2 },
        { name: "nodejs_heap_limit_bytes", gauge: 100 },
        { name: "process.memory.usage", gauge: heap[0] * 10 },
        used("old_space", heap[0]),
        used("new_space", heap[1])
      ]
      yield* send("a", process(0.1, [30, 5]))
      yield* send("b", process(0.3, [20, 4]))
      const { charts } = yield* seconds()
      expect(charts.delay).toEqual({ p99: 0.3 })
      expect(charts.utilization).toEqual({ busiest: 0.6 })
      expect(charts.heap).toEqual({ used: 35, limit: 100 })
      expect(charts.memory).toEqual({ resident: 300 })
    })
  )

  it.scoped("have the limit and the rest of the process that has the most memory", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const process = (used: number, limit: number, external: number) => [
        { name: "v8js.memory.heap.used", gauge: used },
        { name: "nodejs_heap_limit_bytes", gauge: limit },
        { name: "process.memory.usage", gauge: used * 2 },
        { name: "nodejs_external_memory_bytes", gauge: external }
      ]
      yield* send("small", process(10, 800, 30))
      yield* send("large", process(90, 100, 20))
      const { charts } = yield* seconds()
      expect(charts.heap).toEqual({ used: 90, limit: 100 })
      expect(charts.memory).toEqual({ resident: 180, external: 20 })
    })
  )

  it.scoped("are absent where they are no number", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      yield* send("a", [
        { name: "nodejs.eventloop.delay.p99", gauge: Number.NaN },
        { name: "nodejs.eventloop.utilization", gauge: 0.5 },
        { name: "process.memory.usage", buckets: [1, 0, 0], bounds }
      ])
      const { charts } = yield* seconds()
      expect(charts.delay).toEqual({})
      expect(charts.memory).toEqual({})
      expect(charts.utilization).toEqual({ busiest: 0.5 })
    })
  )

  it.scoped("end with their process", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const delay = (gauge: number) => [{ name: "nodejs.eventloop.delay.p99", gauge }]
      for (let second = 0; second < 12; second++) {
        if (second < 3) {
          yield* send("killed", delay(9))
        }
        yield* send("goes on", delay(1))
        const { charts } = yield* seconds()
        expect(charts.delay).toEqual({ p99: second < 8 ? 9 : 1 })
      }
      expect((yield* seconds(10)).charts.delay).toEqual({})
    })
  )
})

describe("time of processes", () => {
  it.scoped("is what the sum of a distribution, or a counter, grew by a second", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const gc = (type: string, count: number) => ({
        name: "v8js.gc.duration",
        bounds,
        // The sum of what a feed sends is its count.
        buckets: [count, 0, 0],
        attributes: { "v8js.gc.type": type }
      })
      const cpu = (mode: string, counter: number) => ({
        name: "process.cpu.time",
        counter,
        attributes: { "cpu.mode": mode }
      })
      yield* send("a", [gc("major", 0), gc("minor", 0), cpu("user", 10), cpu("system", 1)], old)
      yield* seconds(10)
      yield* send("a", [gc("major", 2), gc("minor", 5), cpu("user", 15), cpu("system", 2)], old)
      const { charts } = yield* seconds()
      expect(charts.garbage).toEqual({ major: 0.2, minor: 0.5 })
      expect(charts.processor).toEqual({ user: 0.5, system: 0.1 })
    })
  )

  it.scoped("has few lines, whatever modes and types are sent", () =>
    Effect.gen(function* () {
      const { seconds, send } = yield* makeFeed()
      const cpu = (counter: number) =>
        Array.from({ length: 500 }, (_, index) => ({
          name: "process.cpu.time",
          counter,
          attributes: { "cpu.mode": `mode ${index}` }
        }))
      yield* send("a", cpu(0), old)
      yield* seconds(10)
      yield* send("a", cpu(10), old)
      const { charts } = yield* seconds()
      expect(Object.keys(charts.processor)).toHaveLength(6)
      expect(charts.processor["others"]).toBe(495)
    })
  )
})
