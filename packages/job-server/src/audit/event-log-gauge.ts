/**
 * The length of an event log as a metric. It is read when a collection starts, so an export tells which entries it
 * covers, provided that no entry was written during the collection.
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
  }
} as const

export const eventLogGauge = (log: EventLog) =>
  Layer.scopedDiscard(
    Effect.flatMap(MetricsService.define(rows), ({ entries }) =>
      MetricsService.observe(entries, () => [{ labels: {}, value: log.entries.length }])
    )
  )

/** An acknowledged export of a process: how many entries there were when it was collected, and when that was. */
export interface ExportedLength {
  readonly entries: number
  readonly collectedAt: bigint
}

/** The last export among the series of one process; no entries before its first export. */
export const lastExportedLength = (series: ReadonlyArray<Series>): ExportedLength => {
  const found = series.find(({ name }) => name === rows.entries.name)
  return typeof found?.total === "number"
    ? { entries: found.total, collectedAt: found.timeUnixNano }
    : { entries: 0, collectedAt: 0n }
}
