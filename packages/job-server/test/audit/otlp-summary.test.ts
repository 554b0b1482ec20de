import { expect, it } from "@effect/vitest"
import type { Series } from "@parametric-portal/dashboard/receiver"
import type { LogEntry, LoggedEvent } from "../../src/audit/event-log.ts"
import { otlpSummary } from "../../src/audit/otlp-summary.ts"

const entryOf = (event: LoggedEvent): LogEntry => ({ monotonicMs: 0, epochMs: 0, exportNanos: 0n, event })

const started = entryOf({ _tag: "HandlerStarted", job: "a" })
const finished = entryOf({ _tag: "HandlerFinished", job: "a", outcome: "interrupted", tookMs: 1 })

const counter = (name: string, total: number): Series => ({
  kind: "sum",
  isMonotonic: true,
  temporality: "cumulative",
  resource: {},
  scope: { name: "", version: "" },
  name,
  attributes: { reason: "queue_full" },
  description: "",
  unit: "",
  startTimeUnixNano: 0n,
  timeUnixNano: 0n,
  points: 1,
  resets: 0,
  value: total,
  total
})

it("counts a span and a line for each attempt that ended, and does not vouch for those of a runner that was killed", () => {
  const processes = [
    { wasKilled: false, entries: [started, finished, started, finished] },
    { wasKilled: true, entries: [started, finished, started] }
  ]
  const series = [
    counter("telemetry_spans_dropped_total", 5),
    counter("telemetry_spans_dropped_total", 2),
    counter("telemetry_log_records_dropped_total", 1)
  ]
  expect(otlpSummary("http://user:password@localhost:4318/token", processes, series)).toEqual({
    address: "http://localhost:4318",
    spans: 3,
    logLines: 3,
    uncertain: 1,
    dropped: { spans: 7, logRecords: 1 }
  })
})
