/** One expression that checks each job type against what is expected of it. */
import { type Match, noneOf } from "./promql/select.ts"
import type { Vector } from "./promql/vector.ts"
import { type Expectation, settings } from "./settings.ts"

/** The expressions of each declared job type and of all others, joined by `or`. */
export const expected = <L extends string>(
  expression: (jobType: string | Match<string>, expectation: Expectation) => Vector<L>
): Vector<L> =>
  Object.entries<Expectation>(settings.jobTypes)
    .map(([jobType, expectation]) => expression(jobType, expectation))
    .reduceRight((rest, one) => one.or(rest), expression(otherTypes, settings.otherJobTypes))

/** All job types that are not declared. */
const otherTypes: Match<string> = noneOf(...Object.keys(settings.jobTypes))
