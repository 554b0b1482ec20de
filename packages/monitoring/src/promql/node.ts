/** The syntax tree of a PromQL expression, and its text: on one line where it fits, else broken at operators. */

/** An aggregation operator. */
export type AggregateOp = "sum" | "max" | "count"

/** A binary operator between two vectors, or a vector and a number. */
export type BinaryOp = "or" | "and" | "unless" | ">" | ">=" | "<=" | "+" | "-" | "*" | "/"

/** A node; `text` is written as it is: a selector or a number. */
export type Node =
  | { readonly kind: "text"; readonly text: string }
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

const head = ({ by, op }: Extract<Node, { kind: "aggregate" }>): string => `${op} by (${by.join(", ")})`

const operator = ({ on, op }: Extract<Node, { kind: "binary" }>): string =>
  on === undefined ? op : `${op} on (${on.join(", ")})`

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
