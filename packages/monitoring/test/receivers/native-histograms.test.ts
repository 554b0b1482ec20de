/**
 * What is written with `nativeHistograms` on a real Prometheus 3, to which exponential histograms are sent: it answers each
 * panel and each rule, and says the same as of a histogram with boundaries that counted the same values.
 */
import { describe, expect, it } from "@effect/vitest"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Telemetry } from "@parametric-portal/server/observe/telemetry"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"
import fc from "fast-check"
import { versionThree } from "../../src/files/prometheus.ts"
import { grafanaFile } from "../../src/files/grafana.ts"
import { monitoringOf, storedNames } from "../../src/monitoring.ts"
import { alwaysExplicit } from "../../src/native-histograms.ts"
import { ruleDialect } from "../../src/naming.ts"
import { inDialect } from "../../src/promql/dialect.ts"
import { parse } from "../../src/promql/parse.ts"
import { amounts, buckets, observations, quantile } from "../../src/promql/select.ts"
import type { Vector } from "../../src/promql/vector.ts"
import { settings } from "../../src/repository.ts"
import { eventually, silent } from "../support/asked.ts"
import { queriesIn } from "../support/committed-queries.ts"
import { RuleFiles } from "../support/rules.ts"
import { shop } from "../support/shop.ts"

const { jobs } = catalogue

const quiet = Logger.minimumLogLevel(LogLevel.Error)

const rules = Effect.acquireRelease(
  Effect.sync(() => new RuleFiles()),
  (files) => Effect.sync(files.remove)
)

const global = { scrape_interval: "2s", evaluation_interval: "1s" }

describe("a shop whose histograms are exponential", () => {
  it.scopedLive("is answered by each panel and each rule", () =>
    Effect.gen(function* () {
      const monitoring = monitoringOf({ ...settings, nativeHistograms: true })
      const files = (yield* rules).write({ nativeHistograms: true })
      const receiver = yield* prometheus({
        configuration: { global, rule_files: Object.values(files), ...versionThree }
      })
      yield* Layer.build(shop(receiver.url, [], { default: "exponential" }))
      yield* Effect.sleep("10 seconds")
      const queries = monitoring.dashboards
        .flatMap((one) => queriesIn(grafanaFile(monitoring, one)))
        // A histogram has no single value for the API to return.
        .map((one) => (one.isHeatMap ? { ...one, expression: `histogram_count(${one.expression})` } : one))
      expect(queries.length).toBeGreaterThan(80)
      const named = new Set(
        queries.flatMap(({ expression }) => parse(expression).selectors.map(({ metric }) => metric))
      )
      const parts = monitoring.rows.flatMap(({ row }) => (row.kind === "histogram" ? storedNames(row) : []))
      expect(parts.filter((name) => named.has(name))).toEqual([`${alwaysExplicit}_bucket`])
      expect(yield* silent(receiver, queries)).toEqual([])
      const recorded = yield* eventually(
        Effect.promise(() => receiver.query('job_type:jobs_attempts:increase10m{job="shop"} > 0'))
      )
      expect(recorded.length).toBeGreaterThan(0)
      const answer = yield* Effect.promise(() =>
        fetch(`${receiver.address}/api/v1/rules`).then((response) => response.text())
      )
      const { data }: RuleAnswer = JSON.parse(answer)
      const all = data.groups.flatMap((group) => group.rules)
      expect(all.length).toBeGreaterThan(50)
      expect(all.filter(({ health }) => health !== "ok")).toEqual([])
    }).pipe(Effect.provide(quiet))
  )
})

interface RuleAnswer {
  readonly data: {
    readonly groups: ReadonlyArray<{
      readonly rules: ReadonlyArray<{ readonly name: string; readonly health: string }>
    }>
  }
}

// Six orders of magnitude, as many in each.
const values = fc
  .sample(fc.double({ min: -3, max: 3, noNaN: true }), { numRuns: 600, seed: 25 })
  .map((power) => 10 ** power)

const own = Context.unsafeGet(DefaultServices.liveServices, Tracer.Tracer)

/** Spans as Effect makes them, of a tracer that is installed: values that are recorded in one become exemplars. */
const inSpan = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.withSpan("round", { root: true }),
    Effect.withTracer(Tracer.make({ span: (...given) => own.span(...given), context: (run) => run() }))
  )

interface ExemplarAnswer {
  readonly data: ReadonlyArray<{
    readonly seriesLabels: Readonly<Record<string, string>>
    readonly exemplars: ReadonlyArray<{ readonly labels: Readonly<Record<string, string>> }>
  }>
}

/** What Grafana asks for besides where a query asks for exemplars. */
const exemplarsOf = (address: string, query: string) =>
  Effect.promise(() => {
    const now = Date.now() / 1_000
    const parameters = new URLSearchParams({ query, start: String(now - 600), end: String(now + 600) })
    return fetch(`${address}/api/v1/query_exemplars?${parameters.toString()}`).then((response) => response.text())
  }).pipe(
    Effect.map((text) => {
      const { data }: ExemplarAnswer = JSON.parse(text)
      return data
    })
  )

/** Some values in both metrics, which have the same boundaries. */
const record = (some: ReadonlyArray<number>) =>
  Effect.flatMap(MetricsService, (metrics) =>
    Effect.forEach(some, (value) =>
      Effect.forEach([metrics.jobs.processingSeconds, metrics.jobs.waitDuration], (handle) =>
        Metric.update(
          Metric.taggedWithLabels(handle, MetricsService.label({ job_type: "digest" })),
          Duration.seconds(value)
        )
      )
    )
  )

const measured = (url: string) =>
  Telemetry.layer({
    serviceName: "shop",
    destinations: [{ type: "otlp", url, protocol: "http/protobuf" }],
    registries: "own",
    interval: "1 hour"
  }).pipe(
    Layer.provideMerge(
      MetricsService.layer({
        registry: "own",
        histograms: { metrics: { [jobs.processingSeconds.name]: "exponential" } }
      })
    )
  )

describe("the same values, exponential and between boundaries", () => {
  it.scopedLive("have the same counts, sums and rates, and quantiles as far apart as buckets are wide", () =>
    Effect.gen(function* () {
      const receiver = yield* prometheus({ features: ["exemplar-storage"] })
      const dialect = ruleDialect(monitoringOf({ ...settings, nativeHistograms: [jobs.processingSeconds.name] }))
      const ask = (expression: string) =>
        Effect.map(
          Effect.promise(() => receiver.query(expression)),
          (found) => found.map(({ value }) => value)
        )
      const text = (vector: Vector<string>) => String(inDialect(vector, dialect))
      yield* Effect.gen(function* () {
        for (let round = 0; round < 6; round++) {
          yield* inSpan(record(values.slice(round * 100, (round + 1) * 100)))
          expect((yield* Telemetry.flush).flatMap(({ failures }) => failures)).toEqual([])
          yield* Effect.sleep("1 second")
        }
        const [native, explicit] = [jobs.processingSeconds, jobs.waitDuration] as const
        expect(yield* ask(text(observations(native).sumBy("job")))).toEqual([values.length])
        expect(yield* ask(text(observations(explicit).sumBy("job")))).toEqual([values.length])
        expect(yield* ask(`{__name__=~"${native.name}_.*"}`)).toEqual([])
        const share = (one: Vector<string>, other: Vector<string>) => ask(`${text(one)} / ${text(other)}`)
        for (const part of [observations, amounts]) {
          const [now = Number.NaN] = yield* share(part(native).sumBy("job"), part(explicit).sumBy("job"))
          expect(now).toBeCloseTo(1, 9)
          const [rate = Number.NaN] = yield* share(
            part(native).rate("30s").sumBy("job", "job_type"),
            part(explicit).rate("30s").sumBy("job", "job_type")
          )
          // Prometheus extrapolates the sum of a native histogram as it does the count.
          expect(rate).toBeCloseTo(1, part === amounts ? 1 : 9)
        }
        for (const row of [native, explicit]) {
          const panel = text(quantile(0.95, buckets(row).rate("30s").sumBy("job", "le")))
          const found = yield* exemplarsOf(receiver.address, panel)
          expect(found.length).toBeGreaterThan(0)
          expect(
            found.flatMap(({ exemplars, seriesLabels: { __name__, job } }) =>
              exemplars.map(({ labels }) => ({ __name__, job, labels: Object.keys(labels).sort() }))
            )
          ).toContainEqual({
            __name__: row === native ? row.name : `${row.name}_bucket`,
            job: "shop",
            labels: ["span_id", "trace_id"]
          })
        }
        const sorted = [...values].sort((one, other) => one - other)
        for (const phi of [0.05, 0.25, 0.5, 0.9, 0.95, 0.99]) {
          const true_ = sorted[Math.ceil(phi * sorted.length) - 1] ?? Number.NaN
          const [found = Number.NaN] = yield* ask(text(quantile(phi, buckets(native).sumBy("job", "le"))))
          const [between = Number.NaN] = yield* ask(text(quantile(phi, buckets(explicit).sumBy("job", "le"))))
          expect(found / true_).toBeGreaterThan(1 / 1.1)
          expect(found / true_).toBeLessThan(1.1)
          const upper = [0.01, 0.1, 1, 10, 100, 1000].find((le) => le >= true_) ?? Number.NaN
          expect(between).toBeGreaterThan(upper === 0.01 ? 0 : upper / 10)
          expect(between).toBeLessThanOrEqual(upper)
        }
      }).pipe(Effect.provide(measured(receiver.url)))
    }).pipe(Effect.provide(quiet))
  )
})
