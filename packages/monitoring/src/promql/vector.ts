/**
 * An expression that yields an instant vector, with the labels of its series: grouping by or matching on a label that
 * they don't have does not compile. `select.ts` makes it from rows of the catalogue.
 */
import { type AggregateOp, type BinaryOp, type Node, print } from "./node.ts"

/** The right side of an operator. */
type Operand<L extends string> = Vector<L> | number

/** An instant vector whose series have the labels `L`. */
export class Vector<L extends string> {
  readonly node: Node
  readonly labels: ReadonlyArray<L>

  constructor(node: Node, labels: ReadonlyArray<L>) {
    this.node = node
    this.labels = labels
  }

  /** The PromQL text. */
  toString(): string {
    return print(this.node)
  }

  sumBy<K extends L>(...by: ReadonlyArray<K>): Vector<K> {
    return this.aggregate("sum", by)
  }

  maxBy<K extends L>(...by: ReadonlyArray<K>): Vector<K> {
    return this.aggregate("max", by)
  }

  countBy<K extends L>(...by: ReadonlyArray<K>): Vector<K> {
    return this.aggregate("count", by)
  }

  dividedBy(right: Operand<L>): Vector<L> {
    return this.binary("/", right)
  }

  times(right: Operand<L>): Vector<L> {
    return this.binary("*", right)
  }

  plus(right: Operand<L>): Vector<L> {
    return this.binary("+", right)
  }

  minus(right: Operand<L>): Vector<L> {
    return this.binary("-", right)
  }

  above(right: Operand<L>): Vector<L> {
    return this.binary(">", right)
  }

  atLeast(right: Operand<L>): Vector<L> {
    return this.binary(">=", right)
  }

  atMost(right: Operand<L>): Vector<L> {
    return this.binary("<=", right)
  }

  /** The left side, and the right side for label sets that the left side does not have. */
  or(right: Vector<L>): Vector<L> {
    return this.binary("or", right)
  }

  /** The left side where the right side has equal labels. */
  and(right: Vector<L>): Vector<L> {
    return this.binary("and", right)
  }

  /** The left side where the right side does not have equal labels. */
  unless(right: Vector<L>): Vector<L> {
    return this.binary("unless", right)
  }

  /** The left side where the right side has equal values of these labels. */
  andOn<M extends string>(on: ReadonlyArray<L & M>, right: Vector<M>): Vector<L> {
    return this.binary("and", right, on)
  }

  /** The left side, and 0 for label sets that only the right side has: what never happened counts as 0. */
  orZeroOf(there: Vector<L>): Vector<L> {
    return this.or(there.times(0))
  }

  private aggregate<K extends L>(op: AggregateOp, by: ReadonlyArray<K>): Vector<K> {
    return new Vector({ kind: "aggregate", op, by, body: this.node }, by)
  }

  private binary(op: BinaryOp, right: Operand<string>, on?: ReadonlyArray<string>): Vector<L> {
    if (typeof right === "number") {
      return new Vector(
        { kind: "binary", op, left: this.node, right: { kind: "text", text: String(right) } },
        this.labels
      )
    }
    this.requireMatch(op, right, on)
    return new Vector({ kind: "binary", op, left: this.node, right: right.node, ...(on && { on }) }, this.labels)
  }

  /** Two vectors with different labels match nothing, and Prometheus does not report it. */
  private requireMatch(op: BinaryOp, right: Vector<string>, on: ReadonlyArray<string> | undefined): void {
    const left: ReadonlySet<string> = new Set(on ?? this.labels)
    const other = on === undefined ? right.labels : on.filter((name) => right.labels.includes(name))
    if (left.size !== other.length || other.some((name) => !left.has(name))) {
      throw new Error(
        `"${op}" between series by (${this.labels.join(", ")}) and by (${right.labels.join(", ")}) matches nothing`
      )
    }
  }
}
