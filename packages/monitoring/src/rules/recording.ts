/** A recording rule: an expression that Prometheus evaluates regularly and stores under a name. */
import { Gauges, type Match, selector } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"
import type { Settings } from "../settings.ts"

/** A recording rule. */
export interface Recording<L extends string = string> {
  /** `level:metric:operation`, as Prometheus recommends. */
  readonly name: string
  /** What it measures, for the reference. */
  readonly help: string
  /** The labels of its series. */
  readonly labels: ReadonlyArray<L>
  readonly expression: (settings: Settings) => Vector<L>
}

/** Defines a recording rule. */
export const record = <L extends string>(name: string, help: string, expression: Vector<L>): Recording<L> => ({
  name,
  help,
  labels: expression.labels,
  expression: () => expression
})

/** The series that a recording rule stores. */
export const recorded = <L extends string>(
  { labels, name }: Pick<Recording<L>, "labels" | "name">,
  matchers?: { readonly [K in NoInfer<L>]?: string | Match<string> }
): Gauges<L> => new Gauges(selector(name, matchers), labels)
