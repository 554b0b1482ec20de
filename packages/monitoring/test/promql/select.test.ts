/** Expressions are built from catalogue rows: the text is valid PromQL. */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { describe, expect, it } from "vitest"
import { grown } from "../../src/promql/grown.ts"
import { print } from "../../src/promql/node.ts"
import { parse } from "../../src/promql/parse.ts"
import { across, buckets, counter, gauge, noneOf, observations, oneOf, quantile } from "../../src/promql/select.ts"
import { succeeded } from "../../src/promql/values.ts"

const { jobs, telemetry } = catalogue

describe("an expression", () => {
  it("selects by labels and closed values of its row", () => {
    expect(String(counter(jobs.failures, { job_type: "a", reason: oneOf("x.y", "z") }))).toBe(
      String.raw`jobs_failed_total{job_type="a", reason=~"x\\.y|z"}`
    )
    expect(String(observations(jobs.processingSeconds, { outcome: succeeded, job: "$service" }))).toBe(
      'jobs_processing_seconds_count{outcome="", job=~"$service"}'
    )
    expect(String(gauge(jobs.dlqSize, { job_type: noneOf("a", "b") }))).toBe('jobs_dlq_size{job_type!~"a|b"}')
  })

  it("takes the largest of a number of the cluster, and adds up those of runners", () => {
    expect(String(across(jobs.queueOldestAge, ["job"]))).toBe("max by (job) (jobs_queue_oldest_age_seconds)")
    expect(String(across(jobs.slots, ["job"]))).toBe("sum by (job) (jobs_slots)")
  })

  it("is refused when two sides could never match", () => {
    const byType = gauge(jobs.slots).sumBy("job", "job_type")
    const byJob = gauge(jobs.slots).sumBy("job")
    expect(() => byType.dividedBy(byJob)).toThrow('"/" between series by (job, job_type) and by (job) matches nothing')
    expect(String(byType.andOn(["job"], byJob.above(1)))).toBe(
      "sum by (job, job_type) (jobs_slots) and on (job) sum by (job) (jobs_slots) > 1"
    )
  })

  it("keeps the order of evaluation in its text", () => {
    const one = gauge(telemetry.lastSuccess)
    const two = gauge(telemetry.lastSuccess, { job: "a" })
    expect(String(one.plus(two).times(2))).toBe(
      '(telemetry_last_success_timestamp_seconds + telemetry_last_success_timestamp_seconds{job="a"}) * 2'
    )
    expect(String(one.minus(two.minus(one)))).toBe(
      [
        "telemetry_last_success_timestamp_seconds",
        "- (",
        '  telemetry_last_success_timestamp_seconds{job="a"} - telemetry_last_success_timestamp_seconds',
        ")"
      ].join("\n")
    )
  })

  it("means the same when it is broken into lines", () => {
    const node = grown(counter(jobs.failures), "10m").sumBy("job", "job_type").node
    const shape = (text: string) => ({ ...parse(text), text: text.replaceAll(/\s+/g, "") })
    expect(shape(print(node))).toEqual(shape(print(node, 0).replaceAll("\n", " ")))
    expect(parse(print(node)).errors).toEqual([])
  })

  it("loses the label of the buckets when it becomes a quantile", () => {
    const p95 = quantile(0.95, buckets(jobs.duration).rate("5m").sumBy("job", "le"))
    expect(p95.labels).toEqual(["job"])
    expect(String(p95)).toBe("histogram_quantile(0.95, sum by (job, le) (rate(jobs_duration_seconds_bucket[5m])))")
  })
})
