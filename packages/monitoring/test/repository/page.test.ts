import { describe, expect, it } from "vitest"
import { pageFiles } from "../../src/repository/page.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { repository, settings } from "../../src/repository.ts"

describe("what the page knows of alerts", () => {
  const [[path, content] = ["", ""]] = pageFiles(
    monitoringOf({ ...settings, runbooks: "https://example.com/runbooks/" })
  )

  it("is one file, with the address of the runbooks", () => {
    expect(pageFiles(repository).map(([name]) => name)).toEqual(["packages/dashboard/src/live/generated/runbooks.ts"])
    expect([path.endsWith(".ts"), content.match(/^export const runbooks = .*$/m)?.[0]]).toEqual([
      true,
      'export const runbooks = "https://example.com/runbooks/"'
    ])
  })

  it("names the metrics of each alert as they are on OTLP, those behind recording rules too", () => {
    const lines = content
      .split("\n")
      .filter((line) => /^ {2}(Job(QueueOldestAgeHigh|ErrorBudgetBurn)|EventLoopBlocked):/.test(line))
    expect(lines).toEqual([
      '  JobErrorBudgetBurn: "jobs_completed_total jobs_dead_lettered_total telemetry_series",',
      '  JobQueueOldestAgeHigh: "jobs_queue_oldest_age_seconds",',
      '  EventLoopBlocked: "nodejs.eventloop.delay.p99",'
    ])
  })
})
