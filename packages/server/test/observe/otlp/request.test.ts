/** How much is sent at once, and what a destination besides OTLP gets. */
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { spawnSync } from "node:child_process"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { InstrumentId } from "../../../src/observe/instrument/instrument.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry, TelemetryPeerMissing } from "../../../src/observe/telemetry.ts"
import { loadPeer } from "../../../src/observe/config/peer.ts"
import { makeSizeLimit } from "../../../src/observe/otlp/size-limit.ts"
import { makePace } from "../../../src/observe/otlp/pace.ts"
import { snapshot } from "../../../src/observe/testing.ts"
import { captureLog, own, pipeline, telemetryTo, totalOf, until } from "./pipeline.ts"
import { Reader } from "../../support/sdk-reader.ts"

const count = (series: number) =>
  Effect.flatMap(MetricsService, ({ jobs }) =>
    Effect.forEach(
      Array.from({ length: series }, (_, index) => `type-${index}`),
      (jobType) => MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: jobType }))
    )
  )

describe("requests", () => {
  it.scopedLive("hold no more points than is said, and all points together", () =>
    Effect.gen(function* () {
      const { violations, requests } = yield* Receiver
      const layer = Layer.provideMerge(
        telemetryTo({ maxPoints: 700 }),
        MetricsService.layer({ registry: "own", limits: { default: 10_000 } })
      )
      yield* Effect.gen(function* () {
        yield* count(5_000)
        const [report] = yield* Telemetry.flush
        const points = (yield* requests).map((request) => request.points)
        expect(Math.max(...points)).toBe(700)
        expect(points.reduce((sum, one) => sum + one, 0)).toBe(report?.points)
        expect(points.length).toBe(report?.requests)
        expect(yield* totalOf("jobs_enqueued_total")).toBe(5_000)
        expect(points.length).toBeGreaterThan(5)
        expect(yield* snapshot).toMatchObject({
          telemetry_exports_total: 1,
          telemetry_export_seconds: { count: 1 }
        })
      }).pipe(Effect.provide(layer))
      expect(yield* violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it("grow while they are encoded in a moment, and shrink when they are not", () => {
    const pace = makePace(5_000, makeSizeLimit(1_000_000))
    const took = (encodeMs: number) => ({ encodeMs, byteLength: 0 })
    expect(pace.points()).toBe(1_000)
    pace.encoded(1_000, took(4))
    expect(pace.points()).toBe(2_000)
    pace.encoded(2_000, took(8))
    pace.encoded(4_000, took(10))
    expect(pace.points()).toBe(5_000)
    pace.encoded(5_000, took(40))
    expect(pace.points()).toBe(1_875)
    pace.encoded(10, took(0.01))
    expect(pace.points()).toBe(1_875)
    pace.encoded(2_500, took(10_000))
    expect(pace.points()).toBe(250)
    expect(makePace(10, makeSizeLimit(1_000_000)).points()).toBe(10)
  })
})

describe("the console", () => {
  it.scopedLive("gets a line of JSON for each metric", () =>
    Effect.gen(function* () {
      const lines: Array<unknown> = []
      const console: Console.Console = {
        ...(yield* Console.consoleWith(Effect.succeed)),
        log: (line) => Effect.sync(() => lines.push(JSON.parse(String(line))))
      }
      yield* Effect.zipRight(count(1), Telemetry.flush).pipe(
        Effect.provide(
          Layer.provideMerge(Telemetry.layer({ registries: "own", destinations: [{ type: "console" }] }), own)
        ),
        Console.withConsole(console)
      )
      expect(lines).toContainEqual({
        name: "jobs_enqueued_total",
        kind: "counter",
        unit: "{job}",
        series: [{ attributes: { job_type: "type-0" }, value: 1 }]
      })
    })
  )
})

const variables = (entries: Record<string, string>) =>
  Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(entries))))

describe("the variables", () => {
  it.scopedLive("can ask for several destinations at once", () =>
    Effect.gen(function* () {
      const { url } = yield* Receiver
      const { layer, lines } = captureLog()
      const asked = variables({
        OTEL_METRICS_EXPORTER: "otlp,prometheus",
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url,
        OTEL_EXPORTER_PROMETHEUS_PORT: "0",
        OTEL_SERVICE_NAME: "asked",
        OTEL_RESOURCE_ATTRIBUTES: "service.version=9.9,team=a%20b"
      })
      yield* Effect.gen(function* () {
        yield* count(1)
        const reports = yield* Telemetry.flush
        const page = reports.find(({ destination }) => destination !== url)?.destination ?? ""
        const text = yield* Effect.promise(() => fetch(page).then((response) => response.text()))
        expect(text).toContain(`jobs_enqueued_total{job_type="type-0"} 1\n`)
        const [series] = yield* (yield* Receiver).find("jobs_enqueued_total")
        expect(series?.resource).toMatchObject({ "service.name": "asked", "service.version": "9.9", team: "a b" })
        expect(series?.resource).toMatchObject({
          "service.instance.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
          "process.pid": process.pid,
          "process.runtime.name": "nodejs",
          "host.name": expect.any(String)
        })
      }).pipe(
        Effect.provide(Telemetry.Default.pipe(Layer.provideMerge(own), Layer.provide(asked))),
        Effect.provide(layer)
      )
      expect(lines.some((line) => line.startsWith("INFO Metrics can be scraped at http://localhost:"))).toBe(true)
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("can turn everything off", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* Receiver
      const off = variables({ OTEL_SDK_DISABLED: "true", OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url })
      const layer = Telemetry.Default.pipe(Layer.provideMerge(own), Layer.provide(off))
      expect(yield* Effect.provide(Effect.zipRight(count(1), Telemetry.flush), layer)).toEqual([])
      expect(yield* requests).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("can ask for traces and logs, with the same resource", () =>
    Effect.gen(function* () {
      const bodies: Array<{ readonly path: string; readonly body: string }> = []
      const server = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const collector = createServer((request, response) => {
            let body = ""
            request.on("data", (part) => (body += String(part)))
            request.on("end", () => {
              bodies.push({ path: request.url ?? "", body })
              response.setHeader("content-type", "application/json").end("{}")
            })
          }).listen(0, "127.0.0.1", () => resume(Effect.succeed(collector)))
        }),
        (collector) => Effect.sync(() => collector.close())
      )
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const asked = variables({
        OTEL_METRICS_EXPORTER: "none",
        OTEL_TRACES_EXPORTER: "otlp",
        OTEL_LOGS_EXPORTER: "otlp",
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_SERVICE_NAME: "asked"
      })
      yield* Effect.withSpan(Effect.logInfo("hello from a span"), "a-span").pipe(
        Effect.provide(Telemetry.Default.pipe(Layer.provideMerge(own), Layer.provide(asked)))
      )
      const sent = (path: string) =>
        bodies
          .filter((one) => one.path === path)
          .map(({ body }) => body)
          .join("")
      expect(sent("/v1/traces")).toContain('"a-span"')
      expect(sent("/v1/logs")).toContain("hello from a span")
      for (const path of ["/v1/traces", "/v1/logs"]) {
        expect(sent(path)).toContain('"service.instance.id"')
        expect(sent(path)).toContain('"asked"')
      }
      expect(sent("/v1/metrics")).toBe("")
    })
  )
})

describe("in a cluster", () => {
  it.scopedLive("the resource has the address of the runner", () =>
    Effect.gen(function* () {
      const sharding = ShardingConfig.layer({ runnerAddress: Option.some(RunnerAddress.make("10.0.0.7", 34431)) })
      yield* count(1).pipe(Effect.provide(telemetryTo().pipe(Layer.provide(sharding), Layer.provideMerge(own))))
      const [series] = yield* (yield* Receiver).find("jobs_enqueued_total")
      expect(series?.resource["effect.cluster.runner.address"]).toBe("10.0.0.7:34431")
    }).pipe(Effect.provide(Receiver.layer()))
  )
})

describe("a defect", () => {
  it.scoped("costs one export, and not the next one", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      yield* TestClock.setTime(1_000_000_000_000)
      yield* Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        yield* count(1)
        const instrument = jobs.enqueued[InstrumentId]
        const all = instrument.all
        instrument.all = () => {
          throw new Error("broken inside")
        }
        const [broken] = yield* Telemetry.flush
        expect(broken?.failures).toEqual(["Error: broken inside"])
        yield* TestClock.adjust("1 minute")
        instrument.all = all
        yield* TestClock.adjust("1 minute")
        yield* until(Effect.map(totalOf("jobs_enqueued_total"), (total) => total === 1))
      }).pipe(Effect.provide(pipeline()), Effect.provide(layer))
      expect(lines.filter((line) => line.includes("died")).length).toBe(2)
    }).pipe(Effect.provide(Receiver.layer()))
  )
})

describe("a reader of OpenTelemetry", () => {
  it.scopedLive("collects our metrics with its own", () =>
    Effect.gen(function* () {
      const { MeterProvider } = yield* Effect.promise(() => import("@opentelemetry/sdk-metrics"))
      yield* count(1)
      yield* Metric.increment(Metric.counter("r_counter", { incremental: true }))
      const reader = new Reader({ metricProducers: [yield* Telemetry.metricProducer()] })
      const provider = new MeterProvider({ readers: [reader] })
      provider.getMeter("theirs").createCounter("their_counter").add(2)
      const { errors, resourceMetrics } = yield* Effect.promise(() => reader.collect())
      expect(errors).toEqual([])
      const scopes = Object.fromEntries(
        resourceMetrics.scopeMetrics.map(({ metrics, scope }) => [
          scope.name,
          metrics.map(({ descriptor }) => descriptor.name)
        ])
      )
      expect(scopes["theirs"]).toEqual(["their_counter"])
      expect(scopes["@parametric-portal/server"]).toContain("jobs_enqueued_total")
      expect(scopes["effect"]).toContain("r_counter")
    }).pipe(Effect.provide(own))
  )
})

const source = (file: string) => JSON.stringify(fileURLToPath(new URL(`../../../src/observe/${file}`, import.meta.url)))

describe("an optional peer", () => {
  it.effect("that is missing is an error that says what is needed, and what to install", () =>
    Effect.gen(function* () {
      const name = "@opentelemetry/not-there"
      const error = yield* Effect.flip(loadPeer(name, "OTLP", () => import(name)))
      expect(error).toBeInstanceOf(TelemetryPeerMissing)
      expect(error.message).toBe(
        "OTLP needs the package @opentelemetry/not-there, which could not be loaded. Install all that it needs: npm install " +
          "@opentelemetry/api@1.9 @opentelemetry/resources@2.12 @opentelemetry/sdk-metrics@2.12 @opentelemetry/otlp-transformer@0.223"
      )
    })
  )

  it.effect("that is of another major is one too, and its cause says so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        loadPeer("@opentelemetry/resources", "OTLP", () => Promise.resolve({ Resource: {} }))
      )
      expect(error).toBeInstanceOf(TelemetryPeerMissing)
      expect(error.cause).toEqual(
        new TypeError("@opentelemetry/resources has no resourceFromAttributes: another major is installed")
      )
    })
  )

  const metrics = source("metrics.ts")
  const uses = {
    "by the metrics": `const { MetricsService } = await import(${metrics})`,
    "for a page to scrape": `
      const { MetricsService } = await import(${metrics})
      const { Telemetry } = await import(${source("telemetry.ts")})
      const { Effect, Layer } = await import("effect")
      const page = Telemetry.layer({ destinations: [{ type: "prometheus", port: 0 }, { type: "console" }] })
      await Effect.runPromise(Effect.provide(Telemetry, Layer.provide(page, MetricsService.layer({ registry: "own" }))))
    `
  }
  for (const [what, use] of Object.entries(uses)) {
    it.effect(`is not loaded ${what}`, () =>
      Effect.sync(() => {
        const script = `
          import { createRequire } from "node:module"
          console.log = () => {}
          ${use}
          const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes("@opentelemetry"))
          process.stdout.write(JSON.stringify([typeof MetricsService, loaded]))
        `
        const { stderr, stdout } = spawnSync(
          process.execPath,
          ["--import", "tsx", "--input-type=module", "--eval", script],
          { cwd: fileURLToPath(new URL("../../..", import.meta.url)), encoding: "utf8" }
        )
        expect([stdout, stderr]).toEqual(['["function",[]]', ""])
      })
    )
  }

  it.scopedLive("is not needed where nothing is exported", () =>
    Effect.gen(function* () {
      expect(yield* Effect.provide(Telemetry.flush, pipeline({ destinations: [] }))).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
