/** Every row of the catalogue recorded once with all of its labels and once with the first, and what must be stored of it. */
import * as Effect from "effect/Effect"
import { catalogue, type Row } from "../../../src/observe/catalogue.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import type { Stored } from "@parametric-portal/receivers/stored"

/** What telemetry sets itself whenever it collects or exports. */
export const setByTelemetry: ReadonlyArray<Row> = [catalogue.telemetry.series, catalogue.telemetry.lastSuccess]

/** All rows with their handles. */
const handles = Effect.map(MetricsService, ({ cluster, jobs, telemetry, workflow }) =>
  [jobs, cluster, workflow, telemetry].flatMap((namespace) => Object.values(namespace))
)

const valueOf = (row: Row, label: string): string => row.closed?.[label]?.[0] ?? `${label} "of" {this}\\row`

const labelSets = (row: Row): ReadonlyArray<Record<string, string>> => {
  const pairs = row.labels.map((label) => [label, valueOf(row, label)] as const)
  const all = Object.fromEntries(pairs)
  return pairs.length < 2 ? [all] : [all, Object.fromEntries(pairs.slice(0, 1))]
}

const boundariesOf = (row: Row): ReadonlyArray<number> =>
  typeof row.boundaries === "string" ? MetricsService.boundaries[row.boundaries] : (row.boundaries ?? [])

const stored = (row: Row, labels: Record<string, string>, values: ReadonlyArray<number>): ReadonlyArray<Stored> => {
  const total = values.reduce((sum, value) => sum + value, 0)
  return row.kind !== "histogram"
    ? [{ name: row.name, labels, value: total }]
    : [
        { name: `${row.name}_count`, labels, value: values.length },
        { name: `${row.name}_sum`, labels, value: total },
        ...[...boundariesOf(row), Number.POSITIVE_INFINITY].map((bound) => ({
          name: `${row.name}_bucket`,
          labels: { ...labels, le: String(bound) },
          value: values.filter((value) => value <= bound).length
        }))
      ]
}

/** Records, and returns what a receiver must have stored then. */
export const recordAll: Effect.Effect<ReadonlyArray<Stored>, never, MetricsService> = Effect.map(handles, (all) =>
  all
    .filter(({ row }) => !setByTelemetry.includes(row))
    .flatMap((handle, index) =>
      labelSets(handle.row).flatMap((labels, which) => {
        const values = handle.row.kind === "histogram" ? [0.25, 3 + index, 1e6] : [2 * index + which + 1]
        const series = Effect.runSync(MetricsService.series(handle, labels))
        values.forEach((value) => series.record(value))
        return stored(handle.row, labels, values)
      })
    )
)
