/** Spans and log lines on a collector and proxies that others wrote: each arrives, and what does not is counted. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { collector } from "@parametric-portal/receivers/collector"
import { haproxy, nginx } from "@parametric-portal/receivers/proxies"
import { freePort } from "../../../../vitest.ports.ts"
import { type App, startApp } from "./support/app.ts"
import { arrivedAt, dropped, endOf, nothingDropped, upTo } from "./support/arrivals.ts"

/** An export every fifth of a second, given up after half of one. */
const often = { scheduleDelay: 200, timeout: 500 } as const

/** A limit in MiB that the collector is over before it has received anything. */
const refusing = 2

/** Regular exports of spans and lines neither failed nor were said to be well again. */
const isQuiet = (app: App) => expect(app.said().filter((line) => /^\w+ (Spans|Log records)/.test(line))).toEqual([])

describe("the last spans and lines, those of finalizers included", () => {
  it.scopedLive("arrive when the program is ended by SIGTERM right after work", () =>
    Effect.gen(function* () {
      const { base, records, url } = yield* collector()
      const app = yield* startApp({ url, records: { base } })
      yield* Effect.sleep("500 millis")
      const { all, arrived } = yield* endOf(app, records)
      expect(arrived).toEqual(all)
    })
  )

  it.scopedLive("arrive when the program ends by itself before its first export", () =>
    Effect.gen(function* () {
      const { base, records, url } = yield* collector()
      const app = yield* startApp({ url, endsAfterMs: 300, records: { base, scheduleDelay: 60_000 } })
      yield* app.ended
      const { all, arrived } = yield* endOf(app, records)
      expect(arrived).toEqual(all)
    })
  )
})

describe("a collector in trouble", () => {
  it.scopedLive("costs nothing when it is away for two seconds", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const first = yield* Scope.extend(collector(), scope)
      const app = yield* startApp({ url: first.url, records: { base: first.base, ...often } })
      yield* Effect.sleep("600 millis")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.sleep("2 seconds")
      const second = yield* collector({ port: first.port })
      yield* Effect.sleep("1 second")
      const { all, different } = yield* endOf(app, first.records, second.records)
      expect(different).toEqual(all)
      expect(first.records().spans.length).toBeGreaterThan(0)
      expect(yield* dropped(second)).toEqual(nothingDropped)
    })
  )

  it.scopedLive("costs nothing when it starts after the program", () =>
    Effect.gen(function* () {
      const { base, port, url } = yield* unused
      const app = yield* startApp({ url, records: { base, ...often } })
      yield* Effect.sleep("1500 millis")
      const receiver = yield* collector({ port })
      yield* Effect.sleep("1 second")
      const { all, arrived } = yield* endOf(app, receiver.records)
      expect(arrived).toEqual(all)
      expect(yield* dropped(receiver)).toEqual(nothingDropped)
      expect(app.said().join("\n")).toMatch(/Spans are not exported to \S+: connect ECONNREFUSED/)
      expect(app.said().join("\n")).toMatch(/Log records are exported to \S+ again, after/)
    })
  )

  it.scopedLive("costs nothing when it is frozen", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const app = yield* startApp({ url: receiver.url, records: { base: receiver.base, ...often } })
      yield* Effect.sleep("500 millis")
      yield* receiver.freeze
      yield* Effect.sleep("1500 millis")
      yield* receiver.resume
      yield* Effect.sleep("500 millis")
      const { all, different } = yield* endOf(app, receiver.records)
      expect(different).toEqual(all)
    })
  )

  it.scopedLive("costs nothing when it refuses for memory, and the log has its words for both signals", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { base, port, url } = yield* Scope.extend(collector({ memory: refusing }), scope)
      const app = yield* startApp({ url, records: { base, ...often } })
      yield* Effect.sleep("1500 millis")
      yield* Scope.close(scope, Exit.void)
      const receiver = yield* collector({ port })
      yield* Effect.sleep("1 second")
      const { all, arrived } = yield* endOf(app, receiver.records)
      expect(arrived).toEqual(all)
      const said = app.said().join("\n")
      expect(said).toMatch(/Spans are not exported to \S+: 503 Service Unavailable: data refused due to high memory/)
      expect(said).toMatch(/Log records are not exported to \S+: 503 Service Unavailable: data refused due to high/)
    })
  )
})

describe("proxies", () => {
  for (const { make, name, setting } of [
    { name: "nginx", make: nginx, setting: "keepalive_timeout 100ms" },
    { name: "HAProxy", make: haproxy, setting: "timeout http-keep-alive 100ms" }
  ]) {
    it.scopedLive(`cost no export when ${name} closes idle connections at the interval's length`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const { base } = yield* make({ to: receiver.port, settings: [setting] })
        const app = yield* startApp({ url: receiver.url, records: { base, scheduleDelay: 100 } })
        yield* Effect.sleep("4 seconds")
        const { all, arrived } = yield* endOf(app, receiver.records)
        expect(arrived).toEqual(all)
        isQuiet(app)
      })
    )
  }

  it.scopedLive("cost nothing when nginx gives up on the collector (504) and is restarted", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const scope = yield* Scope.make()
      const settings = ["proxy_read_timeout 200ms"]
      const { base, port } = yield* Scope.extend(nginx({ to: receiver.port, settings }), scope)
      const app = yield* startApp({ url: receiver.url, records: { base, ...often } })
      yield* Effect.sleep("500 millis")
      yield* receiver.freeze
      yield* Effect.sleep("1 second")
      yield* receiver.resume
      yield* Scope.close(scope, Exit.void)
      yield* Effect.sleep("500 millis")
      yield* nginx({ to: receiver.port, port })
      yield* Effect.sleep("500 millis")
      const { all, different } = yield* endOf(app, receiver.records)
      expect(different).toEqual(all)
    })
  )

  for (const limit of ["1m", "256k"]) {
    it.scopedLive(`hold nothing back where nginx takes at most ${limit}`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const { base } = yield* nginx({ to: receiver.port, settings: [`client_max_body_size ${limit}`] })
        const app = yield* startApp({ url: receiver.url, burst: 1_200, padding: 3_000, records: { base } })
        yield* Effect.sleep("500 millis")
        const { all, arrived } = yield* endOf(app, receiver.records)
        expect(arrived).toEqual(all)
        expect(yield* dropped(receiver)).toEqual(nothingDropped)
      })
    )
  }

  it.scopedLive("leave out the one record that is larger than they take, which is counted", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const { base } = yield* nginx({ to: receiver.port, settings: ["client_max_body_size 256k"] })
      const app = yield* startApp({
        url: receiver.url,
        burst: 200,
        firstPadding: 300_000,
        records: { base, scheduleDelay: 200 }
      })
      yield* Effect.sleep("1 second")
      yield* app.end
      const others = upTo(app.recorded()).slice(1)
      expect(arrivedAt(receiver.records)).toEqual({ spans: others, lines: others })
      expect(yield* dropped(receiver)).toEqual({ spans: 1, lines: 1 })
    })
  )
})

/** Conditions that nginx sets, and the variables of an application that meets them. */
const conditions: ReadonlyArray<{
  readonly name: string
  readonly variables: (base: string) => Readonly<Record<string, string>>
  readonly settings: ReadonlyArray<string>
}> = [
  {
    name: "gzip",
    variables: (base) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" }),
    settings: ["if ($http_content_encoding != gzip) { return 415; } set $is gzip"]
  },
  {
    name: "JSON with gzip, for traces and logs alone",
    variables: (base) => ({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${base}/v1/traces`,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${base}/v1/logs`,
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "gzip"
    }),
    settings: [
      'set $how "$http_content_type $http_content_encoding"',
      'if ($how != "application/json gzip") { return 415; } set $is json'
    ]
  },
  {
    name: "credentials in the address",
    variables: (base) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: base.replace("//", "//user:p%40ss%2Fword@") }),
    settings: [
      `if ($http_authorization != "Basic ${Buffer.from("user:p@ss/word").toString("base64")}") { return 401; } set $is known`
    ]
  },
  {
    name: "headers of all signals and of each",
    variables: (base) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: base,
      OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=one,x-signal=none",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-signal=traces",
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: "X-Signal=logs"
    }),
    settings: [
      'set $who "$http_x_tenant $uri $http_x_signal"',
      'if ($who !~ "^one /v1/(traces|logs) \\1$") { return 401; } set $is known'
    ]
  }
]

describe("the variables of both signals", () => {
  for (const { name, settings, variables } of conditions) {
    it.scopedLive(`are kept: ${name}`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const { base } = yield* nginx({ to: receiver.port, settings })
        const app = yield* startApp({ url: receiver.url, env: variables(base), records: { scheduleDelay: 200 } })
        yield* Effect.sleep("500 millis")
        const { all, arrived } = yield* endOf(app, receiver.records)
        expect(arrived).toEqual(all)
        isQuiet(app)
      })
    )
  }
})

/** Where a collector will be. */
const unused = Effect.map(Effect.promise(freePort), (port) => {
  const base = `http://127.0.0.1:${port}`
  return { port, base, url: `${base}/v1/metrics` }
})
