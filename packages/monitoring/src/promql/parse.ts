/** Reads PromQL back, with Prometheus' own grammar: which metrics and labels does an expression name? */
import type { SyntaxNode } from "@lezer/common"
import { parser } from "@prometheus-io/lezer-promql"

/** A selector in an expression. */
export interface Selected {
  readonly metric: string
  /** The labels of its matchers, with the value as it is written, and how it is compared. */
  readonly matchers: ReadonlyArray<{ readonly label: string; readonly operator: string; readonly value: string }>
}

/** What an expression names. */
export interface Parsed {
  /** Where the grammar does not fit; empty when the expression is sound. */
  readonly errors: ReadonlyArray<string>
  readonly selectors: ReadonlyArray<Selected>
  /** Labels that it groups by, matches on or keeps. */
  readonly groupings: ReadonlyArray<string>
}

/** Parses an expression; what only Grafana fills in stands for five minutes. */
export const parse = (expression: string): Parsed => {
  const text = expression.replaceAll("$__rate_interval", "5m")
  const errors: Array<string> = []
  const selectors: Array<Selected> = []
  const groupings: Array<string> = []
  const of = (node: SyntaxNode | null): string => (node === null ? "" : text.slice(node.from, node.to))
  parser.parse(text).iterate({
    enter: ({ node, type }) => {
      if (type.isError) {
        errors.push(`at ${node.from}: ${JSON.stringify(text.slice(node.from, node.from + 20))}`)
      } else if (type.name === "VectorSelector") {
        const matchers = node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []
        selectors.push({
          metric: of(node.getChild("Identifier")),
          matchers: matchers.map((matcher) => ({
            label: of(matcher.getChild("LabelName")),
            operator: of(matcher.getChild("MatchOp")),
            value: of(matcher.getChild("StringLiteral"))
          }))
        })
      } else if (type.name === "GroupingLabels") {
        groupings.push(...node.getChildren("LabelName").map(of))
      }
    }
  })
  return { errors, selectors, groupings }
}

/** The distinct names of the metrics in an expression. */
export const metricsIn = (expression: string): ReadonlyArray<string> => [
  ...new Set(parse(expression).selectors.map(({ metric }) => metric))
]
