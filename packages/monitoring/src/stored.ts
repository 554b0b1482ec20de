/** What Prometheus stores: the series of each catalogue row and of each recording rule. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import { recordings } from "./files/rules.ts"
import { metricsIn } from "./promql/parse.ts"
import type { Recording } from "./rules/recording.ts"

/** All rows, with the names of their handles. */
export const rows: ReadonlyArray<{ readonly handle: string; readonly row: Row }> = Object.entries(catalogue).flatMap(
  ([namespace, handles]) => Object.entries<Row>(handles).map(([name, row]) => ({ handle: `${namespace}.${name}`, row }))
)

/** All recording rules. */
export const allRecordings: ReadonlyArray<Recording> = Object.values(recordings).flat()

/** The names under which Prometheus stores a row. */
export const storedNames = ({ kind, name }: Row): ReadonlyArray<string> =>
  kind === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]

/** The catalogue metrics that an expression reads, directly or through recording rules. */
export const metricsBehind = (expression: string): ReadonlySet<string> => {
  const known = behind.get(expression)
  if (known !== undefined) {
    return known
  }
  const found = new Set(
    metricsIn(expression).flatMap((metric) => {
      const recording = allRecordings.find(({ name }) => name === metric)
      return recording === undefined
        ? [rows.find(({ row }) => storedNames(row).includes(metric))?.row.name ?? metric]
        : [...metricsBehind(String(recording.expression))]
    })
  )
  behind.set(expression, found)
  return found
}

const behind = new Map<string, ReadonlySet<string>>()
