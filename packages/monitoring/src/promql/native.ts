/**
 * Expressions over native histograms. Where a store has a histogram as one series instead of `_bucket`, `_count` and `_sum`,
 * what is asked of these is asked of that one: its counts by `histogram_count`, its sum by `histogram_sum`, and its buckets
 * without the label `le`.
 */
import { type Node, type Selector, selectorsOf } from "./node.ts"

/** Which of the three series of a native histogram a name is. */
export interface NativePart {
  /** The name of the native histogram. */
  readonly metric: string
  readonly part: "bucket" | "count" | "sum"
}

/** What a name is of a native histogram; nothing where it is none. */
export type NativeOf = (name: string) => NativePart | undefined

/** The expression as it is asked of native histograms. */
export const withNative = (node: Node, nativeOf: NativeOf): Node => {
  const of = (child: Node): Node => withNative(child, nativeOf)
  switch (node.kind) {
    case "text":
      return node
    case "selector":
      return whole(node, node, nativeOf)
    case "call": {
      const [first, ...others] = node.args
      return first?.kind === "selector" && first.range !== undefined && others.length === 0
        ? whole(first, { ...node, args: [renamed(first, nativeOf)] }, nativeOf)
        : { ...node, args: node.args.map(of) }
    }
    case "aggregate":
      return { ...node, by: withoutBoundary(node.by, node.body, nativeOf), body: of(node.body) }
    case "binary":
      return {
        ...node,
        left: of(node.left),
        right: of(node.right),
        ...(node.on && { on: withoutBoundary(node.on, node, nativeOf) })
      }
  }
}

/** The labels that are left of these: the buckets of a native histogram are one series. */
export const withoutBoundary = (labels: ReadonlyArray<string>, of: Node, nativeOf: NativeOf): ReadonlyArray<string> =>
  readsBuckets(of, nativeOf) ? labels.filter((label) => label !== "le") : labels

/** The selector by the name of the native histogram. */
export const renamed = (selector: Selector, nativeOf: NativeOf): Selector => ({
  ...selector,
  metric: nativeOf(selector.metric)?.metric ?? selector.metric
})

/** What a selector has of its histogram, in an expression that is the selector or a function of its range. */
const whole = (selector: Selector, inside: Node, nativeOf: NativeOf): Node => {
  const native = nativeOf(selector.metric)
  const body = inside === selector ? renamed(selector, nativeOf) : inside
  return native === undefined || native.part === "bucket"
    ? body
    : { kind: "call", name: `histogram_${native.part}`, args: [body] }
}

const readsBuckets = (node: Node, nativeOf: NativeOf): boolean =>
  selectorsOf(node).some(({ metric }) => nativeOf(metric)?.part === "bucket")

/** Which series of a store are native histograms, and which are buckets with boundaries. */
export interface Stored {
  readonly nativeOf: NativeOf
  readonly hasBoundaries: (name: string) => boolean
}

/** What can't be asked of native histograms as it is written; nothing where all of it can. */
export const nativeProblem = (node: Node, stored: Stored): string | undefined => {
  const { nativeOf } = stored
  switch (node.kind) {
    case "text":
      return undefined
    case "selector":
      return nativeOf(node.metric)?.part === "bucket" && node.matchers.some(({ label }) => label === "le")
        ? "selects buckets by le"
        : undefined
    case "call":
      return (
        firstProblem(node.args, stored) ??
        (node.args.some((arg) => isHistogram(arg, nativeOf)) && !takesHistograms.has(node.name)
          ? `has ${node.name} of buckets`
          : undefined)
      )
    case "aggregate":
      return (
        nativeProblem(node.body, stored) ??
        (isHistogram(node.body, nativeOf) && node.op !== "sum"
          ? `has ${node.op} of buckets`
          : node.by.includes("le") && isMixed(node.body, stored)
            ? "adds up buckets of native and of other histograms"
            : undefined)
      )
    case "binary":
      return firstProblem([node.left, node.right], stored) ?? binaryProblem(node, nativeOf)
  }
}

const firstProblem = (nodes: ReadonlyArray<Node>, stored: Stored): string | undefined =>
  nodes.map((node) => nativeProblem(node, stored)).find((problem) => problem !== undefined)

const takesHistograms: ReadonlySet<string> = new Set(["rate", "increase", "last_over_time", "histogram_quantile"])

const setOperators: ReadonlySet<string> = new Set(["or", "and", "unless"])

const binaryProblem = (node: Extract<Node, { kind: "binary" }>, nativeOf: NativeOf): string | undefined => {
  const [left, right] = [isHistogram(node.left, nativeOf), isHistogram(node.right, nativeOf)]
  const isAsked =
    (!left && !right) ||
    setOperators.has(node.op) ||
    (left && right && (node.op === "+" || node.op === "-")) ||
    (left && node.right.kind === "text" && (node.op === "*" || node.op === "/"))
  return isAsked ? undefined : `has buckets beside ${node.op}`
}

const isMixed = (node: Node, { hasBoundaries, nativeOf }: Stored): boolean =>
  readsBuckets(node, nativeOf) && selectorsOf(node).some(({ metric }) => hasBoundaries(metric))

/** Whether its values are histograms. */
export const isHistogram = (node: Node, nativeOf: NativeOf): boolean => {
  switch (node.kind) {
    case "text":
      return false
    case "selector":
      return nativeOf(node.metric)?.part === "bucket"
    case "call":
      return !node.name.startsWith("histogram_") && node.args.some((arg) => isHistogram(arg, nativeOf))
    case "aggregate":
      return node.op === "sum" && isHistogram(node.body, nativeOf)
    case "binary":
      return isHistogram(node.left, nativeOf) || (node.op === "or" && isHistogram(node.right, nativeOf))
  }
}
