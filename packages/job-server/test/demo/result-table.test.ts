import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { jobSummary } from "../../src/audit/job-summary.ts"
import type { OtlpSummary } from "../../src/audit/otlp-summary.ts"
import type { Result } from "../../src/demo/result.ts"
import { formatResult } from "../../src/demo/result-table.ts"

/** The line of the table about the receiver of `--otlp`. */
const lineOf = (otlp: Partial<OtlpSummary>) =>
  formatResult({
    agreed: true,
    jobs: jobSummary([]),
    metrics: [{ name: "b_total", labels: {}, received: 0, expected: 0, agreed: true }],
    unchecked: [],
    delivery: { lastSeen: "2020-01-01T00:00:00.000Z" },
    otlp: {
      address: "http://localhost:4318",
      spans: 25,
      logLines: 25,
      uncertain: 0,
      dropped: { spans: 0, logRecords: 0 },
      ...otlp
    }
  })
    .split("\n")
    .filter((line) => line.startsWith("For "))

const result: Result = {
  agreed: false,
  jobs: { ...jobSummary([]), total: 6, types: { parse: 6 }, completed: 6 },
  metrics: [
    { name: "jobs_completed_total", labels: { job_type: "parse" }, received: 6, expected: 6, agreed: true },
    { name: "jobs_failed_total", labels: {}, received: 0, expected: 0, agreed: true },
    {
      name: "jobs_attempts",
      labels: { job_type: "parse" },
      received: 6,
      expected: 6,
      sum: { received: 7, expected: { atLeast: 7, atMost: 7 } },
      agreed: true
    },
    {
      name: "jobs_wait_duration_seconds",
      labels: { job_type: "parse" },
      received: 5,
      expected: 6,
      sum: { received: 0.25, expected: { atLeast: 0.5 } },
      agreed: false,
      problem: "1 too few"
    }
  ],
  unchecked: [{ name: "jobs_dlq_oldest_age_seconds", labels: {}, received: 1 }],
  delivery: { lastSeen: "2020-01-01T00:00:00.000Z" }
}

describe("the table", () => {
  it("begins with what came of it, and shows first what differs, in the metric's unit", () => {
    expect(formatResult(result)).toBe(`
NOT agreed: 1 of 4 series differ from what happened, shown first.

6 jobs: 6 parse
6 completed, 0 failed, 0 cancelled; 0 retries, 0 replayed, 0 redelivered

  METRIC        RECEIVED       EXPECTED
jobs_wait_duration_seconds
\u2717 parse         5  0.250 s     6  at least 0.500 s
    1 too few
jobs_completed_total
\u2713 parse         6              6
jobs_attempts
\u2713 parse         6  7 attempts  6  7 attempts

1 more series are zero, as expected. 1 were received that nothing else can check: jobs_dlq_oldest_age_seconds.`)
  })

  it("fits terminals of 50 columns and more", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 50, max: 120 }),
        FastCheck.string({ maxLength: 200 }),
        FastCheck.integer({ min: 0, max: 999_999 }),
        (width, type, received) => {
          const [first, ...others] = result.metrics
          const metrics = first === undefined ? [] : [{ ...first, labels: { job_type: type }, received }, ...others]
          const lines = formatResult({ ...result, metrics }, width).split("\n")
          expect(lines.filter((line) => line.length > width)).toEqual([])
        }
      )
    )
  })

  it("says what there was for the receiver of --otlp", () => {
    expect(lineOf({})).toEqual([
      "For http://localhost:4318: 25 spans of attempts and 25 log lines of jobs. Before the last exports, 0 spans and 0 " +
        'log records were dropped; the lines "The final export" of the log say what became of the rest.'
    ])
  })

  it("does not vouch for those of a runner that was killed", () => {
    expect(lineOf({ uncertain: 4, dropped: { spans: 7, logRecords: 1 } })).toEqual([
      "For http://localhost:4318: 25 spans of attempts and 25 log lines of jobs, of which up to 4 each went with the " +
        "runner that was killed. Before the last exports, 7 spans and 1 log records were dropped; the lines " +
        '"The final export" of the log say what became of the rest.'
    ])
  })
})
