/** What is different of the cases of alerts on Prometheus 3. */
import type { Case } from "./case.ts"

/** How many evaluations later an alert fires than on Prometheus 2, and the number in its text by then. */
const differently: Readonly<Record<string, { readonly later: number; readonly number?: string }>> = {
  JobRedeliveriesHigh: { later: 1 },
  ClusterRedeliveriesHigh: { later: 1 },
  ClusterEntityRestartLoop: { later: 1 },
  TelemetryExportFailing: { later: -1 },
  TelemetrySeriesOverflow: { later: 1, number: "65" },
  TelemetrySourceFailing: { later: 1 },
  HttpLatencyHigh: { later: -1 },
  DatabaseSlow: { later: -1 },
  DatabaseConnectionsExhausted: { later: -1 },
  HeapNearLimit: { later: -1 }
}

/** The case as Prometheus 3 evaluates it, whose ranges leave out the sample at their beginning. */
export const onThree = <One extends Case>(one: One): One => {
  const { later = 0, number } = differently[one.alert] ?? {}
  const firing = one.firing.map((alert) =>
    number === undefined ? alert : { ...alert, description: alert.description.replace(/\d+/, number) }
  )
  return { ...one, firing, firesAt: one.firesAt + later * (one.every ?? 1) }
}
