/** What options say of histograms: for all, and for single ones by name. */
import * as Either from "effect/Either"
import type { ExemplarFilter } from "../catalogue/exemplar.ts"
import type { HistogramKind, Row } from "../catalogue/row.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import { DefinitionError } from "./definition-error.ts"

/** How histograms go out over OTLP. */
export interface HistogramOptions {
  /** Of every histogram that neither `metrics` nor its row has one for: `explicit` unless given. */
  readonly default?: HistogramKind | undefined
  /** Of single metrics, by metric name. */
  readonly metrics?: Readonly<Record<string, HistogramKind>> | undefined
}

/** Which values of histograms become exemplars. */
export interface ExemplarOptions {
  /** Of every histogram that `metrics` has none for: `trace_based` unless given. */
  readonly default?: ExemplarFilter | undefined
  /** Of single metrics, by metric name. */
  readonly metrics?: Readonly<Record<string, ExemplarFilter>> | undefined
}

/** An option by the words that it has. */
export interface HistogramOption<Word extends string = string> {
  readonly reason: "Histogram" | "Exemplars"
  readonly words: ReadonlyArray<Word>
}

export const histogramOption: HistogramOption<HistogramKind> = {
  reason: "Histogram",
  words: ["explicit", "exponential"]
}

export const exemplarOption: HistogramOption<ExemplarFilter> = {
  reason: "Exemplars",
  words: ["trace_based", "always_on", "always_off"]
}

/** What a word has to be, where it is none of an option. */
export const wordProblem = ({ words }: HistogramOption, given: string | undefined): string | undefined =>
  given === undefined || words.includes(given) ? undefined : words.join(" or ")

/** A word is one of the option's. */
export const checkWord = (
  option: HistogramOption,
  metric: string,
  given: string | undefined
): Either.Either<void, DefinitionError> => {
  const expected = wordProblem(option, given)
  return expected === undefined
    ? Either.void
    : Either.left(
        new DefinitionError({
          reason: option.reason,
          metric,
          given: `"${wordsOf(given)}"`,
          expected,
          fix: "Correct it, or omit it"
        })
      )
}

/** What options say of a histogram by its name. */
export const wordOf = <Word extends string>(
  { reason }: HistogramOption<Word>,
  row: Row,
  { metrics = {} }: { readonly metrics?: Readonly<Record<string, Word>> | undefined } = {}
): Either.Either<Word | undefined, DefinitionError> => {
  const named = Object.hasOwn(metrics, row.name) ? metrics[row.name] : undefined
  return row.kind === "histogram" || named === undefined
    ? Either.right(named)
    : Either.left(
        new DefinitionError({
          reason,
          metric: row.name,
          given: `"${wordsOf(named)}" of a ${row.kind}`,
          expected: "the name of a histogram",
          fix: "Omit it"
        })
      )
}
