import type { Series } from "@parametric-portal/dashboard/receiver"
import { describe, expect, it } from "@effect/vitest"
import { checkable, compare, type ComparedSeries, type CompareOptions } from "../../src/audit/compare.ts"
import type { ExpectedSeries } from "../../src/audit/expected.ts"

const common = {
  resource: {},
  scope: { name: "test", version: "0" },
  description: "",
  unit: "",
  startTimeUnixNano: 0n,
  timeUnixNano: 1n,
  points: 1,
  resets: 0
}

const sum = (name: string, attributes: Readonly<Record<string, string>>, total: number): Series => ({
  ...common,
  name,
  attributes,
  kind: "sum",
  isMonotonic: true,
  temporality: "cumulative",
  value: total,
  total
})

const histogram = (bucketCounts: ReadonlyArray<number>, total: number): Series => {
  const value = {
    count: bucketCounts.reduce((count, bucket) => count + bucket, 0),
    sum: total,
    bucketCounts,
    explicitBounds: [0.1, 1]
  }
  return {
    ...common,
    name: waits,
    attributes: { job_type: "digest" },
    kind: "histogram",
    temporality: "cumulative",
    value,
    total: value
  }
}

const waits = "jobs_wait_duration_seconds"
const completed = "jobs_completed_total"

const count = (counted: number): ExpectedSeries => ({
  name: completed,
  labels: { job_type: "digest" },
  count: counted,
  values: []
})

const measured: ExpectedSeries = {
  name: waits,
  labels: { job_type: "digest" },
  count: 2,
  values: [
    { atLeast: 0.05, atMost: 0.06 },
    { atLeast: 0.09, atMost: 0.11 }
  ]
}

const current: CompareOptions = { isKilled: () => false, isCheckable: checkable(true) }

/** The series of one metric; all others are zero on both sides. */
const compareMetric = (name: string, expected: ReadonlyArray<ExpectedSeries>, series: ReadonlyArray<Series>) =>
  compare({ all: expected, exported: expected }, series, current).filter((one) => one.name === name)

const problemsOf = (compared: ReadonlyArray<ComparedSeries>) =>
  compared.map(({ agreed, problem }) => (agreed ? "agreed" : problem))

describe("the comparison", () => {
  it("agrees on equal counts, whatever the order of labels", () => {
    const expected: ExpectedSeries = { name: completed, labels: { a: "1", b: "2" }, count: 3, values: [] }
    expect(compareMetric(completed, [expected], [sum(completed, { b: "2", a: "1" }, 3)])).toEqual([
      { name: completed, labels: { a: "1", b: "2" }, received: 3, expected: 3, agreed: true }
    ])
  })

  it("adds up what several processes sent", () => {
    const series = [sum(completed, { job_type: "digest" }, 3), sum(completed, { job_type: "digest" }, 4)]
    expect(problemsOf(compareMetric(completed, [count(7)], series))).toEqual(["agreed"])
  })

  it("reports too many, too few and none at all", () => {
    const of = (series: ReadonlyArray<Series>) => problemsOf(compareMetric(completed, [count(7)], series))
    expect([
      of([sum(completed, { job_type: "digest" }, 8)]),
      of([sum(completed, { job_type: "digest" }, 5)]),
      of([])
    ]).toEqual([["1 too many"], ["2 too few"], ["7 too few"]])
  })

  it("does not agree on a series that no logged event explains", () => {
    const series = [sum(completed, { job_type: "digest" }, 7), sum(completed, { job_type: "other" }, 1)]
    expect(problemsOf(compareMetric(completed, [count(7)], series))).toEqual(["agreed", "1 too many"])
  })

  it("expects zero in flight at the end", () => {
    const of = (value: number) =>
      problemsOf(compareMetric("jobs_in_flight", [], [sum("jobs_in_flight", { job_type: "digest" }, value)]))
    expect([of(0), of(1)]).toEqual([["agreed"], ["1 too many"]])
  })

  it("lists every counter and histogram of jobs and cluster, also those without a series", () => {
    expect(compareMetric("jobs_dead_lettered_total", [], [])).toEqual([
      { name: "jobs_dead_lettered_total", labels: {}, received: 0, expected: 0, agreed: true }
    ])
  })

  it("accepts a sum and buckets within the bounds of the measurements, and nothing else", () => {
    const of = (buckets: ReadonlyArray<number>, total: number) =>
      problemsOf(compareMetric(waits, [measured], [histogram(buckets, total)]))
    expect([
      of([2, 0, 0], 0.15),
      of([1, 1, 0], 0.165),
      of([0, 2, 0], 0.15),
      of([1, 0, 1], 0.15),
      of([2, 0, 0], 0.2)
    ]).toEqual([
      ["agreed"],
      ["agreed"],
      ["0 are at most 0.1, expected between 1 and 2"],
      ["1 are at most 1, expected between 2 and 2"],
      ["the sum 0.2 is not between 0.14 and 0.16999999999999998"]
    ])
  })

  it("does not agree on buckets that do not add up", () => {
    const wrong = histogram([2, 0, 0], 0.15)
    const broken = wrong.kind === "histogram" ? { ...wrong, total: { ...wrong.total, bucketCounts: [1, 0, 0] } } : wrong
    expect(problemsOf(compareMetric(waits, [measured], [broken]))).toEqual(["the buckets add up to 1, not 2"])
  })

  it("lacks exactly what a killed process did after its last export", () => {
    const of = (received: number) =>
      compare({ all: [count(7)], exported: [count(5)] }, [sum(completed, { job_type: "digest" }, received)], current)
        .filter(({ name }) => name === completed)
        .map(({ agreed, expected, lost, problem }) => ({ agreed, expected, lost, problem }))
    expect([of(5), of(4), of(7)]).toEqual([
      [{ agreed: true, lost: 2, problem: undefined, expected: 7 }],
      [{ agreed: false, lost: 2, problem: "1 too few", expected: 7 }],
      [{ agreed: false, lost: 2, problem: "2 too many", expected: 7 }]
    ])
  })

  it("ignores what a killed process had in flight, and keeps what it counted", () => {
    const killed = { resource: { name: "killed" } }
    const series = [
      { ...sum("jobs_in_flight", { job_type: "digest" }, 3), ...killed },
      { ...sum(completed, { job_type: "digest" }, 7), ...killed }
    ]
    const isKilled = ({ resource }: Series) => resource["name"] === "killed"
    const compared = compare({ all: [count(7)], exported: [count(7)] }, series, { ...current, isKilled })
    expect(compared.filter(({ agreed }) => !agreed)).toEqual([])
  })

  it("does not check sampled gauges that are not current", () => {
    const gauge: Series = { ...common, name: "jobs_queue_depth", attributes: {}, kind: "gauge", value: 3, total: 3 }
    const of = (areGaugesCurrent: boolean) =>
      compare({ all: [], exported: [] }, [gauge], { ...current, isCheckable: checkable(areGaugesCurrent) })
        .filter(({ name }) => name === gauge.name)
        .map(({ problem }) => problem)
    expect([of(true), of(false)]).toEqual([["3 too many"], []])
  })
})
