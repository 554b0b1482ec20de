/** Values of several runners: what each has of its own is added up, what one reports for all is not. */
import type { SyntaxNode } from "@lezer/common"
import { parser } from "@prometheus-io/lezer-promql"
import { describe, expect, it } from "vitest"
import { storedNames } from "../src/monitoring.ts"
import { repository } from "../src/repository.ts"

/** Each selector of an expression with the aggregation that its series go through first. */
const aggregations = (expression: string): ReadonlyArray<{ readonly metric: string; readonly by: string }> => {
  const text = expression.replaceAll("$__rate_interval", "5m")
  const found: Array<{ metric: string; by: string }> = []
  const nearest = (node: SyntaxNode | null): string => {
    if (node === null) {
      return "none"
    }
    const operator = node.name === "AggregateExpr" ? node.getChild("AggregateOp") : null
    return operator === null ? nearest(node.parent) : text.slice(operator.from, operator.to)
  }
  parser.parse(text).iterate({
    enter: ({ name, node }) => {
      const identifier = name === "VectorSelector" ? node.getChild("Identifier") : null
      if (identifier !== null) {
        found.push({ metric: text.slice(identifier.from, identifier.to), by: nearest(node) })
      }
    }
  })
  return found
}

const expressions = [
  ...repository.alerts.flatMap(({ expression, name, runbook }) => [
    { where: name, expression },
    ...runbook.firstLook.map(({ query, question }) => ({ where: `${name}: ${question}`, expression: query }))
  ]),
  ...repository.recordings.map(({ expression, name }) => ({ where: name, expression })),
  ...repository.dashboards.flatMap((dashboard) =>
    dashboard.rows.flatMap(({ panels }) =>
      panels.flatMap(({ queries, title }) =>
        queries.map(({ query }) => ({ where: `${dashboard.title}: ${title}`, expression: query }))
      )
    )
  )
].flatMap(({ expression, where }) => aggregations(String(expression)).map((one) => ({ where, ...one })))

const rowOf = (metric: string) => repository.rows.find(({ row }) => storedNames(row).includes(metric))?.row

describe("the arithmetic of several runners", () => {
  it("takes the largest of what one runner reports for the cluster, everywhere", () => {
    const shared = expressions.filter(({ metric }) => rowOf(metric)?.scope === "cluster")
    expect(shared.length).toBeGreaterThan(10)
    expect(shared.filter(({ by }) => by !== "max")).toEqual([])
  })

  it("never takes the largest of amounts that each runner has of its own; of ages it does", () => {
    const own = expressions.filter(({ metric }) => {
      const row = rowOf(metric)
      return row !== undefined && row.scope !== "cluster" && row.unit !== "s"
    })
    expect(own.length).toBeGreaterThan(60)
    // Whether a singleton ever ran is a yes or no, and no amount.
    expect(own.filter(({ by, metric }) => by === "max" && metric !== "cluster_singletons_active")).toEqual([])
  })
})
