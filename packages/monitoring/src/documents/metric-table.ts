/** The tables of metrics that stand in pages written by hand: the README's, and that of the guide to clusters. */
import { catalogue, type Row, type Rows } from "@parametric-portal/server/observe/catalogue"
import { table } from "./markdown.ts"

/** The kinds of metrics, as pages call them. */
export const kinds = {
  counter: "counter",
  gauge: "gauge",
  upDownCounter: "up-down counter",
  histogram: "histogram"
} as const satisfies Record<Row["kind"], string>

const rowsOf = (...namespaces: ReadonlyArray<Rows>): ReadonlyArray<Row> => namespaces.flatMap(Object.values<Row>)

const labelsOf = ({ labels }: Row): string => labels.map((label) => `\`${label}\``).join(" ")

/** The metrics whose names are fixed. */
export const stableMetrics = (): string =>
  table(
    ["metric", "kind", "unit", "labels", "what it measures"],
    rowsOf(...Object.values(catalogue))
      .filter((row) => row.stable === true)
      .map((row) => [`\`${row.name}\``, kinds[row.kind], row.unit, labelsOf(row), row.help])
  )

/** The metrics of a cluster and of its workflows; `reference` is the path of the reference from the page. */
export const clusterMetrics = (reference: string): string =>
  table(
    ["metric", "what it measures", "excludes", "labels", "over runners"],
    rowsOf(catalogue.cluster, catalogue.workflow).map((row) => [
      `[\`${row.name}\`](${reference}#${row.name})`,
      row.help,
      row.excludes ?? "",
      labelsOf(row),
      row.scope === "cluster" ? "`max`" : "`sum`"
    ])
  )
