/** From the expectations of the job types to one expression that holds each type to its own. */
import { type Match, noneOf } from "./promql/select.ts"
import type { Vector } from "./promql/vector.ts"
import { type Expectation, settings } from "./settings.ts"

/** The expression for each declared job type, and for all others, as one. */
export const expected = <L extends string>(
  expression: (jobType: string | Match<string>, expectation: Expectation) => Vector<L>
): Vector<L> =>
  Object.entries<Expectation>(settings.jobTypes)
    .map(([jobType, expectation]) => expression(jobType, expectation))
    .reduceRight((rest, one) => one.or(rest), expression(otherTypes, settings.otherJobTypes))

/** All job types for which nothing else is declared. */
const otherTypes: Match<string> = noneOf(...Object.keys(settings.jobTypes))
