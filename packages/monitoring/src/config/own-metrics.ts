/** What is wrong with metrics of one's own: the rules of `MetricsService.define`, and names that the library has. */
import {
  catalogue,
  labelNameProblem,
  metricNameProblem,
  type Row,
  type Rows,
  unitProblem
} from "@parametric-portal/server/observe/catalogue"
import { storedNames } from "../monitoring.ts"
import type { Problems } from "./check.ts"

/** The problems of all rows; the names of namespaces are checked with those of rules. */
export const metricProblems = (metrics: Readonly<Record<string, Rows>>): Problems => {
  const used = new Map(
    Object.values<Rows>(catalogue).flatMap((rows) => Object.values(rows).flatMap((row) => taken(row, "the library")))
  )
  return Object.entries(metrics).flatMap(([namespace, rows]) =>
    Object.entries(rows).flatMap(([handle, row]) => {
      const path = `metrics.${namespace}.${handle}`
      const other = storedNames(row).flatMap((name) => used.get(name) ?? [])[0]
      taken(row, path).forEach(([name, by]) => used.set(name, by))
      return [
        ...rowProblems(row, path),
        ...(other === undefined ? [] : [`${path}.name is "${row.name}", which is a name of ${other}: rename it`])
      ]
    })
  )
}

const taken = (row: Row, by: string): ReadonlyArray<readonly [name: string, by: string]> =>
  storedNames(row).map((name) => [name, by])

const rowProblems = (row: Row, path: string): Problems => {
  const problem = (of: string, given: string, expected: string | undefined): Problems =>
    expected === undefined ? [] : [`${path}.${of} is ${JSON.stringify(given)}, expected ${expected}`]
  return [
    ...problem("unit", row.unit, unitProblem(row.unit, row.convention)),
    ...problem("name", row.name, metricNameProblem(row)),
    ...row.labels.flatMap((name, index) =>
      problem(
        `labels[${index}]`,
        name,
        labelNameProblem(name) ?? (row.labels.indexOf(name) === index ? undefined : "each label once")
      )
    ),
    ...Object.keys(row.closed ?? {}).flatMap((name) =>
      row.labels.includes(name) ? [] : [`${path}.closed.${name} is not a label of it: ${row.labels.join(", ")}`]
    ),
    ...(row.boundaries === undefined || row.kind === "histogram"
      ? []
      : [`${path}.boundaries is set, expected boundaries of a histogram only`])
  ]
}
