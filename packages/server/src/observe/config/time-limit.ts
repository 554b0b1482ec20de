/** Durations that settings give, and how they must fit together. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { wordsOf } from "../catalogue/thrown.ts"
import { milliseconds } from "./format.ts"
import { OptionsError } from "../instrument/options-error.ts"
import type { Variable } from "./variable.ts"

/** A duration given as an option, in milliseconds: finite, and at least one. */
export const durationOption = (
  name: string,
  given: Duration.DurationInput | undefined
): Effect.Effect<number | undefined, OptionsError> => {
  if (given === undefined) {
    return Effect.succeed(undefined)
  }
  const ms = Option.match(Duration.decodeUnknown(given), { onNone: () => Number.NaN, onSome: Duration.toMillis })
  return ms >= 1 && ms <= 2_147_483_647
    ? Effect.succeed(ms)
    : OptionsError.of({
        option: `${name} of Telemetry.layer`,
        given: `"${wordsOf(given)}"`,
        expected: milliseconds.expected
      })
}

/** A timeout that is longer than the interval would let exports pile up. */
export const notAbove = (
  timeout: Variable<number> | undefined,
  intervalMs: number
): Effect.Effect<void, OptionsError> =>
  timeout === undefined || timeout.value <= intervalMs
    ? Effect.void
    : OptionsError.of({
        option: timeout.name,
        given: `"${timeout.value}"`,
        expected: `at most the interval between two exports, which is ${intervalMs} milliseconds`
      })
