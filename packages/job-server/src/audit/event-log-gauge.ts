/**
 * How far a ledger has come, as a metric: it is read when a collection begins, so an export says by itself up to which
 * entry it counts, provided that nothing was written while it was collected.
 */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Ledger } from "./event-log.ts"

const rows = {
  entries: {
    name: "job_server_ledger_entries",
    kind: "gauge",
    unit: "{entry}",
    labels: [],
    help: "Entries in the ledger of this process when its collection began."
  }
} as const

export const ledgerGauge = (ledger: Ledger) =>
  Layer.scopedDiscard(
    Effect.flatMap(MetricsService.define(rows), ({ entries }) =>
      MetricsService.observe(entries, () => [{ labels: {}, value: ledger.entries.length }])
    )
  )

/** The last acknowledged export of a process: how many entries there were when it began, and when it was collected. */
export interface LedgerExport {
  readonly entries: number
  readonly collectedAt: bigint
}

/** Of all that was received from one process; of 0 entries before its first export. */
export const ledgerExportOf = (series: ReadonlyArray<Series>): LedgerExport => {
  const found = series.find(({ name }) => name === rows.entries.name)
  return typeof found?.total === "number"
    ? { entries: found.total, collectedAt: found.timeUnixNano }
    : { entries: 0, collectedAt: 0n }
}
