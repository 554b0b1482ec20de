/** Checks of options: of the job runner, and of kinds of jobs, whose options begin with the job's type. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { OptionsError } from "../../observe/instrument/options-error.ts"

/** One option as it was given, and whether it makes sense. */
export interface Check {
  readonly option: string
  readonly given: unknown
  readonly isFit: boolean
  readonly expected: string
}

/** A count of at least one. */
export const count = (option: string, given: number | undefined, most = mostInTables): Check => ({
  option,
  given,
  isFit: given === undefined || (Number.isSafeInteger(given) && given >= 1 && given <= most),
  expected: `a whole number from 1 to ${most}`
})

/** The largest INTEGER of PostgreSQL. */
const mostInTables = 2_147_483_647

/** A number between two others, both included. */
export const between = (
  option: string,
  given: number | undefined,
  [least, most]: readonly [number, number]
): Check => ({
  option,
  given,
  isFit: given === undefined || (Number.isFinite(given) && given >= least && given <= most),
  expected: most === Number.MAX_VALUE ? `a number of at least ${least}` : `a number from ${least} to ${most}`
})

/** A time that passes: more than none. */
export const time = (option: string, given: Duration.DurationInput | undefined): Check => ({
  option,
  given,
  isFit: given === undefined || Option.exists(Duration.decodeUnknown(given), Duration.greaterThan(Duration.zero)),
  expected: "a duration of more than zero"
})

/** A time that passes and comes to an end. */
export const finiteTime = (option: string, given: Duration.DurationInput | undefined): Check => ({
  ...time(option, given),
  isFit: time(option, given).isFit && (given === undefined || isFinite(given)),
  expected: "a finite duration of more than zero"
})

/** A time that passes, or none. */
export const timeOrNone = (option: string, given: Duration.DurationInput | undefined): Check => ({
  option,
  given,
  // What is negative or no number decodes as no time at all, so that zero has to be meant.
  isFit: time(option, given).isFit || (typeof given === "number" ? given === 0 : isZero(given)),
  expected: "a duration, zero or more"
})

/** Text that has something in it, and that a database and a label take as it is. */
export const text = (option: string, given: string | undefined, most: number): Check => ({
  option,
  given,
  isFit: given === undefined || isText(given, most),
  expected: `well-formed text of 1 to ${most} characters`
})

/** Whether this is text that a database takes as it is. */
export const isText = (given: unknown, most: number): boolean =>
  typeof given === "string" &&
  given.length >= 1 &&
  given.length <= most &&
  !given.includes("\u0000") &&
  given.isWellFormed()

const isFinite = (given: Duration.DurationInput): boolean =>
  Option.exists(Duration.decodeUnknown(given), Duration.isFinite)

const isZero = (given: unknown): boolean => Duration.isDuration(given) || /^0+(\.0+)? /.test(String(given))

/** The first option that makes no sense. */
export const firstUnfit = (checks: ReadonlyArray<Check>): OptionsError | undefined => {
  const unfit = checks.find(({ isFit }) => !isFit)
  return unfit === undefined
    ? undefined
    : OptionsError.of({ option: unfit.option, given: String(unfit.given), expected: unfit.expected })
}

/** Fails with the first option that makes no sense. */
export const checked = (checks: ReadonlyArray<Check>): Effect.Effect<void, OptionsError> =>
  Effect.suspend(() => firstUnfit(checks) ?? Effect.void)
