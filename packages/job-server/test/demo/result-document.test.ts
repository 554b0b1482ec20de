import { expect, it } from "@effect/vitest"
import { jobSummary } from "../../src/audit/job-summary.ts"
import { resultDocument } from "../../src/demo/result-document.ts"

const otlp = {
  address: "http://localhost:4318",
  spans: 2,
  logLines: 2,
  uncertain: 0,
  dropped: { spans: 0, logRecords: 0 }
}

it("a result becomes a document with the keys that scripts read, in their order", () => {
  const jobs = jobSummary([])
  const document = resultDocument({
    agreed: false,
    jobs,
    metrics: [
      {
        name: "a_seconds",
        labels: { job_type: "digest" },
        received: 1,
        expected: 3,
        lost: 1,
        sum: { received: 0.5, expected: { atLeast: 1, atMost: 2 } },
        agreed: false,
        problem: "1 too few"
      },
      { name: "b_total", labels: {}, received: 0, expected: 0, agreed: true }
    ],
    unchecked: [{ name: "c", labels: {}, received: 1 }],
    delivery: { lastSeen: "2020-01-01T00:00:00.000Z", lost: "it is gone" },
    otlp,
    broken: "no reason"
  })
  expect(JSON.stringify(document)).toBe(
    JSON.stringify({
      agreed: false,
      jobs,
      metrics: [
        {
          name: "a_seconds",
          labels: { job_type: "digest" },
          received: 1,
          truth: 3,
          lost: 1,
          sum: { received: 0.5, truth: { atLeast: 1, atMost: 2 } },
          agreed: false,
          problem: "1 too few"
        },
        { name: "b_total", labels: {}, received: 0, truth: 0, agreed: true }
      ],
      unwitnessed: [{ name: "c", labels: {}, received: 1 }],
      delivery: { lastSeen: "2020-01-01T00:00:00.000Z", lost: "it is gone" },
      otlp,
      broken: "no reason"
    })
  )
})
