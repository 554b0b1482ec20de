import { catalogue, type Row } from "@parametric-portal/server/observe/catalogue"
import { describe, expect, it } from "vitest"
import { clusterMetrics, stableMetrics } from "../../src/documents/metric-table.ts"

const rowsOf = (namespaces: ReadonlyArray<keyof typeof catalogue>): ReadonlyArray<Row> =>
  namespaces.flatMap((namespace): ReadonlyArray<Row> => Object.values(catalogue[namespace]))

const cells = (line: string): ReadonlyArray<string> => line.split("|").map((cell) => cell.trim())

describe("the table of the README", () => {
  const [head = "", , ...lines] = stableMetrics().split("\n")

  it("has the metrics whose names are fixed, with kind, unit, labels and help", () => {
    expect(cells(head)).toEqual(["", "metric", "kind", "unit", "labels", "what it measures", ""])
    expect(lines.map(cells)).toEqual(
      rowsOf(["jobs", "cluster", "workflow", "telemetry"])
        .filter(({ stable }) => stable === true)
        .map(({ help, kind, labels, name, unit }) => [
          "",
          `\`${name}\``,
          kind,
          unit,
          labels.map((label) => `\`${label}\``).join(" "),
          help,
          ""
        ])
    )
  })
})

describe("the table of the guide to clusters", () => {
  const lines = clusterMetrics("../metrics.md").split("\n").slice(2).map(cells)

  it("has every metric of the cluster and of workflows, linked to the reference", () => {
    expect(lines.map(([, metric]) => metric)).toEqual(
      rowsOf(["cluster", "workflow"]).map(({ name }) => `[\`${name}\`](../metrics.md#${name})`)
    )
  })

  it("says what each measures and excludes, and how the values of runners go together", () => {
    expect(lines.find(([, metric = ""]) => metric.includes("`cluster_message_backlog`"))).toEqual([
      "",
      "[`cluster_message_backlog`](../metrics.md#cluster_message_backlog)",
      catalogue.cluster.backlog.help,
      catalogue.cluster.backlog.excludes,
      "`state`",
      "`max`",
      ""
    ])
    expect(lines.filter((line) => line.at(-2) === "`max`")).toHaveLength(3)
  })
})
