/** One expression that checks each job type, or each route, against what is expected of it. */
import { type Match, noneOf } from "./promql/select.ts"
import type { Vector } from "./promql/vector.ts"
import type { Expectation, RouteExpectation, Settings } from "./settings.ts"

/** What is expected of one, or of all others. */
type Expression<E, L extends string> = (subject: string | Match<string>, expectation: E) => Vector<L>

/** The expressions of each declared job type and of all others, joined by `or`. */
export const expectedOfJobs = <L extends string>(
  { jobTypes, otherJobTypes }: Pick<Settings, "jobTypes" | "otherJobTypes">,
  expression: Expression<Expectation, L>
): Vector<L> => joined(jobTypes, otherJobTypes, expression)

/** The expressions of each declared route and of all others, joined by `or`. */
export const expectedOfRoutes = <L extends string>(
  { otherRoutes, routes }: Pick<Settings, "otherRoutes" | "routes">,
  expression: Expression<RouteExpectation, L>
): Vector<L> => joined(routes, otherRoutes, expression)

const joined = <E, L extends string>(
  declared: Readonly<Record<string, E>>,
  others: E,
  expression: Expression<E, L>
): Vector<L> =>
  Object.entries(declared)
    .map(([name, expectation]) => expression(name, expectation))
    .reduceRight((rest, one) => one.or(rest), expression(noneOf(...Object.keys(declared)), others))
