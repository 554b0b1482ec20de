/**
 * The length of an event log as two metrics: when a collection started, and when it had read all before. An export tells
 * which entries it covers where both are the same, as no entry was written during the collection then.
 */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { EventLog } from "./event-log.ts"

const rows = {
  entries: {
    name: "job_server_ledger_entries",
    kind: "gauge",
    unit: "{entry}",
    labels: [],
    help: "Entries in the event log of this process when its collection started."
  },
  written: {
    name: "job_server_ledger_entries_written_total",
    kind: "counter",
    unit: "{entry}",
    labels: [],
    help: "Entries in the event log of this process when this was read, after the metrics of jobs and cluster."
  }
} as const

export const eventLogGauge = (log: EventLog) =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const { entries, written } = yield* MetricsService.define(rows)
      const count = yield* MetricsService.series(written, {})
      count.record(log.entries.length)
      log.onAppend = () => count.record(1)
      yield* MetricsService.observe(entries, () => [{ labels: {}, value: log.entries.length }])
    })
  )

/** An acknowledged export of a process: how many entries there were when its collection began and ended, and when it began. */
export interface ExportedLength {
  readonly entries: number
  readonly entriesAtEnd: number
  readonly collectedAt: bigint
}

/** The last export among the series of one process; no entries before its first export. */
export const lastExportedLength = (series: ReadonlyArray<Series>): ExportedLength => {
  const found = series.find(({ name }) => name === rows.entries.name)
  const written = series.find(({ name }) => name === rows.written.name)
  return typeof found?.total === "number" && typeof written?.total === "number"
    ? { entries: found.total, entriesAtEnd: written.total, collectedAt: found.timeUnixNano }
    : { entries: 0, entriesAtEnd: 0, collectedAt: 0n }
}
