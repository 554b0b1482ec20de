/** The shape of a catalogue row, and the rules for the words in it. */
import type { BoundaryFamily } from "./boundaries.ts"
import type { Convention } from "./convention.ts"
import { reservedLabelNames } from "./label.ts"

/**
 * - `counter` (C): monotonic, only ever added to
 * - `gauge` (G): sampled, set to what a source says
 * - `upDownCounter` (U): counted up and down, back to zero when nothing is going on
 * - `histogram` (H): a distribution; of durations when its unit is `s`, of counts otherwise
 */
export type Kind = "counter" | "gauge" | "upDownCounter" | "histogram"

/**
 * How values of several runners go together: `runner` values are added up; a `cluster` value is written by one runner
 * for all of them, and the largest is taken while two overlap.
 */
export type Scope = "runner" | "cluster"

/**
 * How a histogram goes out over OTLP: with the counts of buckets between `boundaries`, or of base-2 exponential ones, for which
 * nobody has to know the range of the values. Prometheus scrapes the former either way.
 */
export type HistogramKind = "explicit" | "exponential"

/** One metric. Names fixed by the mission carry `stable`: handle, name, kind and label names are API. */
export interface Row<Label extends string = string> {
  /** The name: unit and `_total` are part of it. It is the same on every wire, unless OTLP has that of a `convention`. */
  readonly name: string
  /** The kind of metric: counter, up-down counter, gauge or histogram. */
  readonly kind: Kind
  /** UCUM: `s`, `By`, or an annotation such as `{job}` for a count; `1` only of a `convention`. */
  readonly unit: string
  /** The label names: few, with few values each, never an id. */
  readonly labels: ReadonlyArray<Label>
  /** When it moves, in one sentence; the description on the wire. */
  readonly help: string
  /** What it does not count, for the reference. */
  readonly excludes?: string
  /** How to combine the values of several runners; `runner` unless given. */
  readonly scope?: Scope
  /** Its source has counted since the process began, and so its series start then. */
  readonly since?: "process"
  /** Handle, name, kind and label names are fixed. */
  readonly stable?: true
  /** Histograms only: a family of `boundaries`, or own numbers. */
  readonly boundaries?: BoundaryFamily | ReadonlyArray<number>
  /** Histograms only: how it goes out over OTLP, unless the options of `MetricsService` say otherwise. */
  readonly histogram?: HistogramKind
  /** Labels whose values are a closed set; a metric whose labels are all closed is exported as 0 from the start. */
  readonly closed?: { readonly [K in Label]?: ReadonlyArray<string> }
  /** Its name and those of its labels on OTLP, where OpenTelemetry's semantic conventions define the metric. */
  readonly convention?: Convention
}

/** The limit of series of a metric for which none is given, as OpenTelemetry's SDKs have it. */
export const defaultLimit = 2000

/** A namespace: handle -> row. */
export type Rows = Readonly<Record<string, Row>>

const legalName = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/
const legalUnit = /^(s|By|Cel|%|\{[a-z][a-z_]*\}|By\/s|\{[a-z][a-z_]*\}\/s)$/

/** Why a label name can't be used, or nothing. */
export const labelNameProblem = (name: string): string | undefined =>
  reservedLabelNames.has(name)
    ? `a label name other than ${Array.from(reservedLabelNames).join(", ")}`
    : legalName.test(name)
      ? undefined
      : "a label name in lower_snake_case that begins with a letter"

/** Why a metric name can't be used, or nothing. A counter ends in `_total`, a duration in `_seconds`, bytes in `_bytes`. */
export const metricNameProblem = ({ kind, name, unit }: Pick<Row, "name" | "kind" | "unit">): string | undefined => {
  if (!legalName.test(name)) {
    return "a name in lower_snake_case that begins with a letter"
  }
  if ((kind === "counter") !== name.endsWith("_total")) {
    return kind === "counter" ? "a counter's name that ends in _total" : "no _total at the end: only counters have it"
  }
  const stem = name.replace(/_total$/, "")
  if ((unit === "s") !== stem.endsWith("_seconds")) {
    return unit === "s" ? "a name that ends in _seconds, as its unit is s" : "the unit s, as the name ends in _seconds"
  }
  if ((unit === "1") !== stem.endsWith("_ratio")) {
    return unit === "1"
      ? "a name that ends in _ratio, as its unit is 1"
      : "no _ratio at the end: only the unit 1 has it"
  }
  return (unit === "By") === stem.endsWith("_bytes") ? undefined : "_bytes at the end exactly when the unit is By"
}

/**
 * Why a unit can't be used, or nothing. `1` is refused where no convention asks for it: a Prometheus OTLP receiver renames
 * such a gauge to `…_ratio`.
 */
export const unitProblem = (unit: string, convention?: Convention): string | undefined =>
  legalUnit.test(unit) || (unit === "1" && convention !== undefined)
    ? undefined
    : "a UCUM unit: s, By, Cel, %, or an annotation such as {job} for a count, never 1"
