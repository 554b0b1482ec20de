/**
 * Reads `OTEL_*` variables through Effect's `Config`. A variable that is unset or empty is absent, as the specification
 * has it; one that is malformed is an error that names it.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { clean } from "../catalogue/label.ts"
import { OptionsError } from "../instrument/options-error.ts"

/** How to understand a text, and what to say where it is not understood. */
export interface Format<A> {
  readonly expected: string
  readonly parse: (text: string) => A | undefined
  /** The value as an error may show it: without secrets. */
  readonly show?: (text: string) => string
}

/** A variable and its value. */
export interface Variable<A> {
  readonly name: string
  readonly value: A
}

/** The value of the first of these variables that is set, with its name. */
export const variable = <A>(
  names: ReadonlyArray<string>,
  format: Format<A>
): Effect.Effect<Variable<A> | undefined, OptionsError> =>
  Effect.gen(function* () {
    for (const name of names) {
      const text = yield* Effect.orElseSucceed(Config.option(Config.string(name)), () => Option.none<string>())
      if (Option.isSome(text) && text.value.trim() !== "") {
        return { name, value: yield* parsed(name, text.value.trim(), format) }
      }
    }
    return undefined
  })

/** A text in a format, or an error that names what it is of. */
export const parsed = <A>(
  option: string,
  text: string,
  { expected, parse, show = quoted }: Format<A>
): Effect.Effect<A, OptionsError> => {
  const value = parse(text)
  return value === undefined ? OptionsError.of({ option, given: show(text), expected }) : Effect.succeed(value)
}

const quoted = (text: string): string => `"${clean(text)}"`
