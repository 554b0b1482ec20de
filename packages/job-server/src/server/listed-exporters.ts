/**
 * What `OTEL_METRICS_EXPORTER` and its siblings list. `console` is never among it: it would write into the output of the
 * demo, and into that by which a runner says that it is ready.
 */
import { OptionsError } from "@parametric-portal/server/observe/telemetry"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"

/** The exporters in this variable, or an error that names those that are known. */
export const listedExporters = (
  variable: string,
  known: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, OptionsError> =>
  Effect.gen(function* () {
    const given = yield* Effect.orElseSucceed(Config.string(variable), () => "")
    const listed = given
      .toLowerCase()
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== "")
    if (listed.some((one) => !known.includes(one))) {
      return yield* OptionsError.of({
        option: variable,
        given: JSON.stringify(given),
        expected: `${known.slice(0, -1).join(", ")} or ${known.at(-1)}`
      })
    }
    return listed
  })
