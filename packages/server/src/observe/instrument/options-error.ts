/** The one error of options: which one, what was given, what was expected, and how to fix it. */
import * as Data from "effect/Data"

/**
 * An option or an `OTEL_*` variable has a value that can't be used. The layer that it was given to fails with it when it
 * is built, before anything has begun. A value that may hold a secret is not shown.
 */
export class OptionsError extends Data.TaggedError("OptionsError")<{
  /** Its name: a variable, an option, or what the option belongs to and its name. */
  readonly option: string
  readonly given: string
  readonly expected: string
  readonly fix: string
}> {
  /** The error of a value that another can take the place of, or none. */
  static readonly of = (what: Pick<OptionsError, "option" | "given" | "expected">): OptionsError =>
    new OptionsError({ ...what, fix: "Use a valid value, or omit it" })

  /** The option, what was given, what was expected, and how to fix it, in one line. */
  override get message(): string {
    return `${this.option}: given ${this.given}; expected ${this.expected}. ${this.fix}.`
  }
}
