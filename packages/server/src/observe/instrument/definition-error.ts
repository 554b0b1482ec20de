/** The one error of definitions: what was given, what was expected, and how to fix it. */
import * as Data from "effect/Data"

/**
 * A metric can't be defined or bound as asked. Raised where a metric is defined or a layer is built, never while
 * recording.
 *
 * - `Boundaries`: not finite, not strictly increasing, or empty
 * - `Conflict`: the name, here or on OTLP, is taken by another kind, unit, label set or other boundaries in the same registry
 * - `Name`, `Unit`: not legal in Prometheus or not UCUM, or not the name of the row's convention
 * - `Label`: a label name that is not legal, not declared by the metric, or without an attribute of its own on OTLP
 * - `Histogram`: neither explicit nor exponential, or of a metric that is no histogram
 * - `Exemplars`: not a filter that there is, or of a metric that is no histogram
 * - `Limit`: a cardinality limit that is not a whole number of at least 2
 */
export class DefinitionError extends Data.TaggedError("MetricDefinitionError")<{
  readonly reason: "Boundaries" | "Conflict" | "Name" | "Unit" | "Label" | "Histogram" | "Exemplars" | "Limit"
  readonly metric: string
  readonly given: string
  readonly expected: string
  readonly fix: string
}> {
  /** The metric, what was given, what was expected, and how to fix it, in one line. */
  override get message(): string {
    return `${this.reason} of metric "${this.metric}": given ${this.given}; expected ${this.expected}. ${this.fix}.`
  }
}
