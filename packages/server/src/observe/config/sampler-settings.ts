/** Which traces are recorded, from options and variables. */
import * as Effect from "effect/Effect"
import { OptionsError } from "../instrument/options-error.ts"
import { oneOf } from "./format.ts"
import type { TracesOptions } from "./options.ts"
import { type Format, variable } from "./variable.ts"

/** The samplers of OpenTelemetry's specification; `ratio` is for those of a ratio. */
export interface SamplerSettings {
  readonly sampler: NonNullable<TracesOptions["sampler"]>
  readonly ratio: number
}

const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio"
] as const satisfies ReadonlyArray<TracesOptions["sampler"]>

/** Both variables are checked, also where an option overrides them. */
export const samplerSettings = (options: TracesOptions): Effect.Effect<SamplerSettings, OptionsError> =>
  Effect.gen(function* () {
    const named = yield* variable(["OTEL_TRACES_SAMPLER"], oneOf(...samplers))
    const argument = yield* variable(["OTEL_TRACES_SAMPLER_ARG"], fraction)
    const given = options.samplerRatio
    if (given !== undefined && !isFraction(given)) {
      return yield* OptionsError.of({
        option: "samplerRatio of traces",
        given: `"${given}"`,
        expected: fraction.expected
      })
    }
    const unnamed = given === undefined ? "parentbased_always_on" : "parentbased_traceidratio"
    return { sampler: options.sampler ?? named?.value ?? unnamed, ratio: given ?? argument?.value ?? 1 }
  })

const isFraction = (value: number): boolean => value >= 0 && value <= 1

const fraction: Format<number> = {
  expected: "a number from 0 to 1",
  parse: (text) => (/^\d*\.?\d+(?:e-?\d+)?$/i.test(text) && isFraction(Number(text)) ? Number(text) : undefined)
}
