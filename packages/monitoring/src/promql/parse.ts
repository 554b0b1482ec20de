/** Parses PromQL with Prometheus' own grammar, to find the metrics and labels that an expression names. */
import type { SyntaxNode } from "@lezer/common"
import { parser } from "@prometheus-io/lezer-promql"

/** A selector in an expression. */
export interface Selected {
  readonly metric: string
  /** Label, operator, and value as written. */
  readonly matchers: ReadonlyArray<{ readonly label: string; readonly operator: string; readonly value: string }>
}

/** What an expression names. */
export interface Parsed {
  /** Syntax errors; empty if the expression is valid. */
  readonly errors: ReadonlyArray<string>
  readonly selectors: ReadonlyArray<Selected>
  /** Labels that it groups by or matches on. */
  readonly groupings: ReadonlyArray<string>
}

/** Parses an expression, with five minutes in place of Grafana's `$__rate_interval`. */
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
