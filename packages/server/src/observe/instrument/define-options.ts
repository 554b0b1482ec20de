/** The options of metrics: what they have to be, and what they say of a row. */
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import { type BoundaryFamily, boundaries as families } from "../catalogue/boundaries.ts"
import type { Row } from "../catalogue/row.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import { checkBoundaries } from "./definition.ts"
import { DefinitionError } from "./definition-error.ts"
import {
  checkWord,
  type ExemplarOptions,
  exemplarOption,
  type HistogramOption,
  type HistogramOptions,
  histogramOption,
  wordOf
} from "./histogram-options.ts"
import { misspelt } from "./misspelt.ts"

/** How many series a metric may have, the overflow series included: for all metrics, and for single ones by name. */
export interface LimitOptions {
  /** The limit of every metric that `metrics` does not name; 2,000 series unless given. */
  readonly default?: number | undefined
  /** Limits of single metrics, by metric name. */
  readonly metrics?: Readonly<Record<string, number>> | undefined
}

/** Replacements of the default boundaries, by family. */
export type BoundaryOptions = { readonly [F in BoundaryFamily]?: ReadonlyArray<number> | undefined }

/** How to define a row. */
export interface DefineOptions {
  /**
   * Bucket boundaries by family, instead of those of `MetricsService.boundaries`; in seconds, for `attempts` a count.
   */
  readonly boundaries?: BoundaryOptions | undefined
  /** The most series that a metric may have. */
  readonly limits?: LimitOptions | undefined
  /** How histograms go out over OTLP. */
  readonly histograms?: HistogramOptions | undefined
  /** Which values of histograms become exemplars. */
  readonly exemplars?: ExemplarOptions | undefined
}

/** Options name families and metrics that there are, and their boundaries can sort values. */
export const checkOptions = ({
  boundaries = {},
  exemplars,
  histograms,
  limits
}: DefineOptions): Either.Either<void, DefinitionError> =>
  Either.gen(function* () {
    yield* checkObject("Boundaries", "boundaries", boundaries)
    yield* checkObject("Limit", "limits", limits)
    yield* checkObject("Limit", "limits.metrics", limits?.metrics)
    for (const [family, given] of Object.entries(boundaries)) {
      yield* checkFamily(family)
      if (given !== undefined) {
        yield* checkBoundaries(`boundaries.${family}`, given)
      }
    }
    yield* checkNames("Limit", limits)
    yield* checkHistograms(histogramOption, "histograms", histograms)
    yield* checkHistograms(exemplarOption, "exemplars", exemplars)
  })

const checkHistograms = (
  option: HistogramOption,
  name: string,
  options: HistogramOptions | ExemplarOptions | undefined
): Either.Either<void, DefinitionError> =>
  Either.gen(function* () {
    yield* checkObject(option.reason, name, options)
    yield* checkObject(option.reason, `${name}.metrics`, options?.metrics)
    yield* checkNames(option.reason, options)
    for (const [metric, given] of Object.entries({ [`${name}.default`]: options?.default, ...options?.metrics })) {
      yield* checkWord(option, metric, given)
    }
  })

// A program in JavaScript may give what has none of the properties that are read.
const checkObject = (
  reason: DefinitionError["reason"],
  metric: string,
  given: unknown
): Either.Either<void, DefinitionError> =>
  given === undefined || Predicate.isReadonlyRecord(given)
    ? Either.void
    : Either.left(
        new DefinitionError({
          reason,
          metric,
          given: wordsOf(given),
          expected: "an object",
          fix: "Correct it, or omit it"
        })
      )

// Other names may be of metrics that are defined later.
const checkNames = (
  reason: DefinitionError["reason"],
  options: LimitOptions | HistogramOptions | ExemplarOptions | undefined
): Either.Either<void, DefinitionError> =>
  Either.gen(function* () {
    for (const name of Object.keys(options?.metrics ?? {})) {
      const meant = misspelt(name)
      if (meant !== undefined) {
        yield* Either.left(
          new DefinitionError({
            reason,
            metric: name,
            given: "a name that the catalogue does not have",
            expected: meant,
            fix: "Correct the name, or omit it"
          })
        )
      }
    }
  })

/** A family is one of ours. */
const checkFamily = (family: string): Either.Either<void, DefinitionError> =>
  Object.hasOwn(families, family)
    ? Either.void
    : Either.left(
        new DefinitionError({
          reason: "Boundaries",
          metric: `boundaries.${family}`,
          given: `the family "${family}"`,
          expected: `one of ${Object.keys(families).join(", ")}`,
          fix: "Correct its name, or omit it"
        })
      )

/** The boundaries of a histogram. */
export const boundariesOf = (
  row: Row,
  options: DefineOptions
): Either.Either<ReadonlyArray<number>, DefinitionError> => {
  const given = row.boundaries ?? "jobs"
  if (typeof given !== "string") {
    return checkBoundaries(row.name, given)
  }
  return Either.flatMap(checkFamily(given), () =>
    checkBoundaries(row.name, options.boundaries?.[given] ?? families[given])
  )
}

/** What is wanted of a histogram besides its boundaries; undefined where nobody says. */
export const histogramOf = (row: Row, { exemplars, histograms }: DefineOptions) =>
  Either.all({
    histogram: Either.map(
      wordOf(histogramOption, row, histograms),
      (named) => named ?? (row.kind === "histogram" ? (row.histogram ?? histograms?.default) : undefined)
    ),
    exemplars: Either.map(
      wordOf(exemplarOption, row, exemplars),
      (named) => named ?? (row.kind === "histogram" ? exemplars?.default : undefined)
    )
  })

/** The limit that options give to a metric; undefined where they give none. */
export const limitOf = (row: Row, limits: LimitOptions = {}): Either.Either<number | undefined, DefinitionError> => {
  const { metrics = {} } = limits
  const limit = (Object.hasOwn(metrics, row.name) ? metrics[row.name] : undefined) ?? limits.default
  return limit === undefined || (Number.isInteger(limit) && limit >= 2)
    ? Either.right(limit)
    : Either.left(
        new DefinitionError({
          reason: "Limit",
          metric: row.name,
          given: wordsOf(limit),
          expected: "a whole number of at least 2: one series and the overflow series",
          fix: "Raise the limit"
        })
      )
}
