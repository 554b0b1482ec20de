import { describe, expect, it } from "vitest"
import { checked } from "../../src/config/settings.ts"
import { shop } from "../support/own.ts"

const problems = (config: unknown): unknown => {
  const result = checked(config)
  return "problems" in result ? result.problems : []
}

describe("labels that tell environments apart", () => {
  it.each(["job", "instance", "service.name", "le", "severity", "alertname", "window"])("are not %s", (label) => {
    expect(problems({ groupBy: [label] })).toEqual([
      `groupBy[0] is "${label}", expected a label of an environment, such as "namespace"`
    ])
  })

  it("are none that a metric has, by either of its names", () => {
    expect(problems({ groupBy: ["job_type", "http.route", "country"], metrics: { shop } })).toEqual([
      expect.stringMatching(/^groupBy\[0\] is "job_type", a label of jobs_\w+, expected a label of an environment, /),
      expect.stringMatching(/^groupBy\[1\] is "http\.route", a label of http_\w+, expected /),
      expect.stringMatching(/^groupBy\[2\] is "country", a label of shop_\w+, expected /)
    ])
    expect(problems({ selector: { job_type: "mail", le: "1" } })).toEqual([
      expect.stringMatching(/^selector\.job_type is set, a label of jobs_\w+, expected a label that all series have$/),
      "selector.le is set, a label of buckets, expected a label that all series have"
    ])
  })

  it("differ in what the name of a variable can hold", () => {
    expect(problems({ groupBy: ["a.b", "a_b", "a_b"] })).toEqual([
      'groupBy[1] is "a_b", expected a name that differs from "a.b" in letters or digits',
      expect.stringMatching(/^groupBy\[2\] is "a_b", expected /)
    ])
  })
})

describe("a text", () => {
  it.each([
    { jobTypes: { "\ud800": {} } },
    { routes: { "/\udfff": {} } },
    { selector: { team: "\ud800" } },
    { selector: { team: "$service" } },
    { selector: { team: "[[service]]" } },
    { generatedBy: "two\nlines" },
    { generatedBy: "a `quote`" },
    { generatedBy: "an end -->" },
    { runbooks: "https://example.org/{{ .Name }}/" },
    { runbooks: "https://example.org/a b/" },
    { to: "two\nlines" },
    { forms: { grafana: "nothing\0" } }
  ])("that a generated file could not have is refused: %j", (config) => {
    expect(problems(config)).toEqual([expect.stringContaining(", expected ")])
  })
})
