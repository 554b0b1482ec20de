/**
 * From a row of the catalogue to the series that Prometheus stores for it. The names of metrics and labels come from
 * the row, label values from its closed sets: a name or value that is not there does not compile.
 */
import type { labelValues, Row } from "@parametric-portal/server/observe/catalogue"
import type { Matcher, Selector } from "./node.ts"
import { Vector } from "./vector.ts"

/** The labels that Prometheus adds to every series: the service, and its process. */
export type TargetLabel = "job" | "instance"

/** How far back a selector reads. Grafana fits `$__rate_interval` to the width of a panel. */
export type Range = `${number}${"s" | "m" | "h" | "d"}` | "$__rate_interval"

/** A matcher other than equality. */
export interface Match<Value extends string> {
  readonly operator: "=" | "!=" | "=~" | "!~"
  readonly values: ReadonlyArray<Value>
}

/** One of these values. */
export const oneOf = <const V extends string>(...values: ReadonlyArray<V>): Match<V> => ({ operator: "=~", values })

/** None of these values. */
export const noneOf = <const V extends string>(...values: ReadonlyArray<V>): Match<V> => ({ operator: "!~", values })

type LabelOf<R extends Row> = R["labels"][number]

type ClosedOf<R extends Row> = R extends { readonly closed: infer C } ? C : unknown

/** The sets of the namespace that begins the name of the row. */
type NamespaceSetsOf<R extends Row> = R["name"] extends `${infer N extends keyof typeof labelValues}_${string}`
  ? (typeof labelValues)[N]
  : unknown

type SetOf<Sets, K extends string> = Sets extends { readonly [X in K]: ReadonlyArray<infer V extends string> }
  ? V
  : string

/** The values of a label: a closed set of the row, else one of its namespace, else any. */
type ValueOf<R extends Row, K extends string> =
  string extends SetOf<ClosedOf<R>, K> ? SetOf<NamespaceSetsOf<R>, K> : SetOf<ClosedOf<R>, K>

/** The matchers that fit a row. */
export type Matchers<R extends Row> = { readonly [K in LabelOf<R>]?: ValueOf<R, K> | Match<ValueOf<R, K>> } & {
  readonly [K in TargetLabel]?: string | Match<string>
}

type AnyMatchers = Readonly<Record<string, string | Match<string> | undefined>>

type RowOf<K extends Row["kind"]> = Row & { readonly kind: K }

/** The stored series of one metric, now or some time ago. */
export class Series<L extends string> extends Vector<L> {
  private readonly selector: Selector

  constructor(selector: Selector, labels: ReadonlyArray<L>) {
    super(selector, labels)
    this.selector = selector
  }

  /** The series that long ago. */
  offset(range: Range): Vector<L> {
    return new Vector({ ...this.selector, offset: range }, this.labels)
  }

  protected over(name: string, range: Range): Vector<L> {
    return new Vector({ kind: "call", name, args: [{ ...this.selector, range }] }, this.labels)
  }
}

/** Series that only grow: counters, and buckets, counts and sums of histograms. */
export class Counters<L extends string> extends Series<L> {
  /** Growth per second. */
  rate(range: Range): Vector<L> {
    return this.over("rate", range)
  }

  /** Growth over the range, without the first value of a new series: see `grown.ts`. */
  increase(range: Range): Vector<L> {
    return this.over("increase", range)
  }
}

/** Series that go up and down. */
export class Gauges<L extends string> extends Series<L> {
  maxOver(range: Range): Vector<L> {
    return this.over("max_over_time", range)
  }

  minOver(range: Range): Vector<L> {
    return this.over("min_over_time", range)
  }

  lastOver(range: Range): Vector<L> {
    return this.over("last_over_time", range)
  }
}

/** The series of a counter. */
export const counter = <R extends RowOf<"counter">>(
  row: R,
  matchers?: Matchers<R>
): Counters<LabelOf<R> | TargetLabel> => new Counters(selector(row.name, matchers), labelsOf(row))

/** The series of a gauge, sampled or counted up and down. */
export const gauge = <R extends RowOf<"gauge" | "upDownCounter">>(
  row: R,
  matchers?: Matchers<R>
): Gauges<LabelOf<R> | TargetLabel> => new Gauges(selector(row.name, matchers), labelsOf(row))

/** The number of values in a histogram. */
export const observations = <R extends RowOf<"histogram">>(
  row: R,
  matchers?: Matchers<R>
): Counters<LabelOf<R> | TargetLabel> => new Counters(selector(`${row.name}_count`, matchers), labelsOf(row))

/** The sum of the values in a histogram. */
export const amounts = <R extends RowOf<"histogram">>(
  row: R,
  matchers?: Matchers<R>
): Counters<LabelOf<R> | TargetLabel> => new Counters(selector(`${row.name}_sum`, matchers), labelsOf(row))

/** The number of values in a histogram that are at most `le`. */
export const buckets = <R extends RowOf<"histogram">>(
  row: R,
  matchers?: Matchers<R>
): Counters<LabelOf<R> | TargetLabel | "le"> =>
  new Counters(selector(`${row.name}_bucket`, matchers), [...labelsOf(row), "le"])

/** A quantile, from growth by bucket; the vector must have the label `le`. */
export const quantile = <L extends string>(phi: number, growth: Vector<L | "le">): Vector<Exclude<L, "le">> =>
  new Vector(
    { kind: "call", name: "histogram_quantile", args: [{ kind: "text", text: String(phi) }, growth.node] },
    growth.labels.filter((name): name is Exclude<L, "le"> => name !== "le")
  )

/**
 * One value per group, for any number of runners. A metric of scope `cluster` is reported by one runner for all, so the
 * largest counts while two overlap; one of scope `runner` is added up.
 */
export const across = <
  R extends RowOf<"gauge" | "upDownCounter">,
  const By extends ReadonlyArray<LabelOf<R> | TargetLabel>
>(
  row: R,
  by: By,
  matchers?: Matchers<R>
): Vector<By[number]> =>
  row.scope === "cluster" ? gauge(row, matchers).maxBy(...by) : gauge(row, matchers).sumBy(...by)

/** Seconds since the time that each series holds. */
export const secondsSince = <L extends string>(timestamps: Vector<L>): Vector<L> =>
  new Vector(
    { kind: "binary", op: "-", left: { kind: "text", text: "time()" }, right: timestamps.node },
    timestamps.labels
  )

/** The selector of a name with matchers. */
export const selector = (metric: string, matchers: AnyMatchers = {}): Selector => ({
  kind: "selector",
  metric,
  matchers: Object.entries(matchers).flatMap(([label, match]) => (match === undefined ? [] : [matcher(label, match)]))
})

const matcher = (label: string, match: string | Match<string>): Matcher => {
  if (typeof match === "string") {
    return { label, operator: match.startsWith("$") ? "=~" : "=", value: match }
  }
  const { operator, values } = match
  const isPattern = operator === "=~" || operator === "!~"
  return { label, operator, value: values.map((value) => (isPattern ? escape(value) : value)).join("|") }
}

const escape = (value: string): string => value.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")

const labelsOf = <R extends Row>(row: R): ReadonlyArray<LabelOf<R> | TargetLabel> => [
  "job",
  "instance",
  ...narrowed<R>(row.labels)
]

const narrowed = <R extends Row>(labels: R["labels"]): ReadonlyArray<LabelOf<R>> => labels
