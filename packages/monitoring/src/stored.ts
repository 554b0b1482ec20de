/** What Prometheus stores: the series of each row of the catalogue and of each recording rule, with their labels. */
import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import { recordings } from "./files/rules.ts"
import { parse } from "./promql/parse.ts"
import type { Recording } from "./rules/recording.ts"

/** All rows with the name of their handle. */
export const rows: ReadonlyArray<{ readonly handle: string; readonly row: Row }> = Object.entries(catalogue).flatMap(
  ([namespace, handles]) => Object.entries<Row>(handles).map(([name, row]) => ({ handle: `${namespace}.${name}`, row }))
)

/** All recording rules. */
export const allRecordings: ReadonlyArray<Recording> = Object.values(recordings).flat()

/** The names under which Prometheus stores a row. */
export const storedNames = ({ kind, name }: Row): ReadonlyArray<string> =>
  kind === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]

/** The catalogue's metrics that an expression reads, through recording rules. */
export const metricsBehind = (expression: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const visit = (text: string): void =>
    parse(text).selectors.forEach(({ metric }) => {
      const recording = allRecordings.find(({ name }) => name === metric)
      if (recording !== undefined) {
        return visit(String(recording.expression))
      }
      const row = rows.find((one) => storedNames(one.row).includes(metric))
      found.add(row?.row.name ?? metric)
    })
  visit(expression)
  return found
}
