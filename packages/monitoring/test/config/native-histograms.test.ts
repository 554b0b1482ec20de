import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { describe, expect, it } from "vitest"
import { alert } from "../../src/alerts/alert.ts"
import { checked } from "../../src/config/settings.ts"
import { buckets, quantile } from "../../src/promql/select.ts"
import { record, recorded } from "../../src/rules/recording.ts"
import { shop } from "../support/own.ts"

const problemsOf = (config: unknown): ReadonlyArray<string> => {
  const result = checked(config)
  return "problems" in result ? result.problems : []
}

const { jobs } = catalogue

const byBoundary = record(
  "job:jobs_processing_seconds_bucket:rate5m",
  "Buckets.",
  buckets(jobs.processingSeconds).rate("5m").sumBy("job", "le")
)

const slow = (expression: ReturnType<typeof quantile<"job">>) =>
  alert({
    name: "OrdersSlow",
    severity: "warning",
    for: "10m",
    thresholds: {},
    threshold: "Any.",
    expression,
    summary: () => "Slow.",
    description: () => "{{ $value }} is slow.",
    runbook: { meaning: "Slow.", firstLook: [], causes: [], fix: [], silence: "None." }
  })

describe("nativeHistograms", () => {
  it("takes names of histograms, one's own among them, and true", () => {
    expect(problemsOf({ nativeHistograms: true })).toEqual([])
    expect(problemsOf({ nativeHistograms: [] })).toEqual([])
    expect(
      problemsOf({
        metrics: { shop },
        nativeHistograms: ["jobs_processing_seconds", "shop_order_duration_seconds"]
      })
    ).toEqual([])
  })

  it("refuses what is no histogram that can be exponential, each with its place", () => {
    expect(problemsOf({ nativeHistograms: false })).toEqual([
      "nativeHistograms is false, expected true, or a list of names of histograms"
    ])
    expect(problemsOf({ nativeHistograms: ["jobs_procesing_seconds", "jobs_enqueued_total", 1] })).toEqual([
      "nativeHistograms[2] is 1, expected a text that is not empty"
    ])
    expect(
      problemsOf({
        nativeHistograms: [
          "jobs_procesing_seconds",
          "shop_orders_total",
          "effect_fiber_lifetime_seconds",
          "jobs_attempts",
          "jobs_attempts"
        ]
      })
    ).toEqual([
      'nativeHistograms[0] is "jobs_procesing_seconds", expected the name of a histogram: did you mean jobs_processing_seconds?',
      'nativeHistograms[1] is "shop_orders_total", expected the name of a histogram',
      'nativeHistograms[2] is "effect_fiber_lifetime_seconds", which always has boundaries: leave it out',
      'nativeHistograms[4] is "jobs_attempts", expected each name once'
    ])
  })

  it("refuses what is for VictoriaMetrics, which has none", () => {
    const why = "expected none: VictoriaMetrics has no native histograms"
    expect(problemsOf({ nativeHistograms: true, naming: "victoriametrics" })).toEqual([
      `nativeHistograms is set with naming "victoriametrics", ${why}`
    ])
    expect(problemsOf({ nativeHistograms: true, forms: { victoriametrics: "vm", markdown: true } })).toEqual([
      `nativeHistograms is set with the form victoriametrics, ${why}`
    ])
    expect(problemsOf({ nativeHistograms: true, forms: { victoriametrics: false, markdown: true } })).toEqual([])
  })

  it("takes rules of one's own on quantiles, also by way of a rule that records buckets", () => {
    const rules = { recordings: [byBoundary], alerts: [slow(quantile(0.95, recorded(byBoundary).sumBy("job", "le")))] }
    expect(problemsOf({ nativeHistograms: true, rules })).toEqual([])
  })

  it("leaves a rule that can't be made to its own check", () => {
    const rules = { recordings: [{ name: "job:nothing:rate5m", help: "None.", labels: [], expression: () => 5 }] }
    expect(problemsOf({ nativeHistograms: true, rules })).toEqual(problemsOf({ rules }))
  })

  it("refuses rules of one's own on single buckets", () => {
    const why = "which a native histogram can't answer: leave its metric out of nativeHistograms"
    const counted = buckets(jobs.processingSeconds).rate("5m")
    const rules = {
      recordings: [
        byBoundary,
        record("job:slow:share", "Compared.", recorded(byBoundary).above(3)),
        record("job:slow:most", "The most.", counted.maxBy("job")),
        record("job:slow:product", "Divided.", counted.sumBy("job", "le").dividedBy(counted.sumBy("job", "le")))
      ]
    }
    expect(problemsOf({ rules })).toEqual([])
    expect(problemsOf({ nativeHistograms: ["jobs_wait_duration_seconds"], rules })).toEqual([])
    expect(problemsOf({ nativeHistograms: ["jobs_processing_seconds"], rules })).toEqual([
      `rules.recordings[1] has buckets beside >, ${why}`,
      `rules.recordings[2] has max of buckets, ${why}`,
      `rules.recordings[3] has buckets beside /, ${why}`
    ])
    const again = record("job:again:rate5m", "Added up.", recorded(byBoundary).sumBy("job", "le"))
    const further = record("job:further:rate5m", "Added up.", recorded(again).sumBy("job", "le"))
    const most = record("job:most:max", "The most.", recorded(further).maxBy("job"))
    for (const recordings of [
      [byBoundary, again, further, most],
      [most, further, again, byBoundary]
    ]) {
      expect(problemsOf({ nativeHistograms: true, rules: { recordings } })).toEqual([
        `rules.recordings[${recordings.indexOf(most)}] has max of buckets, ${why}`
      ])
    }
    const mixed = record(
      "job:mixed:sum",
      "Both.",
      buckets(jobs.processingSeconds)
        .rate("5m")
        .sumBy("job", "le")
        .or(buckets(jobs.waitDuration).rate("5m").sumBy("job", "le"))
        .sumBy("le")
    )
    expect(problemsOf({ nativeHistograms: true, rules: { recordings: [mixed] } })).toEqual([])
    const waits = record(
      "job:jobs_wait_duration_seconds_bucket:rate5m",
      "Buckets.",
      buckets(jobs.waitDuration).rate("5m").sumBy("job", "le")
    )
    const recordedBoth = record("job:both:sum", "Both.", recorded(byBoundary).or(recorded(waits)).sumBy("job", "le"))
    const both = [byBoundary, waits, recordedBoth]
    expect(problemsOf({ nativeHistograms: true, rules: { recordings: both } })).toEqual([])
    expect(problemsOf({ nativeHistograms: ["jobs_processing_seconds"], rules: { recordings: both } })).toEqual([
      `rules.recordings[2] adds up buckets of native and of other histograms, ${why}`
    ])
    expect(problemsOf({ nativeHistograms: ["jobs_processing_seconds"], rules: { recordings: [mixed] } })).toEqual([
      `rules.recordings[0] adds up buckets of native and of other histograms, ${why}`
    ])
  })
})
