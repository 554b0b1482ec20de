/**
 * An expression that yields an instant vector, with the labels that its series have: grouping by, matching on or
 * naming a label that is not there does not compile. It is made from rows of the catalogue by `select.ts`.
 */
import { type AggregateOp, type BinaryOp, type Node, print } from "./node.ts"

/** What a vector is compared or calculated with. */
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

  /** What is here, and, for label sets that are not, what is there. */
  or(right: Vector<L>): Vector<L> {
    return this.binary("or", right)
  }

  /** What is here for which there is something there, of equal labels. */
  and(right: Vector<L>): Vector<L> {
    return this.binary("and", right)
  }

  /** What is here for which there is nothing there, of equal labels. */
  unless(right: Vector<L>): Vector<L> {
    return this.binary("unless", right)
  }

  /** What is here for which there is something there, compared on some labels only. */
  andOn<M extends string>(on: ReadonlyArray<L & M>, right: Vector<M>): Vector<L> {
    return this.binary("and", right, on)
  }

  /** What is here, 0 for the label sets that are only there: so that what never happened counts as nothing. */
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

  /** Two vectors with different labels match nothing, without a word from Prometheus. */
  private requireMatch(op: BinaryOp, right: Vector<string>, on: ReadonlyArray<string> | undefined): void {
    const left: ReadonlySet<string> = new Set(on ?? this.labels)
    const other = on === undefined ? right.labels : on.filter((name) => right.labels.includes(name))
    if (left.size !== other.length || other.some((name) => !left.has(name))) {
      throw new Error(
        `"${op}" of series by (${this.labels.join(", ")}) and by (${right.labels.join(", ")}) matches none`
      )
    }
  }
}
