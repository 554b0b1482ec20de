/** Options that make no sense: what was given, what was expected, and how to fix it. */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** An option of the job runner or of a kind of job that makes no sense; a layer that it was given to fails with it. */
export class JobOptionsError extends Data.TaggedError("JobOptionsError")<{
  /** Its name; that of a kind of job begins with the job's type. */
  readonly option: string
  readonly given: string
  readonly expected: string
  readonly fix: string
}> {
  override get message(): string {
    return `Option "${this.option}" of jobs: given ${this.given}; expected ${this.expected}. ${this.fix}.`
  }
}

/** One option as it was given, and whether it makes sense. */
export interface Check {
  readonly option: string
  readonly given: unknown
  readonly isFit: boolean
  readonly expected: string
}

/** A count of at least one. */
export const count = (option: string, given: number | undefined): Check => ({
  option,
  given,
  isFit: given === undefined || (Number.isSafeInteger(given) && given >= 1),
  expected: "a whole number of at least 1"
})

/** A number between two others, both included. */
export const between = (
  option: string,
  given: number | undefined,
  [least, most]: readonly [number, number]
): Check => ({
  option,
  given,
  isFit: given === undefined || (given >= least && given <= most),
  expected: most === Number.MAX_VALUE ? `a number of at least ${least}` : `a number from ${least} to ${most}`
})

/** A time that passes: more than none. */
export const time = (option: string, given: Duration.DurationInput | undefined): Check => ({
  option,
  given,
  isFit: given === undefined || Option.exists(Duration.decodeUnknown(given), Duration.greaterThan(Duration.zero)),
  expected: "a duration of more than zero"
})

/** A time that passes, or none. */
export const timeOrNone = (option: string, given: Duration.DurationInput | undefined): Check => ({
  option,
  given,
  // What is negative or no number decodes as no time at all, so that zero has to be meant.
  isFit: time(option, given).isFit || (typeof given === "number" ? given === 0 : isZero(given)),
  expected: "a duration, zero or more"
})

const isZero = (given: unknown): boolean => Duration.isDuration(given) || /^0+(\.0+)? /.test(String(given))

/** Fails with the first option that makes no sense. */
export const checked = (checks: ReadonlyArray<Check>): Effect.Effect<void, JobOptionsError> => {
  const unfit = checks.find(({ isFit }) => !isFit)
  return unfit === undefined
    ? Effect.void
    : new JobOptionsError({
        option: unfit.option,
        given: String(unfit.given),
        expected: unfit.expected,
        fix: "Give another value, or leave it out to have the default"
      })
}
