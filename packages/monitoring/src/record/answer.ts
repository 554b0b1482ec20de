/** Prometheus' answer to a query of a range as it is recorded: short, in a fixed order, and at each step. */
import type { Answer, AnsweredSeries } from "../answers/answers.ts"
import type { RangeOptions, RangeSeries } from "./prometheus.ts"

/** The answer to a query, with its series in the order of their labels. */
export const answerOf = (query: string, found: ReadonlyArray<RangeSeries>, range: RangeOptions): Answer => ({
  query,
  series: found.map((one) => compact(one, range)).sort(byLabels)
})

const compact = ({ metric, values }: RangeSeries, range: RangeOptions): AnsweredSeries => {
  const { __name__: _, ...labels } = metric
  const at = new Map(values)
  const count = (range.end - range.start) / range.step + 1
  return {
    labels: Object.fromEntries(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))),
    values: Array.from({ length: count }, (_step, index) => rounded(at.get(range.start + index * range.step)))
  }
}

/** Four digits are more than a picture shows; NaN, a quotient of nothing by nothing, is no value. */
const rounded = (value: string | undefined): number | null => {
  const number = Number(value)
  return value === undefined || !Number.isFinite(number) ? null : Number(number.toPrecision(4))
}

const byLabels = (left: AnsweredSeries, right: AnsweredSeries): number =>
  JSON.stringify(left.labels) < JSON.stringify(right.labels) ? -1 : 1
