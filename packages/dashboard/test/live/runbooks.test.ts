import { describe, expect, it } from "vitest"
import { runbooksOf } from "../../src/live/runbooks.ts"

describe("the runbooks of a metric", () => {
  it("are those of the alerts that watch it, by its name on OTLP", () => {
    const names = (metric: string) => runbooksOf(metric)?.map((url) => url.split("/").at(-1))
    expect(names("nodejs.eventloop.delay.p99")).toEqual(["EventLoopBlocked.md"])
    expect(names("http.server.request.duration")).toEqual(["HttpErrorBudgetBurn.md", "HttpLatencyHigh.md"])
    expect(names("jobs_dlq_size")).toEqual(["JobDeadLetterGrowing.md"])
    expect([names("http_server_request_duration_seconds"), names("constructor")]).toEqual([undefined, undefined])
  })
})
