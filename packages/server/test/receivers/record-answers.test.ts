/** Answers that receivers and proxies give seldom, to spans and log lines; a real collector has the metrics that count what is lost. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { collector } from "@parametric-portal/receivers/collector"
import { nginx } from "@parametric-portal/receivers/proxies"
import {
  type RecordAnswer,
  type RecordEndpoint,
  recordEndpoint,
  type RecordRequest,
  taken
} from "../support/record-endpoint.ts"
import { startApp } from "./support/app.ts"
import { arrivedAt, dropped, endOf, nothingDropped, sorted, upTo } from "./support/arrivals.ts"

const kinds = ["spans", "lines"] as const

const often = { scheduleDelay: 200, protocol: "http/json" } as const

/** An application whose spans and lines go to an endpoint that answers so, and whose metrics go to a collector. */
const beside = (answer: (request: RecordRequest) => RecordAnswer) =>
  Effect.gen(function* () {
    const receiver = yield* collector()
    const endpoint = yield* recordEndpoint(answer)
    const start = (settings: Partial<Parameters<typeof startApp>[0]> = {}) =>
      startApp({ url: receiver.url, ...settings, records: { base: endpoint.base, ...often, ...settings.records } })
    return { receiver, endpoint, start, took: () => endpoint.took }
  })

describe("what is refused", () => {
  it.scopedLive("is sent again in parts: one answer of 400 loses nothing", () =>
    Effect.gen(function* () {
      const { receiver, start, took } = yield* beside(({ index }) => (index === 0 ? { status: 400 } : taken))
      const app = yield* start({ burst: 600 })
      yield* Effect.sleep("600 millis")
      const { all, arrived } = yield* endOf(app, took)
      expect(arrived).toEqual(all)
      expect(yield* dropped(receiver)).toEqual(nothingDropped)
    })
  )

  it.scopedLive("for one record costs that one, which is counted and said once", () =>
    Effect.gen(function* () {
      const isBad = (name: string) => name === "span 7" || name === "line 7"
      const answer = ({ names }: RecordRequest) =>
        names.some(isBad) ? { status: 400, body: '{"message":"it is bad"}' } : taken
      const { receiver, start, took } = yield* beside(answer)
      const app = yield* start({ burst: 100 })
      yield* Effect.sleep("1 second")
      yield* app.end
      const others = upTo(app.recorded()).filter((number) => number !== 7)
      expect(arrivedAt(took)).toEqual({ spans: others, lines: others })
      expect(yield* dropped(receiver)).toEqual({ spans: 1, lines: 1 })
      expect(
        app
          .said()
          .filter((line) => line.includes("are dropped"))
          .sort()
      ).toEqual([
        "WARN Log records are dropped (refused): 400 Bad Request: it is bad",
        "WARN Spans are dropped (refused): 400 Bad Request: it is bad"
      ])
    })
  )

  it.scopedLive("in part is counted, and not sent again", () =>
    Effect.gen(function* () {
      const rejected = { rejectedSpans: "3", rejectedLogRecords: "3", errorMessage: "three are too old" }
      const answer = ({ index }: RecordRequest): RecordAnswer =>
        index === 0 ? { status: 200, body: JSON.stringify({ partialSuccess: rejected }) } : taken
      const { receiver, start, took } = yield* beside(answer)
      const app = yield* start({ burst: 100 })
      yield* Effect.sleep("600 millis")
      // The endpoint keeps all that it was sent, and says that it does not.
      const { all, arrived } = yield* endOf(app, took)
      expect(arrived).toEqual(all)
      expect(yield* dropped(receiver)).toEqual({ spans: 3, lines: 3 })
    })
  )

  it.scopedLive(
    "altogether waits: the endpoint is asked at the pace of exports, and all arrive when it takes them",
    () =>
      Effect.gen(function* () {
        let isOpen = false
        const startedAt = performance.now()
        const { endpoint, receiver, start, took } = yield* beside(() => (isOpen ? taken : { status: 401 }))
        const app = yield* start({ burst: 1_000, records: { scheduleDelay: 500 } })
        yield* Effect.sleep("2 seconds")
        const intervals = (performance.now() - startedAt) / 500
        const asked = kinds.map((kind) => endpoint.requests.filter((request) => request.kind === kind).length)
        isOpen = true
        yield* Effect.sleep("700 millis")
        const { all, arrived } = yield* endOf(app, took)
        expect(arrived).toEqual(all)
        expect(yield* dropped(receiver)).toEqual(nothingDropped)
        // One when a batch is full, and one an interval from then on.
        expect(asked.filter((requests) => requests > intervals + 1)).toEqual([])
      })
  )
})

describe("an endpoint that hangs", () => {
  const burst = 10_000
  const maxQueueSize = 500

  it.scopedLive("holds one connection a signal and bounded memory; what is over is counted", () =>
    Effect.gen(function* () {
      let isHanging = true
      const startedAt = performance.now()
      const { endpoint, receiver, start, took } = yield* beside(() => (isHanging ? "never" : taken))
      const app = yield* start({
        // Half of what the texts of all spans and lines would need.
        env: { NODE_OPTIONS: "--max-old-space-size=96" },
        burst,
        padding: 20_000,
        records: { maxQueueSize, maxBatchSize: 25, timeout: 500 }
      })
      yield* Effect.sleep("2 seconds")
      expect(kinds.map((kind) => endpoint.connections(kind).atOnce)).toEqual([1, 1])
      // A request that is given up takes its connection with it.
      const most = (performance.now() - startedAt) / 500 + 1
      expect(kinds.map((kind) => endpoint.connections(kind).all).filter((all) => all > most)).toEqual([])
      isHanging = false
      yield* Effect.sleep("1500 millis")
      yield* app.end
      const lost = yield* dropped(receiver)
      const arrived = arrivedAt(took)
      expect(lost.spans).toBeGreaterThan(burst / 2)
      expect(arrived.spans.length + lost.spans).toBe(app.recorded())
      // What telemetry says itself goes through its own logger, and may be dropped too.
      const others = arrived.lines.length + lost.lines - app.recorded()
      expect(others).toBeGreaterThanOrEqual(0)
      expect(others).toBeLessThanOrEqual(app.said().length)
      for (const kind of kinds) {
        // The oldest are kept, in order.
        expect(arrived[kind].slice(0, maxQueueSize)).toEqual(upTo(maxQueueSize))
        expect(sorted(arrived[kind])).toEqual(arrived[kind])
      }
    })
  )

  it.scopedLive("delays no other signal, and no end beyond the deadline", () =>
    Effect.gen(function* () {
      const { endpoint, receiver, start, took } = yield* beside(({ kind }) => (kind === "spans" ? "never" : taken))
      const app = yield* start({ shutdownMs: 1_000 })
      yield* Effect.sleep("1500 millis")
      expect(endpoint.took.lines.length).toBeGreaterThan(app.recorded() / 2)
      const endsAt = performance.now()
      const counted = yield* app.end
      expect(performance.now() - endsAt).toBeLessThan(7_000)
      expect(arrivedAt(took)).toEqual({ spans: [], lines: upTo(app.recorded()) })
      expect(yield* receiver.total("jobs_completed_total")).toBe(counted)
      expect(app.said().join("\n")).toMatch(/The final export of spans to \S+ was not acknowledged/)
    })
  )
})

describe("a pause that is asked for", () => {
  it.scopedLive("is kept by both signals (Retry-After)", () =>
    Effect.gen(function* () {
      const busy: RecordAnswer = { status: 429, headers: { "retry-after": "1" } }
      const { endpoint, start, took } = yield* beside(({ index }) => (index === 0 ? busy : taken))
      const app = yield* start({})
      yield* Effect.sleep("1800 millis")
      for (const kind of kinds) {
        const [first, second] = endpoint.requests.filter((request) => request.kind === kind)
        expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990)
      }
      const { all, arrived } = yield* endOf(app, took)
      expect(arrived).toEqual(all)
    })
  )
})

describe("a redirect", () => {
  it.scopedLive("is not followed: nothing reaches the other host, and all arrive when it is gone", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const other: RecordEndpoint = yield* recordEndpoint(() => taken)
      const scope = yield* Scope.make()
      const settings = [`return 301 ${other.base}$request_uri`]
      const { base, port } = yield* Scope.extend(nginx({ to: receiver.port, settings }), scope)
      const app = yield* startApp({
        url: receiver.url,
        records: { base, scheduleDelay: 200, timeout: 500, headers: { authorization: "Bearer secret" } }
      })
      yield* Effect.sleep("800 millis")
      yield* Scope.close(scope, Exit.void)
      yield* nginx({ to: receiver.port, port })
      yield* Effect.sleep("800 millis")
      const { all, arrived } = yield* endOf(app, receiver.records)
      expect(arrived).toEqual(all)
      expect(other.requests).toEqual([])
      expect(yield* dropped(receiver)).toEqual(nothingDropped)
      for (const name of ["Spans", "Log records"]) {
        expect(app.said().join("\n")).toMatch(new RegExp(`${name} are not exported to \\S+: 301 `))
      }
    })
  )
})
