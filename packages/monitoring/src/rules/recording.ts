/** A recording rule: an expression that Prometheus evaluates all the time and keeps under a name of its own. */
import { Gauges, type Match, selector } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"

/** A recorded number. */
export interface Recording<L extends string = string> {
  /** `level:metric:operation`, as Prometheus' own guide names them. */
  readonly name: string
  /** What the number is, for the reference. */
  readonly help: string
  readonly expression: Vector<L>
}

/** Defines a recording rule. */
export const record = <L extends string>(name: string, help: string, expression: Vector<L>): Recording<L> => ({
  name,
  help,
  expression
})

/** The series that a recording rule keeps. */
export const recorded = <L extends string>(
  { expression, name }: Recording<L>,
  matchers?: { readonly [K in NoInfer<L>]?: string | Match<string> }
): Gauges<L> => new Gauges(selector(name, matchers), expression.labels)
