import { describe, expect, it } from "vitest"
import { differences, parsePage } from "../src/stored.ts"

const page = `# HELP jobs_total Jobs.
# TYPE jobs_total counter
jobs_total 3
jobs_total{job="a",kind="say \\"b\\", {c} \\\\ d\\ne"} 1e+06 1700000000000
seconds_bucket{le="+Inf"} 4
age +Inf
`

describe("a page in the text format", () => {
  it("is read, escapes and infinities included", () => {
    expect(parsePage(page)).toEqual([
      { name: "jobs_total", labels: {}, value: 3 },
      { name: "jobs_total", labels: { job: "a", kind: 'say "b", {c} \\ d\ne' }, value: 1e6 },
      { name: "seconds_bucket", labels: { le: "+Inf" }, value: 4 },
      { name: "age", labels: {}, value: Number.POSITIVE_INFINITY }
    ])
  })

  it("is refused with a line that is none of it", () => {
    expect(() => parsePage('jobs_total{kind="a"b"} 3')).toThrow("not a line of the text format")
    expect(() => parsePage("jobs_total")).toThrow("not a line of the text format")
  })
})

describe("what a receiver has stored", () => {
  it("is compared by name and by the labels of the metric, with bounds as numbers", () => {
    const labels = { kind: "a", job: "service", "service.name": "service", otel_scope_name: "scope" }
    const found = [
      { name: "jobs_total", labels, value: 3 },
      { name: "seconds_bucket", labels: { le: "1.0" }, value: 2 }
    ]
    const expected = [
      { name: "jobs_total", labels: { kind: "a" }, value: 3 },
      { name: "seconds_bucket", labels: { le: "1" }, value: 1 },
      { name: "age", labels: {}, value: 0 }
    ]
    expect(differences(expected, found)).toEqual([
      'seconds_bucket{"le":"1"}: 2 instead of 1',
      "age{}: undefined instead of 0"
    ])
  })
})
