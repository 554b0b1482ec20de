/** A real Prometheus server scrapes the page, and is asked over its API what it understood. `apt-get install prometheus`. */
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import type * as Scope from "effect/Scope"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { freePort } from "../../../../../vitest.ports.ts"
import { catalogue, type Row } from "../../../src/observe/catalogue.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Prometheus } from "../../../src/observe/prometheus.ts"
import { canonical, label } from "../../../src/observe/instrument/label.ts"

const rows: ReadonlyArray<Row> = Object.values(catalogue).flatMap((namespace): ReadonlyArray<Row> =>
  Object.values(namespace)
)

/** Something for every row: labels with their own names as values, and an amount that tells rows apart. */
const amountOf = (row: Row) => (row.kind === "histogram" ? 0.25 : rows.indexOf(row) + 1)

const ownLabels = (row: Row) => Object.fromEntries(row.labels.map((name) => [name, `${name}-x`]))

const recordAll = Effect.map(MetricsService, (metrics) => {
  for (const row of rows) {
    const instrument = metrics.meter.define(row, metrics.options)
    if (instrument._tag === "Right") {
      instrument.right.resolve(canonical(label(ownLabels(row)))).record(amountOf(row))
    }
  }
})

const binary = (name: string) => {
  const found = spawnSync(name, ["--version"], { encoding: "utf8" })
  if (found.error !== undefined) {
    throw new Error(`${name} is needed for this test: apt-get install -y --no-install-recommends prometheus`)
  }
  return name
}

/** Starts a server that scrapes a page every second; its address. */
const startPrometheus = (page: URL): Effect.Effect<string, never, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort)
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "prometheus-"))),
      (it) => Effect.sync(() => rmSync(it, { recursive: true, force: true }))
    )
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [{ job_name: "app", static_configs: [{ targets: [page.host] }] }]
    }
    writeFileSync(path.join(folder, "prometheus.yml"), JSON.stringify(config))
    yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(
          binary("prometheus"),
          [
            `--config.file=${path.join(folder, "prometheus.yml")}`,
            `--storage.tsdb.path=${path.join(folder, "data")}`,
            `--web.listen-address=127.0.0.1:${port}`
          ],
          { stdio: "ignore" }
        )
      ),
      (child) =>
        Effect.async<void>((resume) => {
          child.once("exit", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    return `http://127.0.0.1:${port}`
  })

interface Answer {
  readonly data: {
    readonly activeTargets: ReadonlyArray<{ readonly health: string; readonly lastError: string }>
    readonly result: ReadonlyArray<{
      readonly metric: Readonly<Record<string, string>>
      readonly value: readonly [number, string]
    }>
  }
}

const ask = <A = Answer>(server: string, question: string): Effect.Effect<A> =>
  Effect.promise(() => fetch(`${server}/api/v1/${question}`).then((response) => response.json() as Promise<A>))

const query = (server: string, expression: string) =>
  Effect.map(ask(server, `query?query=${encodeURIComponent(expression)}`), ({ data }) =>
    data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
  )

/** Waits for the first scrape that Prometheus is content with. */
const scraped = (server: string): Effect.Effect<void> =>
  Effect.flatMap(
    Effect.catchAllCause(Effect.either(ask(server, "targets")), () => Effect.succeed(undefined)),
    (answer) =>
      answer?._tag === "Right" && answer.right.data.activeTargets[0]?.health === "up"
        ? Effect.void
        : Effect.zipRight(
            Effect.sleep("200 millis"),
            Effect.suspend(() => scraped(server))
          )
  )

interface Metadata {
  readonly data: Readonly<
    Record<string, ReadonlyArray<{ readonly type: string; readonly unit: string; readonly help: string }>>
  >
}

const types = { counter: "counter", gauge: "gauge", upDownCounter: "gauge", histogram: "histogram" } as const

const external = Effect.gen(function* () {
  yield* Metric.update(Metric.timer("s_timer"), Duration.millis(300))
  yield* Metric.increment(Metric.tagged(Metric.counter("s.odd-name", { incremental: true }), "a.b", 'x"\\\n'))
  const options = { name: "s_lengths", maxAge: Duration.minutes(5), maxSize: 10, error: 0.01, quantiles: [0.5] }
  yield* Metric.update(Metric.summary(options), 4)
  const bounds = MetricBoundaries.fromIterable([1])
  yield* Metric.update(Metric.tagged(Metric.histogram("s_taken", bounds), "le", "mine"), 3)
  yield* Metric.set(Metric.tagged(Metric.gauge("s_named"), "__name__", "other"), 6)
  const sizes = Metric.histogram("s_sizes", MetricBoundaries.fromIterable([1e-7, 1, 1e6, 1_048_576]))
  yield* Effect.forEach([5, -7], (size) => Metric.update(sizes, size))
  const { registry } = yield* MetricsService
  for (const name of ["_total", "{}", "…"]) {
    registry.getCounter(MetricKey.counter(name, { incremental: true })).update(1)
  }
  yield* Metric.set(Metric.tagged(Metric.gauge("s_nameless"), "{}", "a\ud800b"), 7)
  yield* Metric.set(Metric.tagged(Metric.gauge("s_unlabelled"), "queue", ""), 8)
})

const page = Layer.provideMerge(
  Prometheus.layer({ port: 0, host: "127.0.0.1" }),
  MetricsService.layer({ registry: "own" })
)

const isThere = (name: string) => spawnSync(name, ["--version"]).error === undefined

/** On one's own machine the server may be missing; where changes are judged it may not. */
const isWanted = process.env["CI"] === "true" || (isThere("prometheus") && isThere("promtool"))

describe.runIf(isWanted)("Prometheus", () => {
  it.scopedLive(
    "stores every documented name with its type, its unit, its help and its value",
    () =>
      Effect.gen(function* () {
        yield* recordAll
        yield* external
        const { url } = yield* Prometheus
        const server = yield* startPrometheus(url)
        yield* scraped(server)
        const { data: metadata } = yield* ask<Metadata>(server, "metadata")
        expect(rows.length).toBeGreaterThan(50)
        for (const row of rows) {
          const family = row.name.replace(/_total$/, "")
          const unit = row.unit === "s" ? "seconds" : row.unit === "By" ? "bytes" : ""
          expect([row.name, metadata[family]]).toEqual([row.name, [{ type: types[row.kind], unit, help: row.help }]])
          const name = row.kind === "histogram" ? `${row.name}_sum` : row.name
          const labels = { ...ownLabels(row), __name__: name, instance: url.host, job: "app" }
          const own = (yield* query(server, name)).find((one) =>
            Object.keys(ownLabels(row)).every((key) => one.labels[key] === `${key}-x`)
          )
          expect([own?.labels, own?.value]).toEqual([labels, amountOf(row)])
        }
        const buckets = yield* query(server, "sort(jobs_processing_seconds_bucket)")
        const byBound = buckets.map(({ labels, value }) => [labels["le"], value] as const)
        expect(
          byBound.sort(
            ([one], [other]) => Number(one?.replace("+Inf", "Infinity")) - Number(other?.replace("+Inf", "Infinity"))
          )
        ).toEqual([
          ["0.01", 0],
          ["0.1", 0],
          ["1.0", 1],
          ["10.0", 1],
          ["100.0", 1],
          ["1000.0", 1],
          ["+Inf", 1]
        ])
        expect((yield* query(server, "s_odd_name_total")).map(({ labels }) => labels["a_b"])).toEqual(['x"\\\n'])
        expect((yield* query(server, 's_lengths{quantile="0.5"}')).map(({ value }) => value)).toEqual([4])
        expect((yield* query(server, 's_taken_count{exported_le="mine"}')).map(({ value }) => value)).toEqual([1])
        expect((yield* query(server, 's_named{exported___name__="other"}')).map(({ value }) => value)).toEqual([6])
        expect((yield* query(server, "s_timer_sum")).map(({ value }) => value)).toEqual([300])
        const sizes = yield* query(server, "s_sizes_bucket")
        expect(Object.fromEntries(sizes.map(({ labels, value }) => [labels["le"], value]))).toEqual({
          "1e-07": 1,
          "1.0": 1,
          "1e+06": 2,
          "1.048576e+06": 2,
          "+Inf": 2
        })
        expect(yield* query(server, "s_sizes_sum")).toEqual([])
        const target = { instance: url.host, job: "app" }
        expect(yield* query(server, "s_nameless")).toEqual([
          { labels: { __name__: "s_nameless", exported___: "a\ufffdb", ...target }, value: 7 }
        ])
        expect(yield* query(server, "s_unlabelled")).toEqual([
          { labels: { __name__: "s_unlabelled", ...target }, value: 8 }
        ])
        expect(metadata["_total"] ?? metadata["_"] ?? metadata["__"]).toBeUndefined()
      }).pipe(Effect.provide(page)),
    60_000
  )

  it.scopedLive("promtool finds nothing to say against the page", () =>
    Effect.gen(function* () {
      yield* recordAll
      yield* external
      const { url } = yield* Prometheus
      const text = yield* Effect.promise(() => fetch(url).then((response) => response.text()))
      const { status, stderr, stdout } = spawnSync(binary("promtool"), ["check", "metrics"], {
        input: text,
        encoding: "utf8"
      })
      // The page has what other tests of this process have recorded as well; promtool's first word is the name.
      const isFromHere = (line: string) => line.startsWith("s_") || rows.some(({ name }) => line.startsWith(`${name} `))
      // Their names are the conventions'.
      const conventional = rows.filter(({ convention }) => convention !== undefined)
      const isGiven = (line: string) =>
        conventional.some(({ name }) => line.startsWith(`${name} `) && line.endsWith('should not have "_count" suffix'))
      const found = stderr.split("\n").filter((line) => (isFromHere(line) && !isGiven(line)) || !/^\w+ /.test(line))
      expect({ found, stdout }).toEqual({ found: [""], stdout: "" })
      expect(status === 0 || status === 3).toBe(true)
    }).pipe(Effect.provide(page))
  )
})
