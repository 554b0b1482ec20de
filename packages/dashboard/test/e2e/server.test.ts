/** The receiver with the page on its port, over real sockets. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { type IncomingMessage, request } from "node:http"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { createGunzip } from "node:zlib"
import { pageHeaders, PageNotBuilt } from "../../src/page-files.ts"
import type { State, Tick } from "../../src/protocol/live.ts"
import { type DashboardOptions, makeDashboard } from "../../src/server.ts"
import { attribute, encode, gauge, json, point, post, protobuf, requestOf } from "../receiver/request.ts"

/** A page, as far as these tests need one. */
const pageFolder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(path.join(tmpdir(), "page-"))
    mkdirSync(path.join(folder, "assets"))
    writeFileSync(path.join(folder, "index.html"), "<!doctype html><title>A page</title>")
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const dashboard = (options: DashboardOptions = {}) =>
  Effect.flatMap(pageFolder, (folder) => makeDashboard({ ...options, pageFolder: folder }))

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage["headers"]
  readonly text: string
}

const ask = (
  port: number,
  target: string,
  { headers = {}, method = "GET" }: { readonly method?: string; readonly headers?: Record<string, string> } = {}
): Effect.Effect<Answer> =>
  Effect.async((resume) => {
    const sent = request({ port, host: "127.0.0.1", path: target, method, agent: false, headers }, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => (text += part.toString()))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text }))
      )
    })
    sent.end()
  })

interface Watching {
  readonly headers: IncomingMessage["headers"]
  readonly next: Effect.Effect<{ readonly name: string; readonly data: Tick & Partial<State> }>
  readonly leave: Effect.Effect<void>
}

/** Looks as a page does. Each event is taken from the stream as soon as it is complete. */
const watch = (port: number, encoding?: "gzip"): Effect.Effect<Watching, never, Scope> =>
  Effect.acquireRelease(
    Effect.async<Watching>((resume) => {
      const headers = encoding === undefined ? {} : { "accept-encoding": "gzip" }
      const sent = request({ port, host: "127.0.0.1", path: "/live", agent: false, headers }, (response) => {
        let text = ""
        const waiting: Array<() => void> = []
        const readable = encoding === undefined ? response : response.pipe(createGunzip())
        readable.on("error", () => undefined)
        readable.on("data", (part: Buffer) => {
          text += part.toString()
          waiting.splice(0).forEach((wake) => wake())
        })
        const next: Watching["next"] = Effect.async((done) => {
          const look = (): void => {
            const end = text.indexOf("\n\n")
            if (end === -1) {
              waiting.push(look)
              return
            }
            const [first = "", second = ""] = text.slice(0, end).split("\n")
            text = text.slice(end + 2)
            done(Effect.succeed({ name: first.replace("event: ", ""), data: JSON.parse(second.replace("data: ", "")) }))
          }
          look()
        })
        const leave = Effect.sync(() => void sent.destroy())
        resume(Effect.succeed({ headers: response.headers, next, leave }))
      })
      sent.on("error", () => undefined).end()
    }),
    ({ leave }) => leave
  )

describe("the address of the receiver", () => {
  it.scopedLive("is that of the page, which says what to set", () =>
    Effect.gen(function* () {
      const { port } = yield* dashboard()
      const page = yield* ask(port, "/")
      expect([page.status, page.text]).toEqual([200, "<!doctype html><title>A page</title>"])
      expect(page.headers).toMatchObject(pageHeaders)
      expect(JSON.parse((yield* ask(port, "/config.json?x")).text)).toEqual({
        hasMetrics: true,
        hasJobs: false,
        setup: [
          `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:${port}`,
          "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
          "OTEL_METRIC_EXPORT_INTERVAL=1000"
        ]
      })
      expect(yield* ask(port, "/nothing")).toMatchObject({ status: 404, headers: pageHeaders })
      expect((yield* ask(port, "/", { method: "POST" })).status).toBe(405)
      expect((yield* ask(port, "/assets/../../etc/passwd")).status).toBe(404)
    })
  )

  it.scopedLive("can't be used before the page is built", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(makeDashboard({ pageFolder: "/nowhere" }))
      expect(error).toBeInstanceOf(PageNotBuilt)
    })
  )

  it.scopedLive("takes OTLP at its path, and nothing that is sent along is an error", () =>
    Effect.gen(function* () {
      const { port, requests, url } = yield* dashboard()
      expect((yield* post(url, requestOf(gauge(point())))).status).toBe(200)
      for (const signal of ["traces", "logs"]) {
        const to = `http://127.0.0.1:${port}/v1/${signal}`
        expect(yield* post(to, '{"resourceSpans":[]}')).toMatchObject({ status: 200, text: "{}" })
        const binary = yield* post(to, encode({}), protobuf)
        expect(binary).toMatchObject({ status: 200, text: "" })
        expect(binary.headers["content-type"]).toBe("application/x-protobuf")
        expect((yield* ask(port, `/v1/${signal}`)).status).toBe(405)
      }
      expect((yield* requests).length).toBe(1)
    })
  )

  const strangers = [
    { host: "evil.example" },
    { host: "127.0.0.1.evil.example" },
    { origin: "https://evil.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" }
  ]
  const targets = [
    "/",
    "/config.json",
    "/live",
    "/live/metric?name=x",
    "/live/traces",
    `/live/trace?id=${"a".repeat(32)}`,
    "/v1/metrics",
    "/v1/traces",
    "/v1/logs"
  ]

  it.scopedLive.each(strangers)("answers a stranger with %o nothing", (headers) =>
    Effect.gen(function* () {
      const { port, requests } = yield* dashboard()
      for (const target of targets) {
        const method = target.startsWith("/v1") ? "POST" : "GET"
        expect((yield* ask(port, target, { method, headers: { ...json, ...headers } })).status).toBe(403)
      }
      // Not even to a link or a form on another page, but for the page itself.
      const link = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
      for (const target of targets.slice(1)) {
        const method = target.startsWith("/v1") ? "POST" : "GET"
        expect((yield* ask(port, target, { method, headers: { ...json, ...headers, ...link } })).status).toBe(403)
      }
      // What was refused is known where it was meant for the receiver.
      expect((yield* requests).map(({ status }) => status)).toEqual([403, 403])
    })
  )
})

describe("a link on a page from elsewhere", () => {
  it.scopedLive("opens the page", () =>
    Effect.gen(function* () {
      const { port } = yield* dashboard()
      const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
      expect(yield* ask(port, "/", { headers })).toMatchObject({ status: 200, headers: pageHeaders })
      const framed = yield* ask(port, "/", { headers: { ...headers, "sec-fetch-dest": "iframe" } })
      expect(framed.status).toBe(403)
    })
  )
})

describe("the live stream", () => {
  it.scopedLive.each([undefined, "gzip" as const])("begins with the state and goes on with ticks (%s)", (encoding) =>
    Effect.gen(function* () {
      const { clear, port, url } = yield* dashboard()
      const { headers, next } = yield* watch(port, encoding)
      expect(headers).toMatchObject({
        ...pageHeaders,
        "content-type": "text/event-stream",
        "cache-control": "no-store"
      })
      expect(headers["content-encoding"]).toBe(encoding)
      expect(yield* next).toMatchObject({ name: "state", data: { series: [], history: [], law: null } })
      const values = Array.from({ length: 2_000 }, (_, index) =>
        point({ attributes: [attribute("n", { intValue: index })], asDouble: index })
      )
      yield* post(url, requestOf(gauge(...values)))
      const tick = yield* next
      expect(tick).toMatchObject({ name: "tick", data: { metrics: [{ name: "gauge" }], health: { points: 2_000 } } })
      expect(tick.data.values[0]?.values).toEqual(Array.from({ length: 2_000 }, (_, index) => index))
      yield* clear
      expect(yield* next).toMatchObject({ name: "tick", data: { isReset: true, health: { points: 0 } } })
    })
  )

  it.scopedLive("begins again with the state for who connects again, without what was in between", () =>
    Effect.gen(function* () {
      const { port, url } = yield* dashboard()
      const first = yield* watch(port, "gzip")
      yield* first.next
      yield* first.leave
      yield* post(url, requestOf(gauge(point())))
      yield* Effect.sleep("1100 millis")
      const second = yield* watch(port, "gzip")
      expect(yield* second.next).toMatchObject({ name: "state", data: { series: [{ id: 0 }] } })
      expect((yield* second.next).data.series).toEqual([])
    })
  )

  it.scopedLive("is for 64 pages at once, and a page that leaves makes room", () =>
    Effect.gen(function* () {
      const { port } = yield* dashboard()
      const pages = yield* Effect.forEach(Array.from({ length: 64 }), () => watch(port))
      const refused = yield* ask(port, "/live")
      expect(refused).toMatchObject({ status: 503, headers: { "retry-after": "10" } })
      expect(JSON.parse(refused.text)).toEqual({ message: "as many pages look as may: close another one" })
      yield* pages[0]?.leave ?? Effect.void
      yield* Effect.sleep("100 millis")
      const { next } = yield* watch(port)
      expect((yield* next).name).toBe("state")
    })
  )

  it.scopedLive("lets go of a page that does not read", () =>
    Effect.gen(function* () {
      const { port, url } = yield* dashboard({ maxViewers: 1 })
      const socket = connect(port, "127.0.0.1")
      yield* Effect.addFinalizer(() => Effect.sync(() => socket.destroy()))
      socket.pause().on("error", () => undefined)
      socket.write(`GET /live HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`)
      yield* Effect.sleep("100 millis")
      expect((yield* ask(port, "/live")).status).toBe(503)
      // Each second several megabytes are new, until the buffers of the system are full, and then the page's queue.
      const label = "x".repeat(900)
      const points = Array.from({ length: 4_000 }, (_, index) =>
        point({ attributes: [attribute("n", { intValue: index }), attribute("l", { stringValue: label })] })
      )
      let headers: IncomingMessage["headers"] = {}
      for (let round = 0; round < 60 && headers["content-type"] !== "text/event-stream"; round++) {
        yield* post(url, requestOf({ name: `gauge${round % 20}`, gauge: { dataPoints: points } }))
        yield* Effect.sleep("500 millis")
        headers = (yield* watch(port)).headers
      }
      expect(headers["content-type"]).toBe("text/event-stream")
    })
  )

  it.scopedLive("is read only, and asked for in no other way", () =>
    Effect.gen(function* () {
      const { port } = yield* dashboard()
      expect(yield* ask(port, "/live", { method: "POST" })).toMatchObject({ status: 405, headers: { allow: "GET" } })
      expect((yield* ask(port, "/live/other")).status).toBe(404)
    })
  )
})

describe("one metric", () => {
  it.scopedLive("is answered by its name, and says what is wrong with a question", () =>
    Effect.gen(function* () {
      const { port, url } = yield* dashboard()
      const name = "a b&c=<d>?é"
      yield* post(url, requestOf({ name, gauge: { dataPoints: [point()] } }))
      yield* Effect.sleep("1100 millis")
      const found = yield* ask(port, `/live/metric?name=${encodeURIComponent(name)}`)
      expect(found.headers).toMatchObject({ ...pageHeaders, "content-type": "application/json" })
      expect(JSON.parse(found.text)).toEqual({
        name,
        series: [{ id: 0, times: [1_700_000_001_000], values: [1] }],
        exemplars: []
      })
      for (const query of ["", "?name=", "?name=a&name=b", `?name=${"a".repeat(1_001)}`]) {
        const bad = yield* ask(port, `/live/metric${query}`)
        expect(bad.status).toBe(400)
        expect(JSON.parse(bad.text).message).toContain("name must be given once")
      }
      const unknown = yield* ask(port, "/live/metric?name=constructor")
      expect([unknown.status, unknown.text]).toEqual([404, '{"message":"no metric of this name has arrived"}'])
    })
  )
})

describe("one trace", () => {
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
  const times = { startTimeUnixNano: "1700000000000000000", endTimeUnixNano: "1700000000250000000" }
  const spans = [{ traceId, spanId: "00f067aa0ba902b7", name: "work", ...times }]
  const logRecords = [{ traceId, timeUnixNano: times.startTimeUnixNano, body: { stringValue: "said" } }]

  it.scopedLive("is answered by its id with its log lines, and is on the list", () =>
    Effect.gen(function* () {
      const { clear, port } = yield* dashboard()
      const origin = `http://127.0.0.1:${port}`
      yield* post(`${origin}/v1/traces`, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))
      yield* post(`${origin}/v1/logs`, JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))
      const found = yield* ask(port, `/live/trace?id=${traceId.toUpperCase()}`)
      expect(found.headers).toMatchObject({ ...pageHeaders, "content-type": "application/json" })
      expect(JSON.parse(found.text)).toMatchObject({
        traceId,
        spans: [{ name: "work", start: 1_700_000_000_000, durationMs: 250 }],
        logs: [{ text: "said" }],
        leftOut: { spans: 0, logs: 0, linked: 0 }
      })
      const listed = JSON.parse((yield* ask(port, "/live/traces?q=WORK")).text)
      expect(listed).toMatchObject({ traces: [{ traceId, spans: 1, logs: 1 }], stored: { traces: 1 } })
      yield* clear
      expect((yield* ask(port, `/live/trace?id=${traceId}`)).status).toBe(404)
    })
  )

  it.scopedLive("is refused with what is wrong with a question", () =>
    Effect.gen(function* () {
      const { port } = yield* dashboard()
      const unknown = yield* ask(port, `/live/trace?id=${traceId}`)
      expect([unknown.status, JSON.parse(unknown.text).message]).toEqual([
        404,
        "nothing of this trace is here: it has not arrived, or was let go of"
      ])
      for (const query of ["", "?id=", "?id=abc", `?id=${"0".repeat(32)}`, `?id=${traceId}&id=${traceId}`]) {
        const bad = yield* ask(port, `/live/trace${query}`)
        expect([bad.status, JSON.parse(bad.text).message]).toEqual([
          400,
          "id must be given once, with the 32 hex digits of a trace: live/trace?id=…"
        ])
      }
      expect(yield* ask(port, "/live/traces", { method: "POST" })).toMatchObject({ status: 405 })
    })
  )

  it.scopedLive("takes no more memory than it may, whoever sends", () =>
    Effect.gen(function* () {
      const { port } = yield* dashboard({ tracesLimit: 100_000 })
      const many = (from: number) =>
        Array.from({ length: 500 }, (_, index) => ({
          ...spans[0],
          traceId: (from + index + 1).toString(16).padStart(32, "0"),
          attributes: [attribute("text", { stringValue: "x".repeat(500) })]
        }))
      for (const from of [0, 500, 1_000]) {
        const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: many(from) }] }] })
        expect((yield* post(`http://127.0.0.1:${port}/v1/traces`, body)).status).toBe(200)
      }
      const { leftOut, stored } = JSON.parse((yield* ask(port, "/live/traces")).text)
      expect(stored.bytes).toBeLessThanOrEqual(100_000)
      expect(stored.traces + leftOut.traces).toBe(1_500)
    })
  )
})
