/** The page as a scraper reads it: text, escaping, formats, and a server that answers while it writes a long one. */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricKey from "effect/MetricKey"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { createServer, request } from "node:http"
import { catalogue } from "../../../src/observe/catalogue.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Prometheus, PrometheusListenError, type PrometheusServerOptions } from "../../../src/observe/prometheus.ts"
import { listen } from "../../../src/observe/prometheus/listen.ts"
import type { PageFor } from "../../../src/observe/prometheus/page.ts"
import { captureLog, own } from "../otlp/pipeline.ts"

const page = (options: PrometheusServerOptions = {}) =>
  Layer.provideMerge(Prometheus.layer({ port: 0, registries: "own", ...options }), own)

const openmetrics = "application/openmetrics-text; version=1.0.0"

const scrape = (url: URL, accept = "text/plain") =>
  Effect.promise(() =>
    fetch(url, { headers: { accept } }).then(async (response) => ({
      status: response.status,
      type: response.headers.get("content-type"),
      text: await response.text()
    }))
  )

const scraped = (accept?: string) => Effect.flatMap(Prometheus, ({ url }) => scrape(url, accept))

const record = Effect.gen(function* () {
  yield* TestClock.setTime(1_000_000_000_500)
  const { jobs } = yield* MetricsService
  const odd = MetricsService.label({ job_type: 'a "quoted" \\ word' })
  yield* MetricsService.inc(jobs.enqueued, odd, 3)
  yield* Metric.set(Metric.taggedWithLabels(jobs.dlqOldestAge, odd), 2.5)
  yield* Metric.update(Metric.taggedWithLabels(jobs.duration, MetricsService.label({})), Duration.seconds(1))
  yield* Metric.update(Metric.taggedWithLabels(jobs.duration, MetricsService.label({})), Duration.millis(250))
})

const withoutTelemetry = (text: string) =>
  text
    .split("\n")
    .filter((line) => !line.includes("telemetry_"))
    .join("\n")

describe("the page", () => {
  it.effect("in the Prometheus text format", () =>
    Effect.gen(function* () {
      yield* record
      const { status, text, type } = yield* scraped()
      expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"])
      expect(withoutTelemetry(text)).toBe(`# HELP jobs_duration_seconds ${catalogue.jobs.duration.help}
# TYPE jobs_duration_seconds histogram
jobs_duration_seconds_bucket{le="0.01"} 0
jobs_duration_seconds_bucket{le="0.1"} 0
jobs_duration_seconds_bucket{le="1.0"} 2
jobs_duration_seconds_bucket{le="10.0"} 2
jobs_duration_seconds_bucket{le="100.0"} 2
jobs_duration_seconds_bucket{le="1000.0"} 2
jobs_duration_seconds_bucket{le="+Inf"} 2
jobs_duration_seconds_sum 1.25
jobs_duration_seconds_count 2
# HELP jobs_enqueued_total ${catalogue.jobs.enqueued.help}
# TYPE jobs_enqueued_total counter
jobs_enqueued_total{job_type="a \\"quoted\\" \\\\ word"} 3
# HELP jobs_dlq_oldest_age_seconds ${catalogue.jobs.dlqOldestAge.help}
# TYPE jobs_dlq_oldest_age_seconds gauge
jobs_dlq_oldest_age_seconds{job_type="a \\"quoted\\" \\\\ word"} 2.5
`)
    }).pipe(Effect.provide(page()))
  )

  it.effect("in OpenMetrics, with units and creation times", () =>
    Effect.gen(function* () {
      yield* record
      const { status, text, type } = yield* scraped(openmetrics)
      expect([status, type]).toEqual([200, "application/openmetrics-text; version=1.0.0; charset=utf-8"])
      expect(withoutTelemetry(text)).toBe(`# TYPE jobs_duration_seconds histogram
# UNIT jobs_duration_seconds seconds
# HELP jobs_duration_seconds ${catalogue.jobs.duration.help}
jobs_duration_seconds_bucket{le="0.01"} 0
jobs_duration_seconds_bucket{le="0.1"} 0
jobs_duration_seconds_bucket{le="1.0"} 2
jobs_duration_seconds_bucket{le="10.0"} 2
jobs_duration_seconds_bucket{le="100.0"} 2
jobs_duration_seconds_bucket{le="1000.0"} 2
jobs_duration_seconds_bucket{le="+Inf"} 2
jobs_duration_seconds_sum 1.25
jobs_duration_seconds_count 2
jobs_duration_seconds_created 1000000000.499
# TYPE jobs_enqueued counter
# UNIT jobs_enqueued${" "}
# HELP jobs_enqueued ${catalogue.jobs.enqueued.help}
jobs_enqueued_total{job_type="a \\"quoted\\" \\\\ word"} 3
jobs_enqueued_created{job_type="a \\"quoted\\" \\\\ word"} 1000000000.499
# TYPE jobs_dlq_oldest_age_seconds gauge
# UNIT jobs_dlq_oldest_age_seconds seconds
# HELP jobs_dlq_oldest_age_seconds ${catalogue.jobs.dlqOldestAge.help}
jobs_dlq_oldest_age_seconds{job_type="a \\"quoted\\" \\\\ word"} 2.5
# EOF
`)
    }).pipe(Effect.provide(page()))
  )

  it.effect("gives external names and labels a legal form, and leaves out what comes to a name that is taken", () =>
    Effect.gen(function* () {
      yield* Metric.increment(Metric.tagged(Metric.counter("f.requests", { incremental: true }), "http.route", "/a\nb"))
      yield* Metric.set(Metric.gauge("f.level-now", { description: 'A "level"\nof \\ things.' }), -1)
      yield* Metric.set(Metric.gauge("f_level_now"), 5)
      const frequency = Metric.frequency("9words")
      yield* Metric.update(frequency, "a")
      const { text } = yield* scraped()
      expect(text).toContain(`# TYPE f_requests_total counter\nf_requests_total{http_route="/a\\nb"} 1\n`)
      expect(text).toContain(`# TYPE _9words_total counter\n_9words_total{key="a"} 1\n`)
      const levels = text.split("\n").filter((line) => line.startsWith("f_level_now"))
      expect(levels.length).toBe(1)
      expect(
        text.includes('# HELP f_level_now A "level"\\nof \\\\ things.') === levels.includes("f_level_now -1")
      ).toBe(true)
    }).pipe(Effect.provide(page({ registries: "all" })), Effect.provide(captureLog().layer))
  )

  it.effect("counts what it refuses, and shows everything else", () =>
    Effect.gen(function* () {
      const { jobs, registry } = yield* MetricsService
      const counter = (name: string) => MetricKey.counter(name, { incremental: true })
      registry.getCounter(counter(".total")).update(1)
      registry.getCounter(MetricKey.tagged(counter("f.labelled"), "", "lost")).update(1)
      yield* MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "shown" }))
      const rejected = Effect.map(scraped(openmetrics), ({ text }) => {
        expect(text).toContain('jobs_enqueued_total{job_type="shown"} 1\n')
        expect(text).toContain("f_labelled_total 1\n")
        return /^telemetry_points_dropped_total\{reason="rejected"\} (\d+)$/m.exec(text)?.[1]
      })
      // The label once, as its series was found; the name at the end of each page.
      expect(yield* Effect.all([rejected, rejected, rejected])).toEqual(["1", "2", "3"])
    }).pipe(Effect.provide(page()), Effect.provide(captureLog().layer))
  )

  it.live("is one path; other paths and methods are told so", () =>
    Effect.gen(function* () {
      const { url } = yield* Prometheus
      expect(url.pathname).toBe("/deep/metrics")
      expect((yield* scrape(new URL("/metrics", url))).status).toBe(404)
      expect((yield* scrape(new URL("?a=b", url))).status).toBe(200)
      const post = yield* Effect.promise(() => fetch(url, { method: "POST", body: "x" }))
      expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"])
      const head = yield* Effect.promise(() => fetch(url, { method: "HEAD" }))
      expect(head.status).toBe(200)
    }).pipe(Effect.provide(page({ path: "/deep/metrics" })))
  )

  it.scopedLive("answers what is no path at all", () =>
    Effect.gen(function* () {
      const { url } = yield* Prometheus
      const statusOf = (target: string) =>
        Effect.async<number | undefined>((resume) => {
          const options = { host: "localhost", port: url.port, path: target, agent: false }
          request(options, (response) => resume(Effect.succeed(response.resume().statusCode))).end()
        }).pipe(Effect.timeoutFail({ duration: "2 seconds", onTimeout: () => "no answer" }))
      for (const target of ["//", "//metrics", "/%", "http://[", "*"]) {
        expect([target, yield* statusOf(target)]).toEqual([target, 404])
      }
      for (const target of ["/metrics", "/metrics?", "http://elsewhere/metrics?a=b"]) {
        expect([target, yield* statusOf(target)]).toEqual([target, 200])
      }
    }).pipe(Effect.provide(page()))
  )

  it.scopedLive("that dies is answered with 500 before its first piece, and cut off after it", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      const pages: ReadonlyArray<PageFor> = [
        () => ({ contentType: "text/plain", body: Stream.dieMessage("broken inside") }),
        () => {
          throw new Error("broken inside")
        },
        () => ({
          contentType: "text/plain",
          body: Stream.concat(Stream.make("a 1\n"), Stream.dieMessage("broken inside"))
        })
      ]
      const answers = yield* Effect.forEach(pages, (pageFor) =>
        Effect.flatMap(listen(pageFor, { host: "localhost", port: 0, path: "/metrics" }), (url) =>
          Effect.promise(() =>
            fetch(url, { signal: AbortSignal.timeout(30_000) })
              .then(async (response) => [response.status, await response.text()])
              .catch((error: unknown) => (error instanceof Error ? error.name : error))
          )
        )
      ).pipe(Effect.provide(layer))
      const broken = [500, "the page could not be made; the log says why\n"]
      expect(answers).toEqual([broken, broken, "TypeError"])
      expect(lines.map((line) => /^WARN The Prometheus page died.*broken inside$/.test(line))).toEqual([
        true,
        true,
        true
      ])
    })
  )

  const port = "a port is a whole number from 0 to 65535, and 0 takes a free one"
  const path = 'must begin with "/", and be written as it is in an address'
  for (const [options, problem] of [
    [{ port: 70_000 }, `localhost:70000: ${port}`],
    [{ port: 1.5 }, `localhost:1.5: ${port}`],
    [{ path: "metrics" }, `localhost:0: the path "metrics" ${path}`],
    [{ path: "/metrics?a=b" }, `localhost:0: the path "/metrics?a=b" ${path}`]
  ] as const) {
    it.scopedLive(`with ${JSON.stringify(options)} is an error that says what is allowed`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Layer.build(page(options)))
        expect(error).toBeInstanceOf(PrometheusListenError)
        expect(error.message).toBe(`Prometheus can't be served at ${problem}`)
      })
    )
  }

  it.scopedLive("on a port that is in use is an error that says so", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const taken = createServer().listen(0, "localhost", () => resume(Effect.succeed(taken)))
        }),
        (taken) => Effect.sync(() => taken.close())
      )
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const error = yield* Effect.flip(Layer.build(page({ port })))
      expect(error).toBeInstanceOf(PrometheusListenError)
      expect(error.message).toBe(
        `Prometheus can't be served at localhost:${port}: another program listens there; choose another port, or 0 for a free one`
      )
    })
  )

  it.scopedLive("can be mounted on a router", () =>
    Effect.gen(function* () {
      const { jobs } = yield* MetricsService
      yield* MetricsService.inc(jobs.enqueued, MetricsService.label({ job_type: "routed" }))
      const app = yield* Prometheus.httpApp({ registries: "own" })
      yield* HttpServer.serveEffect(HttpRouter.empty.pipe(HttpRouter.get("/metrics", app)))
      const { address } = yield* HttpServer.HttpServer
      const port = address._tag === "TcpAddress" ? address.port : 0
      const { text, type } = yield* scrape(new URL(`http://127.0.0.1:${port}/metrics`), openmetrics)
      expect(type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8")
      expect(text).toContain(`jobs_enqueued_total{job_type="routed"} 1\n`)
      expect(text.endsWith("# EOF\n")).toBe(true)
    }).pipe(Effect.provide(own), Effect.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })))
  )

  it.scopedLive(
    "of 100,000 series leaves the event loop free, and a scraper that goes away ends it",
    () =>
      Effect.gen(function* () {
        const { jobs } = yield* MetricsService
        for (let index = 0; index < 100_000; index++) {
          const series = yield* MetricsService.series(jobs.enqueued, { job_type: `type-${index}` })
          series.record(1)
        }
        let turns = 0
        const timer = setInterval(() => turns++, 1)
        yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(timer)))
        const { url } = yield* Prometheus
        const started = performance.now()
        const { text } = yield* scrape(url)
        const took = performance.now() - started
        expect(text.match(/^jobs_enqueued_total\{/gm)?.length).toBe(100_000)
        // In slices of 8 ms the loop turns at least every 100 ms on average, however busy the machine is.
        expect(turns).toBeGreaterThan(took / 100)
        const controller = new AbortController()
        yield* Effect.promise(() =>
          fetch(url, { signal: controller.signal }).then(
            () => controller.abort(),
            () => {}
          )
        )
        expect((yield* scrape(new URL("/no", url))).status).toBe(404)
      }).pipe(
        Effect.provide(
          Layer.provideMerge(
            Prometheus.layer({ port: 0, registries: "own" }),
            MetricsService.layer({ registry: "own", limits: { default: 200_000 } })
          )
        )
      ),
    60_000
  )
})
