/** The labels of the series that holds what is over the limit of its metric, and the label to blame. */
import * as MetricLabel from "effect/MetricLabel"
import { identity } from "../catalogue/label.ts"
import type { Canonical } from "./label.ts"
import type { Series } from "./series.ts"

/** The label of the overflow series, as the OpenTelemetry specification names it. */
export const overflowLabel = "otel.metric.overflow"

export const overflowLabels: Canonical = [MetricLabel.make(overflowLabel, "true")]

export const overflowIdentity = identity(overflowLabels)

/** The label with the most values in these series, and how many. */
export const richestLabel = (series: Iterable<Series>): string => {
  const values = new Map<string, Set<string>>()
  for (const { labels } of series) {
    for (const { key, value } of labels) {
      values.set(key, (values.get(key) ?? new Set()).add(value))
    }
  }
  values.delete(overflowLabel)
  const [key, distinct] = Array.from(values).sort(([, left], [, right]) => right.size - left.size)[0] ?? [
    "none",
    new Set()
  ]
  return `"${key}" (${distinct.size})`
}

/** All of them, and one more at the end. */
export const withLast = function* <A>(first: Iterable<A>, last: A): Generator<A> {
  yield* first
  yield last
}
