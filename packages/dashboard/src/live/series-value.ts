/** The value of a series: a number, or a distribution. */
import type { Series } from "../receiver/model.ts"
import type { Distribution } from "./buckets.ts"

/** The total of a series of numbers; 0 where it is none. */
export const numberOf = ({ total }: Series): number => (typeof total === "number" && Number.isFinite(total) ? total : 0)

/** The total of a series of distributions. */
export const distributionOf = (series: Series): Distribution | undefined =>
  series.kind === "histogram" || series.kind === "exponentialHistogram" ? series.total : undefined

/** What is shown of a series: its number, or how many values it has. */
export const shownValue = ({ total }: Series): number => (typeof total === "number" ? total : total.count)

/** The sum of a distribution; NaN where the sender keeps none, `undefined` of a number. */
export const shownSum = ({ total }: Series): number | undefined =>
  typeof total === "number" ? undefined : (total.sum ?? Number.NaN)
