/**
 * How an expression is written for one store: what its environments are told apart by, which of its series are meant, what
 * it calls metrics and labels, and which histograms are native there. Expressions are made without it, as if the store had one
 * environment and no native histograms.
 */
import { type NativeOf, renamed, withNative, withoutBoundary } from "./native.ts"
import { type Matcher, type Node, type Selector, selectorsOf } from "./node.ts"
import { Vector } from "./vector.ts"

export interface Dialect {
  /** Labels by which everything is grouped besides, as the store calls them. */
  readonly groupBy: ReadonlyArray<string>
  /** Matchers that every selector gets besides. */
  readonly matchers: ReadonlyArray<Matcher>
  readonly metric: (name: string) => string
  /** The name of a label of what is made of these metrics. */
  readonly label: (name: string, metrics: ReadonlyArray<string>) => string
  /** What a name is of a histogram that is native in the store. */
  readonly native: NativeOf
}

/** The expression in a dialect. */
export const inDialect = (vector: Vector<string>, dialect: Dialect): Vector<string> =>
  new Vector(
    translated(withNative(vector.node, dialect.native), dialect),
    grouped(withoutBoundary(vector.labels, vector.node, dialect.native), vector.node, dialect)
  )

/** The series that a selector is of, in a dialect: of a native histogram, whose parts have no series of their own. */
export const seriesInDialect = (selector: Selector, dialect: Dialect): Node =>
  translated(renamed(selector, dialect.native), dialect)

/** The name of a label of an expression, which is written without the dialect. */
export const labelIn = (name: string, vector: Vector<string>, dialect: Dialect): string =>
  dialect.label(name, metricsOf(vector.node))

/** The metrics that an expression selects. */
export const metricsOf = (node: Node): ReadonlyArray<string> => selectorsOf(node).map(({ metric }) => metric)

const translated = (node: Node, dialect: Dialect): Node => {
  switch (node.kind) {
    case "text":
      return node
    case "selector":
      return {
        ...node,
        metric: dialect.metric(node.metric),
        matchers: [
          ...dialect.matchers,
          ...node.matchers.map((matcher) => ({ ...matcher, label: dialect.label(matcher.label, [node.metric]) }))
        ]
      }
    case "call":
      return { ...node, args: node.args.map((arg) => translated(arg, dialect)) }
    case "aggregate":
      return { ...node, by: grouped(node.by, node.body, dialect), body: translated(node.body, dialect) }
    case "binary":
      return {
        ...node,
        left: translated(node.left, dialect),
        right: translated(node.right, dialect),
        ...(node.on && { on: grouped(node.on, node, dialect) })
      }
  }
}

/** The labels, and before them those that tell environments apart: no two environments are ever added up. */
const grouped = (labels: ReadonlyArray<string>, of: Node, { groupBy, label }: Dialect): ReadonlyArray<string> => {
  const metrics = metricsOf(of)
  const own = labels.map((name) => label(name, metrics))
  return [...groupBy.filter((name) => !own.includes(name)), ...own]
}
