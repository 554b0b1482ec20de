import { describe, expect, it } from "@effect/vitest"
import { jobSummary } from "../../src/audit/job-summary.ts"
import type { OtlpSummary } from "../../src/audit/otlp-summary.ts"
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

describe("the table", () => {
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
