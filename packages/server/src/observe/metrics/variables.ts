/** What OpenTelemetry's variables say of histograms, where no option and no row does. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ExemplarFilter } from "../catalogue/exemplar.ts"
import { clean } from "../catalogue/label.ts"
import type { HistogramKind } from "../catalogue/row.ts"
import { DefinitionError } from "../instrument/definition-error.ts"
import { exemplarOption } from "../instrument/histogram-options.ts"

/** What a variable names; undefined where it is unset or empty. */
const named = <A>(
  variable: string,
  reason: DefinitionError["reason"],
  values: ReadonlyMap<string, A>
): Effect.Effect<A | undefined, DefinitionError> =>
  Effect.gen(function* () {
    const found = yield* Effect.orElseSucceed(Config.option(Config.string(variable)), () => Option.none<string>())
    const text = Option.getOrElse(found, () => "").trim()
    const value = values.get(text.toLowerCase())
    return value !== undefined || text === ""
      ? value
      : yield* new DefinitionError({
          reason,
          metric: variable,
          given: `"${clean(text)}"`,
          expected: Array.from(values.keys()).join(" or "),
          fix: "Correct the variable, or unset it"
        })
  })

/** How histograms go out over OTLP. */
export const defaultHistogram: Effect.Effect<HistogramKind | undefined, DefinitionError> = named(
  "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
  "Histogram",
  new Map([
    ["explicit_bucket_histogram", "explicit"],
    ["base2_exponential_bucket_histogram", "exponential"]
  ])
)

/** Which values become exemplars. */
export const defaultExemplars: Effect.Effect<ExemplarFilter | undefined, DefinitionError> = named(
  "OTEL_METRICS_EXEMPLAR_FILTER",
  "Exemplars",
  new Map(exemplarOption.words.map((word) => [word, word]))
)
