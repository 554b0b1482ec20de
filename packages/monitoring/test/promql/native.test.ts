/** What is asked of native histograms in the place of `_bucket`, `_count` and `_sum`. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { grafanaFile } from "../../src/files/grafana.ts"
import { monitoringOf, storedNames } from "../../src/monitoring.ts"
import { alwaysExplicit, isNative, nativeOf } from "../../src/native-histograms.ts"
import { panelDialect, ruleDialect } from "../../src/naming.ts"
import { inDialect, metricsOf } from "../../src/promql/dialect.ts"
import { grown } from "../../src/promql/grown.ts"
import { nativeProblem } from "../../src/promql/native.ts"
import { amounts, buckets, counter, observations, quantile } from "../../src/promql/select.ts"
import type { Vector } from "../../src/promql/vector.ts"
import { recorded } from "../../src/rules/recording.ts"
import { latency } from "../../src/rules/http.ts"
import { defaults, type Settings } from "../../src/settings.ts"
import type { GrafanaJson } from "../support/grafana-json.ts"
import { ownRules, shop } from "../support/own.ts"

const { jobs } = catalogue

const base: Settings = { ...defaults, metrics: { shop } }

const all = monitoringOf(base, ownRules)

const written = (vector: Vector<string>, nativeHistograms: Settings["nativeHistograms"]) =>
  inDialect(vector, ruleDialect({ ...all, settings: { ...base, nativeHistograms } }))

const expressions: ReadonlyArray<Vector<string>> = [
  ...all.recordings.map(({ expression }) => expression),
  ...all.alerts.flatMap(({ expression, runbook }) => [expression, ...runbook.firstLook.map(({ query }) => query)]),
  ...all.dashboards.flatMap((one) =>
    one.rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ query }) => query)))
  )
]

const histograms = all.rows.flatMap(({ row }) =>
  row.kind === "histogram" && row.name !== alwaysExplicit ? [row.name] : []
)

const attempts = observations(jobs.processingSeconds, { outcome: "failure" })

describe("an expression on a native histogram", () => {
  it.each([
    [
      "a rate of its count",
      attempts.rate("5m"),
      'histogram_count(rate(jobs_processing_seconds{outcome="failure"}[5m]))'
    ],
    [
      "its count some time ago",
      attempts.offset("1h"),
      'histogram_count(jobs_processing_seconds{outcome="failure"} offset 1h)'
    ],
    [
      "what its sum grew",
      amounts(jobs.processingSeconds).increase("1h").sumBy("job"),
      "sum by (job) (histogram_sum(increase(jobs_processing_seconds[1h])))"
    ],
    [
      "a quantile",
      quantile(0.95, buckets(jobs.processingSeconds).rate("5m").sumBy("job", "le")),
      "histogram_quantile(0.95, sum by (job) (rate(jobs_processing_seconds[5m])))"
    ],
    [
      "a heat map",
      buckets(jobs.processingSeconds).increase("$__rate_interval").sumBy("le"),
      "sum by () (increase(jobs_processing_seconds[$__rate_interval]))"
    ]
  ])("asks for %s", (_, vector, expected) => {
    expect(String(written(vector, true))).toBe(expected)
    expect(String(written(vector, ["jobs_processing_seconds"]))).toBe(expected)
    expect(String(written(vector, ["jobs_wait_duration_seconds"]))).toBe(String(vector))
  })

  it("counts growth from 0, as any other does", () => {
    expect(
      String(written(grown(observations(jobs.waitDuration), "10m").sumBy("job"), true)).replaceAll(/\s+/g, " ")
    ).toBe(
      "sum by (job) ( " +
        "histogram_count(jobs_wait_duration_seconds) unless histogram_count(jobs_wait_duration_seconds offset 10m) " +
        "and on (job, instance) telemetry_series offset 10m " +
        "or histogram_count(increase(jobs_wait_duration_seconds[10m])) )"
    )
  })

  it("does not change what reads none, or reads rules", () => {
    for (const vector of [counter(jobs.enqueued).rate("5m"), recorded(latency)]) {
      expect(String(written(vector, true))).toBe(String(vector))
    }
  })
})

describe("all expressions of rules, runbooks and panels", () => {
  it("name the parts of those histograms that are not native, and no others", () => {
    expect(expressions.length).toBeGreaterThan(250)
    FastCheck.assert(
      FastCheck.property(FastCheck.subarray(histograms), (chosen) => {
        const settings = { ...base, nativeHistograms: chosen }
        const gone = new Set(all.rows.flatMap(({ row }) => (isNative(row, settings) ? storedNames(row) : [])))
        for (const vector of expressions) {
          const { labels, node } = written(vector, chosen)
          expect(metricsOf(node).filter((name) => gone.has(name))).toEqual([])
          const names = metricsOf(vector.node).map((name) =>
            gone.has(name) ? name.replace(/_(bucket|count|sum)$/, "") : name
          )
          expect(metricsOf(node)).toEqual(names)
          expect(labels).toEqual(
            metricsOf(vector.node).some((name) => gone.has(name) && name.endsWith("_bucket"))
              ? vector.labels.filter((label) => label !== "le")
              : vector.labels
          )
        }
      }),
      { numRuns: 30 }
    )
  })

  it("are as they are where none is native", () => {
    expect(expressions.map((one) => String(written(one, [])))).toEqual(expressions.map(String))
  })

  it("ask nothing that a native histogram can't answer", () => {
    const native = nativeOf(
      all.rows.map(({ row }) => row),
      { nativeHistograms: true }
    )
    const stored = {
      nativeOf: native,
      hasBoundaries: (name: string) => name.endsWith("_bucket") && native(name) === undefined
    }
    expect(expressions.flatMap(({ node }) => nativeProblem(node, stored) ?? [])).toEqual([])
  })

  it("have variables whose values are those of the series that there are", () => {
    const monitoring = monitoringOf({ ...base, nativeHistograms: true }, ownRules)
    const variables = monitoring.dashboards.flatMap((one) => {
      const { templating }: GrafanaJson = JSON.parse(grafanaFile(monitoring, one))
      return templating.list?.map(({ definition = "" }) => definition) ?? []
    })
    expect(variables).toContain('label_values(http_server_request_duration_seconds{job=~"$service"}, http_route)')
    expect(variables).toContain(
      'label_values({job=~"$service", __name__=~"shop_orders_total|shop_orders_waiting|shop_order_duration_seconds"}, country)'
    )
    expect(variables.filter((text) => /_(bucket|sum)\b|seconds_count|histogram_/.test(text))).toEqual([])
  })

  it("are told apart by name", () => {
    const dialect = panelDialect({ ...all, settings: { ...base, nativeHistograms: true } })
    expect(dialect.native("jobs_processing_seconds_count")).toEqual({
      metric: "jobs_processing_seconds",
      part: "count"
    })
    expect(dialect.native(`${alwaysExplicit}_count`)).toBe(undefined)
    expect(dialect.native("jobs_enqueued_total")).toBe(undefined)
  })
})
