/** What is promised of delivery, seen on receivers and proxies that others wrote: nothing is lost, nothing counted twice. */
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as Scope from "effect/Scope"
import { HttpsProxyAgent } from "https-proxy-agent"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"
import { eventually } from "../support/eventually.ts"
import { type App, counted, startApp } from "./support/app.ts"
import { certificate } from "@parametric-portal/receivers/certificate"
import { type Collector, collector } from "@parametric-portal/receivers/collector"
import { cutter } from "@parametric-portal/receivers/cutter"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import { type ForwardProxy, haproxy, nginx, squid } from "@parametric-portal/receivers/proxies"
import { send } from "./support/send.ts"
import { victoriaMetrics } from "@parametric-portal/receivers/victoria-metrics"

const delta = { temporality: "delta" } as const

/** A limit in MiB that the collector is over before it has received anything. */
const refusing = 2

/** The application ends; what its collector has then must be what it counted. */
const endsRight = (app: App, receiver: Pick<Collector, "total">) =>
  Effect.gen(function* () {
    const count = yield* app.end
    expect(count).toBeGreaterThan(20)
    const total = yield* eventually(receiver.total(counted), (found) => found >= count)
    expect({ total }).toEqual({ total: count })
  })

/** No export failed, and none was said to be well again. */
const isQuiet = (app: App) => expect(app.said().filter((line) => !line.includes("final export"))).toEqual([])

describe("deltas", () => {
  for (const seconds of [3, 12]) {
    it.scopedLive(`count once when the collector is frozen for ${seconds} seconds`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const app = yield* startApp({ url: receiver.url, otlp: delta })
        yield* Effect.sleep("1 second")
        yield* receiver.freeze
        yield* Effect.sleep(seconds * 1_000)
        yield* receiver.resume
        yield* Effect.sleep("3 seconds")
        yield* endsRight(app, receiver)
      })
    )
  }

  it.scopedLive("count once when the collector is frozen, with requests that take seconds", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const app = yield* startApp({ url: receiver.url, otlp: delta, intervalMs: 1_000, timeoutMs: 300, series: 3_000 })
      yield* Effect.sleep("2 seconds")
      for (let round = 0; round < 3; round += 1) {
        yield* receiver.freeze
        yield* Effect.sleep("700 millis")
        yield* receiver.resume
        yield* Effect.sleep("700 millis")
      }
      yield* Effect.sleep("2 seconds")
      yield* endsRight(app, receiver)
    })
  )

  it.scopedLive("count once, or one interval of them twice, when the collector is restarted", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const first = yield* Scope.extend(collector({ isVerbose: true }), scope)
      const app = yield* startApp({ url: first.url, otlp: delta })
      yield* Effect.sleep("2 seconds")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.sleep("2 seconds")
      const second = yield* collector({ isVerbose: true, port: first.port })
      yield* Effect.sleep("2 seconds")
      const count = yield* app.end
      const total = () => first.passedOn(counted) + second.passedOn(counted)
      yield* eventually(Effect.sync(total), (found) => found >= count)
      expect(first.passedOn(counted)).toBeGreaterThan(0)
      expect(total()).toBeGreaterThanOrEqual(count)
      // Fifty a second, half a second long.
      expect(total()).toBeLessThanOrEqual(count + 30)
    })
  )

  it.scopedLive("count once when the collector refuses for memory and is restarted, and the log has its words", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port, url } = yield* Scope.extend(collector({ memory: refusing }), scope)
      const app = yield* startApp({ url, otlp: delta })
      yield* Effect.sleep("3 seconds")
      yield* Scope.close(scope, Exit.void)
      const receiver = yield* collector({ port })
      yield* Effect.sleep("3 seconds")
      yield* endsRight(app, receiver)
      expect(app.said().join("\n")).toMatch(/503 Service Unavailable: data refused due to high memory usage/)
    })
  )

  for (const [name, proxy] of [
    ["nginx", (to: number) => nginx({ to, settings: ["proxy_read_timeout 300ms"] })],
    ["HAProxy", (to: number) => haproxy({ to, settings: ["timeout server 300ms"] })]
  ] as const) {
    it.scopedLive(`count once when ${name} gives up on the collector (504)`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const { url } = yield* proxy(receiver.port)
        const app = yield* startApp({ url, otlp: delta })
        yield* Effect.sleep("1 second")
        yield* receiver.freeze
        yield* Effect.sleep("6 seconds")
        yield* receiver.resume
        yield* Effect.sleep("3 seconds")
        yield* endsRight(app, receiver)
      })
    )
  }

  it.scopedLive("count once when the connection behind nginx is cut before the answer (502)", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const relay = yield* cutter(receiver.port)
      const { url } = yield* nginx({ to: relay.port, settings: ["proxy_next_upstream off"] })
      const app = yield* startApp({ url, otlp: delta })
      yield* Effect.sleep("1 second")
      yield* relay.cutAnswers(true)
      yield* Effect.sleep("3 seconds")
      yield* relay.cutAnswers(false)
      yield* Effect.sleep("3 seconds")
      yield* endsRight(app, receiver)
    })
  )

  it.scopedLive("count once when nginx is restarted", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const scope = yield* Scope.make()
      const { port, url } = yield* Scope.extend(nginx({ to: receiver.port }), scope)
      const app = yield* startApp({ url, otlp: delta })
      yield* Effect.sleep("1200 millis")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.sleep("1200 millis")
      yield* nginx({ to: receiver.port, port })
      yield* Effect.sleep("2 seconds")
      yield* endsRight(app, receiver)
    })
  )
})

describe("connections that a proxy closes while they are idle", () => {
  const cases = [
    { name: "nginx", make: nginx, setting: (ms: number) => `keepalive_timeout ${ms}ms` },
    { name: "HAProxy", make: haproxy, setting: (ms: number) => `timeout http-keep-alive ${ms}ms` }
  ]
  for (const { make, name, setting } of cases) {
    it.scopedLive(`cost no export when ${name} closes them at the interval's length`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const { url } = yield* make({ to: receiver.port, settings: [setting(100)] })
        const app = yield* startApp({ url, intervalMs: 100, otlp: delta })
        yield* Effect.sleep("9 seconds")
        yield* endsRight(app, receiver)
        isQuiet(app)
      })
    )
  }
})

describe("a limit of the body's size", () => {
  for (const protocol of ["http/protobuf", "http/json"] as const) {
    for (const { limit, series } of [
      { limit: "1m", series: 30_000 },
      { limit: "256k", series: 1_900 }
    ]) {
      it.scopedLive(`of ${limit} in nginx holds nothing back: ${protocol}`, () =>
        Effect.gen(function* () {
          const receiver = yield* collector()
          const { url } = yield* nginx({ to: receiver.port, settings: [`client_max_body_size ${limit}`] })
          const record = Effect.gen(function* () {
            const { jobs } = yield* MetricsService
            for (let index = 0; index < series; index += 1) {
              yield* MetricsService.inc(jobs.enqueued, { job_type: `${"type ".repeat(20)}${index}` })
            }
          })
          expect(yield* send({ url }, { serviceName: "large", otlp: { protocol } }, record)).toEqual([])
          expect(yield* receiver.total("jobs_enqueued_total")).toBe(series)
        })
      )
    }
  }
})

describe("a forward proxy, with the agent that the guide names", () => {
  const record = Effect.flatMap(MetricsService, ({ jobs }) =>
    MetricsService.inc(jobs.enqueued, { job_type: "through" }, 7)
  )

  /** squid logs a tunnel when it ends, and the agent is the user's to end. */
  const tunnelled = (agent: HttpsProxyAgent<string>, proxy: ForwardProxy) => {
    agent.destroy()
    return eventually(Effect.sync(proxy.requests), (requests) => requests.length > 0)
  }

  it.scopedLive("is gone through to https, with the certificates of the variables", () =>
    Effect.gen(function* () {
      const tls = yield* certificate
      const receiver = yield* collector({ tls })
      const proxy = yield* squid
      const agent = new HttpsProxyAgent(proxy.address, { keepAlive: true })
      const variables = ConfigProvider.fromMap(new Map([["OTEL_EXPORTER_OTLP_CERTIFICATE", tls.cert_file]]))
      const sent = send(receiver, { serviceName: "through", otlp: { agent } }, record)
      expect(yield* Effect.withConfigProvider(sent, variables)).toEqual([])
      expect(yield* receiver.total("jobs_enqueued_total")).toBe(7)
      expect(yield* tunnelled(agent, proxy)).toContain(`CONNECT 127.0.0.1:${receiver.port}`)
      const untrusted = send(receiver, { serviceName: "through", interval: "1 second", otlp: { agent } }, record)
      expect((yield* untrusted).join()).toMatch(/certificate/)
    })
  )

  it.scopedLive("is gone through to http, and waited for while it is away", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const proxy = yield* squid
      const agent = new HttpsProxyAgent(proxy.address, { keepAlive: true })
      const options = { serviceName: "through", interval: "1 second", otlp: { agent } } as const
      expect(yield* send(receiver, options, record)).toEqual([])
      expect(yield* receiver.total("jobs_enqueued_total")).toBe(7)
      expect(yield* tunnelled(agent, proxy)).toContain(`CONNECT 127.0.0.1:${receiver.port}`)
      yield* proxy.stop
      expect((yield* send(receiver, options, record)).length).toBeGreaterThan(0)
    })
  )
})

describe("Prometheus", () => {
  const external = (name: string, key: string) =>
    Effect.map(MetricsService, ({ registry }) => {
      const made = MetricKey.taggedWithLabels(MetricKey.counter(name), [MetricLabel.make(key, "value")])
      registry.getCounter(made).update(3)
    })

  const beside = Effect.flatMap(MetricsService, ({ jobs }) =>
    MetricsService.inc(jobs.enqueued, { job_type: "beside" }, 7)
  )

  it.scopedLive("has everything but the one metric or series that it refuses, which is counted", () =>
    Effect.gen(function* () {
      const receiver = yield* prometheus()
      const strange = [
        ["{}", "key"],
        ["__", "key"],
        [" ", "key"],
        ["strange_total", "{}"],
        ["strange_total", "__"],
        ["strange_total", " "]
      ] as const
      for (const [index, [name, key]] of strange.entries()) {
        const serviceName = `refused-${index}`
        yield* send(receiver, { serviceName }, Effect.zipRight(external(name, key), beside))
        const all = yield* Effect.promise(() => receiver.all(serviceName))
        const dropped = all.filter(({ name: one }) => one === "telemetry_points_dropped_total")
        expect({
          name,
          key,
          beside: all.find(({ name: one }) => one === "jobs_enqueued_total")?.value,
          isAccounted:
            all.some(({ name: one, value }) => value === 3 && !one.startsWith("telemetry_")) ||
            dropped.some(({ value }) => value > 0)
        }).toEqual({ name, key, beside: 7, isAccounted: true })
      }
    })
  )

  it.scopedLive("takes all requests of a last export, without a window for old samples", () =>
    Effect.gen(function* () {
      // They go out side by side, and each has the same time.
      const receiver = yield* prometheus({ configuration: { storage: { tsdb: { out_of_order_time_window: "0s" } } } })
      const record = Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        for (let index = 0; index < 60_000; index += 1) {
          const series = yield* MetricsService.series(jobs.enqueued, { job_type: `type-${index}` })
          series.record(1)
        }
      })
      const telemetry = Telemetry.layer({
        serviceName: "one-time",
        interval: "1 hour",
        shutdownTimeout: "1 minute",
        registries: "own",
        maxPoints: 1_000,
        destinations: [{ type: "otlp", url: receiver.url, protocol: "http/protobuf" }]
      })
      const metrics = MetricsService.layer({ registry: "own", limits: { default: 200_000 } })
      yield* Effect.provide(record, Layer.provideMerge(telemetry, metrics))
      const [found] = yield* Effect.promise(() => receiver.query('sum(jobs_enqueued_total{job="one-time"})'))
      expect(found?.value).toBe(60_000)
    })
  )
})

describe("VictoriaMetrics", () => {
  it.scopedLive("takes the protocol that is the default", () =>
    Effect.gen(function* () {
      const receiver = yield* victoriaMetrics
      const record = Effect.flatMap(MetricsService, ({ jobs }) =>
        MetricsService.inc(jobs.enqueued, { job_type: "default" }, 7)
      )
      const destinations = [{ type: "otlp", url: receiver.url }] as const
      expect(yield* send(receiver, { serviceName: "default", destinations }, record)).toEqual([])
      const found = yield* eventually(
        Effect.promise(() => receiver.query('jobs_enqueued_total{job="default"}')),
        (all) => all.length > 0
      )
      expect(found[0]?.value).toBe(7)
    })
  )
})
