/** Which histograms go out as exponential ones over OTLP. */
import * as Either from "effect/Either"
import type { HistogramKind, Row } from "../catalogue/row.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import { DefinitionError } from "./definition-error.ts"

/** How histograms go out over OTLP: all of them, and single ones by name. */
export interface HistogramOptions {
  /** Of every histogram that neither `metrics` nor its row has one for: `explicit` unless given. */
  readonly default?: HistogramKind | undefined
  /** Of single metrics, by metric name. */
  readonly metrics?: Readonly<Record<string, HistogramKind>> | undefined
}

/** What a kind has to be, where it is none. */
export const histogramProblem = (given: string | undefined): string | undefined =>
  given === undefined || histogramKinds.has(given) ? undefined : Array.from(histogramKinds).join(" or ")

const histogramKinds: ReadonlySet<string> = new Set<HistogramKind>(["explicit", "exponential"])

/** A kind is one that there is. */
export const checkHistogram = (metric: string, given: string | undefined): Either.Either<void, DefinitionError> => {
  const expected = histogramProblem(given)
  return expected === undefined
    ? Either.void
    : Either.left(
        new DefinitionError({
          reason: "Histogram",
          metric,
          given: `"${wordsOf(given)}"`,
          expected,
          fix: "Correct it, or omit it"
        })
      )
}

/** How a histogram is wanted to go out; undefined where nobody says. */
export const histogramOf = (
  row: Row,
  { default: all, metrics = {} }: HistogramOptions = {}
): Either.Either<HistogramKind | undefined, DefinitionError> => {
  const named = Object.hasOwn(metrics, row.name) ? metrics[row.name] : undefined
  if (row.kind === "histogram") {
    return Either.right(named ?? row.histogram ?? all)
  }
  return named === undefined
    ? Either.right(undefined)
    : Either.left(
        new DefinitionError({
          reason: "Histogram",
          metric: row.name,
          given: `"${wordsOf(named)}" of a ${row.kind}`,
          expected: "the name of a histogram",
          fix: "Omit it"
        })
      )
}
