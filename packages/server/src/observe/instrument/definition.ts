/** What makes a row a good definition, and when two of them are in each other's way. */
import * as Either from "effect/Either"
import * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricRegistry from "effect/MetricRegistry"
import { attempt } from "../catalogue/attempt.ts"
import { boundariesProblem } from "../catalogue/boundaries.ts"
import { otlpName } from "../catalogue/conventional.ts"
import type { ExemplarFilter } from "../catalogue/exemplar.ts"
import { type HistogramKind, labelNameProblem, metricNameProblem, type Row, unitProblem } from "../catalogue/row.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import type { Decided } from "./decided.ts"
import type { Instrument } from "./instrument.ts"
import { histogramOption, wordProblem } from "./histogram-options.ts"
import { conventionProblem } from "./convention-problem.ts"
import { entries } from "./registry.ts"
import { DefinitionError } from "./definition-error.ts"

/** Name, unit and label names are legal, and what is said of labels and boundaries can be. */
export const checkRow = (row: Row): Either.Either<void, DefinitionError> => {
  if (!Array.isArray(row.labels)) {
    return Either.left(
      new DefinitionError({
        reason: "Label",
        metric: row.name,
        given: `labels of ${typeof row.labels}`,
        expected: "a list of label names, which may be empty",
        fix: `Add labels to the row of "${row.name}"`
      })
    )
  }
  const problem = (
    reason: DefinitionError["reason"],
    given: string,
    expected: string | undefined
  ): DefinitionError | undefined =>
    expected === undefined
      ? undefined
      : new DefinitionError({
          reason,
          metric: row.name,
          given: `"${given}"`,
          expected,
          fix: `Change it in the row of "${row.name}"`
        })
  const convention = conventionProblem(row)
  const error =
    (convention && problem(convention.reason, convention.given, convention.expected)) ??
    problem("Unit", row.unit, unitProblem(row.unit, row.convention)) ??
    problem("Name", row.name, metricNameProblem(row)) ??
    problem("Boundaries", wordsOf(row.boundaries), misplaced(row, "boundaries")) ??
    problem("Histogram", wordsOf(row.histogram), misplaced(row, "histogram")) ??
    problem("Histogram", wordsOf(row.histogram), wordProblem(histogramOption, row.histogram)) ??
    row.labels
      .map((name, index) => problem("Label", name, labelNameProblem(name) ?? repeated(row, name, index)))
      .find((found) => found !== undefined) ??
    Object.keys(row.closed ?? {})
      .map((name) => problem("Label", name, row.labels.includes(name) ? undefined : `one of ${row.labels.join(", ")}`))
      .find((found) => found !== undefined)
  return error === undefined ? Either.void : Either.left(error)
}

const misplaced = (row: Row, property: "boundaries" | "histogram"): string | undefined =>
  row[property] === undefined || row.kind === "histogram" ? undefined : `${property} of a histogram only`

const repeated = ({ labels }: Row, name: string, index: number): string | undefined =>
  labels.indexOf(name) === index ? undefined : "each label once"

/** The boundaries as they were given, if they can sort values. */
export const checkBoundaries = (
  metric: string,
  given: ReadonlyArray<number>
): Either.Either<ReadonlyArray<number>, DefinitionError> => {
  const expected = boundariesProblem(given)
  return expected === undefined
    ? Either.right(given)
    : Either.left(
        new DefinitionError({
          reason: "Boundaries",
          metric,
          given: Array.isArray(given) ? `[${given.map(wordsOf).join(", ")}]` : wordsOf(given),
          expected,
          fix: "Sort the boundaries, remove repeated ones and those that are not finite"
        })
      )
}

/** Labels that are bound are declared by the metric. */
export const checkLabels = (row: Row, names: ReadonlyArray<string>): Either.Either<void, DefinitionError> => {
  const undeclared = names.find((name) => !row.labels.includes(name))
  return undeclared === undefined
    ? Either.void
    : Either.left(
        new DefinitionError({
          reason: "Label",
          metric: row.name,
          given: `the label "${undeclared}"`,
          expected: row.labels.length === 0 ? "no label" : `one of ${row.labels.join(", ")}`,
          fix: "Leave the label out, or declare it in the metric's row"
        })
      )
}

/** What a new definition wants of a histogram. */
interface Wanted {
  readonly boundaries: ReadonlyArray<number> | undefined
  readonly histogram: HistogramKind | undefined
  readonly exemplars: ExemplarFilter | undefined
}

/** An existing instrument and a new definition of the same name mean the same. */
export const conflictWith = (
  existing: Instrument,
  row: Row,
  { boundaries, exemplars = existing.exemplars, histogram = existing.histogram }: Wanted
): Either.Either<void, DefinitionError> => {
  const was = describe(existing.row, existing)
  const is = describe(row, { boundaries, exemplars, histogram })
  return was === is ? Either.void : Either.left(conflict(row, is, was))
}

/** No metric that somebody else put into the registry has this name and another type. */
export const externalConflict = (
  registry: MetricRegistry.MetricRegistry,
  row: Row
): Either.Either<void, DefinitionError> => {
  const isTaken = attempt(() => {
    for (const { key } of entries(registry)) {
      if (key.name === row.name && !sameType(key.keyType, row)) {
        return true
      }
    }
    return false
  })
  return isTaken === true
    ? Either.left(conflict(row, `a ${row.kind}`, "an external metric of another kind in the same registry"))
    : Either.void
}

/** No metric takes a name that another has on OTLP, or that a histogram has for its count, its sum or its buckets. */
export const nameConflict = (defined: Iterable<Instrument>, row: Row): Either.Either<void, DefinitionError> => {
  for (const { row: other } of defined) {
    if (isPartOf(row, other) || isPartOf(other, row)) {
      return Either.left(conflict(row, `a ${row.kind}`, `a part of the histogram beside "${other.name}"`))
    }
    if (otlpName(other) === otlpName(row)) {
      return Either.left(conflict(row, `"${otlpName(row)}" on OTLP`, `that of "${other.name}" on OTLP`))
    }
  }
  return Either.void
}

const isPartOf = (part: Row, whole: Row): boolean =>
  whole.kind === "histogram" && ["_bucket", "_count", "_sum"].some((suffix) => part.name === whole.name + suffix)

const conflict = (row: Row, given: string, was: string): DefinitionError =>
  new DefinitionError({
    reason: "Conflict",
    metric: row.name,
    given,
    expected: `the definition that this name has already: ${was}`,
    fix: "Give one of the two another name, or its own registry with MetricsService.layer({ registry })"
  })

const describe = (row: Row, { boundaries, exemplars, histogram }: Omit<Decided, "limit" | "row">): string =>
  `a ${row.kind} of ${row.unit}, labels [${Array.from(row.labels).sort().join(", ")}]` +
  (row.convention === undefined ? "" : `, "${row.convention.name}" on OTLP`) +
  (boundaries === undefined ? "" : `, ${histogram}, exemplars ${exemplars}, boundaries [${boundaries.join(", ")}]`)

const sameType = (keyType: unknown, row: Row): boolean => {
  switch (row.kind) {
    case "counter":
      return MetricKeyType.isCounterKey(keyType)
    case "histogram":
      return MetricKeyType.isHistogramKey(keyType)
    case "gauge":
    case "upDownCounter":
      return MetricKeyType.isGaugeKey(keyType)
  }
}
