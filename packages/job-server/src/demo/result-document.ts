/** The JSON document of a result. Scripts read it, so its keys stay as they are, whatever the code calls them. */
import type { ComparedSeries } from "../audit/compare.ts"
import type { Result } from "./result.ts"

export const resultDocument = ({ agreed, jobs, metrics, unchecked, ...rest }: Result) => ({
  agreed,
  jobs,
  metrics: metrics.map(seriesDocument),
  unwitnessed: unchecked,
  ...rest
})

const seriesDocument = ({ expected, labels, lost, name, received, sum, ...rest }: ComparedSeries) => ({
  name,
  labels,
  received,
  truth: expected,
  ...(lost === undefined ? {} : { lost }),
  ...(sum === undefined ? {} : { sum: { received: sum.received, truth: sum.expected } }),
  ...rest
})
