/** The syntax tree of a PromQL expression, and its text: on one line where it fits, else broken at operators. */

/** An aggregation operator. */
export type AggregateOp = "sum" | "max" | "count"

/** A binary operator between two vectors, or a vector and a number. */
export type BinaryOp = "or" | "and" | "unless" | ">" | ">=" | "<=" | "+" | "-" | "*" | "/"

/** A matcher of a selector; an expression of the values for `=~` and `!~`. */
export interface Matcher {
  readonly label: string
  readonly operator: "=" | "!=" | "=~" | "!~"
  readonly value: string
}

/** The series of a metric: now, some time ago, or over a range. */
export interface Selector {
  readonly kind: "selector"
  /** Its name; empty where a matcher of `__name__` says which. */
  readonly metric: string
  readonly matchers: ReadonlyArray<Matcher>
  readonly range?: string
  readonly offset?: string
}

/** A node; `text` is written as it is: a number, or `time()`. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
  | Selector
  | { readonly kind: "call"; readonly name: string; readonly args: ReadonlyArray<Node> }
  | {
      readonly kind: "aggregate"
      readonly op: AggregateOp
      readonly by: ReadonlyArray<string>
      readonly body: Node
    }
  | {
      readonly kind: "binary"
      readonly op: BinaryOp
      readonly on?: ReadonlyArray<string>
      readonly left: Node
      readonly right: Node
    }

/** The selectors of an expression, from left to right. */
export const selectorsOf = (node: Node): ReadonlyArray<Selector> => {
  switch (node.kind) {
    case "text":
      return []
    case "selector":
      return [node]
    case "call":
      return node.args.flatMap(selectorsOf)
    case "aggregate":
      return selectorsOf(node.body)
    case "binary":
      return [...selectorsOf(node.left), ...selectorsOf(node.right)]
  }
}

const width = 100

/** The text of an expression; lines longer than 100 columns are broken and indented. */
export const print = (node: Node, indent = 0): string => {
  const line = flat(node)
  if (indent + line.length <= width) {
    return line
  }
  const pad = " ".repeat(indent + 2)
  const close = `\n${" ".repeat(indent)})`
  switch (node.kind) {
    case "text":
    case "selector":
      return line
    case "call":
      return `${node.name}(\n${node.args.map((arg) => pad + print(arg, indent + 2)).join(",\n")}${close}`
    case "aggregate":
      return `${head(node)} (\n${pad}${print(node.body, indent + 2)}${close}`
    case "binary": {
      const side = (child: Node, isRight: boolean): string =>
        needsParentheses(node, child, isRight) ? `(\n${pad}${print(child, indent + 2)}${close}` : print(child, indent)
      const start = " ".repeat(indent)
      const gap = isSetOperator(node.op) ? `\n${start}` : " "
      return `${side(node.left, false)}\n${start}${operator(node)}${gap}${side(node.right, true)}`
    }
  }
}

const flat = (node: Node): string => {
  switch (node.kind) {
    case "text":
      return node.text
    case "selector":
      return selectorText(node)
    case "call":
      return `${node.name}(${node.args.map(flat).join(", ")})`
    case "aggregate":
      return `${head(node)} (${flat(node.body)})`
    case "binary": {
      const side = (child: Node, isRight: boolean): string =>
        needsParentheses(node, child, isRight) ? `(${flat(child)})` : flat(child)
      return `${side(node.left, false)} ${operator(node)} ${side(node.right, true)}`
    }
  }
}

const selectorText = ({ matchers, metric, offset, range }: Selector): string => {
  const parts = matchers.map(({ label, operator, value }) => `${quoted(label)}${operator}${JSON.stringify(value)}`)
  const isPlain = metric === "" || quoted(metric) === metric
  const inside = [...(isPlain ? [] : [quoted(metric)]), ...parts].join(", ")
  const series = `${isPlain ? metric : ""}${inside === "" ? "" : `{${inside}}`}`
  return `${series}${range === undefined ? "" : `[${range}]`}${offset === undefined ? "" : ` offset ${offset}`}`
}

/** A name as it is written: with dots, in quotes, which Prometheus 3 and VictoriaMetrics read. */
const quoted = (name: string): string => (/^[A-Za-z_:][A-Za-z0-9_:]*$/.test(name) ? name : JSON.stringify(name))

const head = ({ by, op }: Extract<Node, { kind: "aggregate" }>): string => `${op} by (${by.map(quoted).join(", ")})`

const operator = ({ on, op }: Extract<Node, { kind: "binary" }>): string =>
  on === undefined ? op : `${op} on (${on.map(quoted).join(", ")})`

const isSetOperator = (op: BinaryOp): boolean => op === "or" || op === "and" || op === "unless"

const precedence = {
  or: 1,
  and: 2,
  unless: 2,
  ">": 3,
  ">=": 3,
  "<=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5
} as const satisfies Record<BinaryOp, number>

const needsParentheses = (parent: Extract<Node, { kind: "binary" }>, child: Node, isRight: boolean): boolean =>
  child.kind === "binary" &&
  (precedence[child.op] < precedence[parent.op] || (precedence[child.op] === precedence[parent.op] && isRight))
