import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as MetricRegistry from "effect/MetricRegistry"
import { MetricsService } from "../../../src/observe/metrics.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { checkMetrics } from "../../support/promtool.ts"

const own = Effect.provide(Testing.layer())

interface Made {
  readonly name: string
  readonly kind: "counter" | "gauge" | "histogram" | "summary"
  readonly help?: string
  readonly labels?: Readonly<Record<string, string>>
}

const key = ({ help, kind, labels = {}, name }: Made) => {
  const description = help === undefined ? {} : { description: help }
  const tags = Object.entries(labels).map(([label, value]) => MetricLabel.make(label, value))
  const made = {
    counter: () => MetricKey.counter(name, { incremental: true, ...description }),
    gauge: () => MetricKey.gauge(name, description),
    histogram: () => MetricKey.histogram(name, MetricBoundaries.fromIterable([1]), help),
    summary: () => MetricKey.summary({ name, maxAge: "1 hour", maxSize: 1, error: 0, quantiles: [0.5], ...description })
  }
  return MetricKey.taggedWithLabels<ReturnType<(typeof made)[typeof kind]>["keyType"]>(made[kind](), tags)
}

/** A registry of Effect's in which somebody made these. */
const registryOf = (all: ReadonlyArray<Made>): MetricRegistry.MetricRegistry => {
  const registry = MetricRegistry.make()
  all.forEach((made) => registry.get(key(made)))
  return registry
}

/** The same as somebody's page has them, under the names that they were given. */
const pageOf = (all: ReadonlyArray<Made>): string =>
  all
    .map(({ help, kind, labels = {}, name }) => {
      const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
      const braced = (more: ReadonlyArray<string> = []) =>
        pairs.length + more.length === 0 ? "" : `{${[...pairs, ...more].join(",")}}`
      const head = `${help === undefined ? "" : `# HELP ${name} ${help}\n`}# TYPE ${name} ${kind}\n`
      const sums = `${name}_sum${braced()} 1\n${name}_count${braced()} 1\n`
      return (
        head +
        (kind === "histogram"
          ? `${name}_bucket${braced(['le="+Inf"'])} 1\n${sums}`
          : kind === "summary"
            ? sums
            : `${name}${braced()} 1\n`)
      )
    })
    .join("")

const help = "Says what it is."

const bad: ReadonlyArray<Made> = [
  { name: "a_no_help_total", kind: "counter" },
  { name: "b_requests", kind: "counter", help },
  { name: "c_open_total", kind: "gauge", help },
  { name: "d_took_milliseconds", kind: "histogram", help },
  { name: "e_age_days", kind: "gauge", help },
  { name: "f_took_kilobytes_total", kind: "counter", help },
  { name: "g_took_ms", kind: "histogram", help },
  { name: "h_b_total", kind: "counter", help },
  { name: "i_items_count", kind: "gauge", help },
  { name: "j_items_sum", kind: "gauge", help },
  { name: "k_items_bucket", kind: "gauge", help },
  { name: "l_items_bucket", kind: "summary", help },
  { name: "m_counter_total", kind: "counter", help },
  { name: "n_gauge", kind: "gauge", help },
  { name: "o_histogram_seconds", kind: "histogram", help },
  { name: "p_summary_seconds", kind: "summary", help },
  { name: "q:colon_total", kind: "counter", help },
  { name: "r_camelCase_total", kind: "counter", help },
  { name: "s_labels_total", kind: "counter", help, labels: { camelCase: "x" } },
  { name: "t_labels_total", kind: "counter", help, labels: { le: "x", quantile: "0.5" } },
  { name: "u_labels", kind: "gauge", help, labels: { le: "1" } },
  { name: "v_gauge_total", kind: "counter", help },
  { name: "w_histogram", kind: "gauge", help }
]

const good: ReadonlyArray<Made> = [
  { name: "requests_total", kind: "counter", help, labels: { route: "/a" } },
  { name: "open_connections", kind: "gauge", help },
  { name: "took_seconds", kind: "histogram", help },
  { name: "read_bytes_total", kind: "counter", help },
  { name: "slow_seconds", kind: "summary", help },
  { name: "room_celsius", kind: "gauge", help },
  { name: "mystery", kind: "gauge", help }
]

/** What promtool says, by the rule that says the same here. */
const ruleOf = (text: string): Testing.LintRule | undefined =>
  (
    [
      [/no help text/, "help"],
      [/"_total" suffix/, "counter_suffix"],
      [/use base unit/, "base_unit"],
      [/abbreviated units/, "unit_abbreviation"],
      [/"_(bucket|count|sum)" suffix/, "reserved_suffix"],
      [/"(le|quantile)" label/, "reserved_label"],
      [/should not include type/, "type_in_name"],
      [/not contain ':'/, "colon"],
      [/not 'camelCase'/, "camel_case"]
    ] as const
  ).find(([words]) => words.test(text))?.[1]

describe("lint", () => {
  it.effect("finds what promtool finds, and nothing in what promtool takes", () =>
    Effect.gen(function* () {
      const found = (yield* Testing.lint(registryOf([...bad, ...good]))).map(({ metric, rule }) => `${metric} ${rule}`)
      const promtool = checkMetrics(pageOf([...bad, ...good])).map((line) => {
        const [name = "", ...words] = line.split(" ")
        return `${name} ${ruleOf(words.join(" ")) ?? line}`
      })
      expect(found.toSorted()).toEqual(promtool)
      expect(new Set(found.map((line) => line.replace(/ .*/, "")))).toEqual(new Set(bad.map(({ name }) => name)))
    })
  )

  it.effect("finds nothing in the catalogue, with a series of every metric", () =>
    Effect.gen(function* () {
      const { meter, registry } = yield* MetricsService
      for (const instrument of meter.collect(0n)) {
        instrument.resolve(instrument.row.labels.map((name) => MetricLabel.make(name, "value")))
      }
      expect(yield* Testing.lint(registry)).toEqual([])
    }).pipe(own)
  )

  it.effect("says what is wrong and how to fix it", () =>
    Effect.gen(function* () {
      const registry = registryOf([
        { name: "b_requests", kind: "counter" },
        { name: "http.duration", kind: "gauge", help, labels: { "http.route": "/", job: "x", __name: "y" } }
      ])
      registry.getHistogram(
        MetricKey.tagged(
          MetricKey.histogram("took", MetricBoundaries.fromIterable([1]), help),
          "time_unit",
          "milliseconds"
        )
      )
      const found = yield* Testing.lint(registry)
      expect(found.map(({ fix, metric, problem }) => `${metric}: ${problem}. ${fix}`)).toEqual([
        "b_requests: it has no help text. " +
          "Say in one sentence when it moves: `help` of MetricsService.define, `description` of Effect's Metric.",
        "b_requests: a counter does not end in _total. Call it b_requests_total.",
        "http.duration: the label job is reserved for the scraped job. Give the label another name.",
        "http.duration: the label __name is reserved for Prometheus itself. Give the label another name.",
        "http.duration: its name has characters other than a-z, A-Z, 0-9 and _, or begins with a digit. " +
          "Call it http_duration, as Prometheus will.",
        'http.duration: the label "http.route" has characters other than a-z, A-Z, 0-9 and _, or begins with a digit. ' +
          "Name labels in lower_snake_case: with other characters two labels can become one in Prometheus.",
        "took: it is recorded in milliseconds. " +
          'Record seconds: a histogram of MetricsService.define whose unit is "s" takes a Duration.',
        "took: its unit, milliseconds, is not in its name. Call it took_seconds."
      ])
    })
  )

  it.effect("looks at each unit of a name, of which promtool takes one by chance", () =>
    Effect.gen(function* () {
      const registry = registryOf([{ name: "cpu_seconds_kilobytes", kind: "gauge", help }])
      expect((yield* Testing.lint(registry)).map(({ problem, rule }) => [rule, problem])).toEqual([
        ["base_unit", "its name has the unit kilobytes"]
      ])
    })
  )

  it.effect("finds a timer of Effect in the global registry", () =>
    Effect.gen(function* () {
      yield* Metric.update(Metric.timer("lint_took", help), Duration.millis(250))
      const found = yield* Testing.lint(Metric.globalMetricRegistry)
      expect(found.filter(({ metric }) => metric === "lint_took").map(({ problem, rule }) => [rule, problem])).toEqual([
        ["base_unit", "it is recorded in milliseconds"],
        ["unit_suffix", "its unit, milliseconds, is not in its name"]
      ])
    })
  )

  it.effect("finds too many series, ids in labels, and definitions that differ", () =>
    Effect.gen(function* () {
      const registry = MetricRegistry.make()
      for (let index = 0; index < 101; index++) {
        registry.get(key({ name: "visits_total", kind: "counter", help, labels: { page: `p${index}`, site: "a" } }))
      }
      const uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
      registry.get(key({ name: "orders_total", kind: "counter", help, labels: { order: "1234567", user: uuid } }))
      registry.get(key({ name: "open_files", kind: "gauge", help }))
      registry.get(key({ name: "open_files", kind: "gauge", help: "Something else." }))
      const found = yield* Testing.lint(registry)
      expect(found.map(({ metric, problem, rule }) => [metric, rule, problem])).toEqual([
        ["open_files", "conflict", "it is defined in 2 ways that differ in kind, unit, boundaries or help"],
        ["orders_total", "id_label", "the label order has a value that looks like an id: 1234567"],
        ["orders_total", "id_label", `the label user has a value that looks like an id: ${uuid}`],
        ["visits_total", "series", "it has 101 series; the limit is 100"]
      ])
      expect(found.at(-1)?.fix).toBe("Leave out the label with the most values: page (101).")
      expect(yield* Testing.lint(registryOf(good), { maxSeries: 0 })).toHaveLength(good.length)
    })
  )

  it.effect("finds a metric that has reached its limit", () =>
    Effect.gen(function* () {
      const { jobs, registry } = yield* MetricsService
      for (const job_type of ["a", "b", "c", "d"]) {
        yield* MetricsService.inc(jobs.completions, { job_type })
      }
      expect((yield* Testing.lint(registry)).map(({ metric, problem, rule }) => [metric, rule, problem])).toEqual([
        ["jobs_completed_total", "series", "it has reached its limit: what is over 3 series is folded into one"]
      ])
    }).pipe(Effect.provide(Testing.layer({ limits: { default: 3 } })))
  )
})
