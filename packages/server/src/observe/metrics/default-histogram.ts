/** How histograms go out where no option and no row says: what OpenTelemetry's variable asks for. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { clean } from "../catalogue/label.ts"
import type { HistogramKind } from "../catalogue/row.ts"
import { DefinitionError } from "../instrument/definition-error.ts"

const variable = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION"

const kinds: ReadonlyMap<string, HistogramKind> = new Map([
  ["explicit_bucket_histogram", "explicit"],
  ["base2_exponential_bucket_histogram", "exponential"]
])

/** The kind that the variable names; undefined where it is unset or empty. */
export const defaultHistogram: Effect.Effect<HistogramKind | undefined, DefinitionError> = Effect.gen(function* () {
  const found = yield* Effect.orElseSucceed(Config.option(Config.string(variable)), () => Option.none<string>())
  const text = Option.getOrElse(found, () => "").trim()
  const kind = kinds.get(text.toLowerCase())
  return kind !== undefined || text === ""
    ? kind
    : yield* new DefinitionError({
        reason: "Histogram",
        metric: variable,
        given: `"${clean(text)}"`,
        expected: Array.from(kinds.keys()).join(" or "),
        fix: "Correct the variable, or unset it"
      })
})
