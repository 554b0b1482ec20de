/** Reads what a point of each kind has of its own: a number, or a distribution. */
import { isPresent } from "./attributes.ts"
import type { Point, Temporality } from "./model.ts"
import type {
  BucketsMessage,
  ExponentialPointMessage,
  HistogramPointMessage,
  NumberPointMessage,
  SummaryPointMessage
} from "./otlp-schema.ts"
import { toNumber } from "./otlp-schema.ts"

/** What points of all kinds have. */
export type Common = Pick<
  Point,
  "resource" | "scope" | "name" | "description" | "unit" | "attributes" | "startTimeUnixNano" | "timeUnixNano"
>

/** Completes a point, or says how it breaks the protocol. */
export type Read<A> = (message: A, shared: Common) => Point | string

const numberOf = (message: NumberPointMessage): number | null => {
  if (isPresent(message.asDouble)) {
    return message.asDouble
  }
  return isPresent(message.asInt) ? toNumber(message.asInt) : null
}

const noValue = "a point has no value, and no flag that says so"

export const readGauge: Read<NumberPointMessage> = (message, shared) => {
  const value = numberOf(message)
  return value === null ? noValue : Object.assign(shared, { kind: "gauge" as const, value })
}

export const readSum =
  ({ isMonotonic, temporality }: { isMonotonic: boolean; temporality: Temporality }): Read<NumberPointMessage> =>
  (message, shared) => {
    const value = numberOf(message)
    if (value === null) {
      return noValue
    }
    return Object.assign(shared, { kind: "sum" as const, isMonotonic, temporality, value })
  }

const extremesOf = (message: HistogramPointMessage) => {
  const extremes: { sum?: number; min?: number; max?: number } = {}
  if (isPresent(message.sum)) {
    extremes.sum = message.sum
  }
  if (isPresent(message.min)) {
    extremes.min = message.min
  }
  if (isPresent(message.max)) {
    extremes.max = message.max
  }
  return extremes
}

export const readHistogram =
  (temporality: Temporality): Read<HistogramPointMessage> =>
  (message, shared) => {
    const bucketCounts = (message.bucketCounts ?? []).map(toNumber)
    const explicitBounds = message.explicitBounds ?? []
    if (bucketCounts.length !== 0 && bucketCounts.length !== explicitBounds.length + 1) {
      return `it has ${explicitBounds.length} boundaries and ${bucketCounts.length} buckets`
    }
    const value = { count: toNumber(message.count), ...extremesOf(message), bucketCounts, explicitBounds }
    return Object.assign(shared, { kind: "histogram" as const, temporality, value })
  }

const bucketsOf = (message: BucketsMessage | null | undefined) => ({
  offset: message?.offset ?? 0,
  bucketCounts: (message?.bucketCounts ?? []).map(toNumber)
})

export const readExponential =
  (temporality: Temporality): Read<ExponentialPointMessage> =>
  (message, shared) => ({
    ...shared,
    kind: "exponentialHistogram",
    temporality,
    value: {
      count: toNumber(message.count),
      ...extremesOf(message),
      scale: message.scale ?? 0,
      zeroCount: toNumber(message.zeroCount),
      zeroThreshold: message.zeroThreshold ?? 0,
      positive: bucketsOf(message.positive),
      negative: bucketsOf(message.negative)
    }
  })

export const readSummary: Read<SummaryPointMessage> = (message, shared) => ({
  ...shared,
  kind: "summary",
  value: {
    count: toNumber(message.count),
    sum: message.sum ?? 0,
    quantiles: (message.quantileValues ?? []).map(({ quantile, value }) => ({
      quantile: quantile ?? 0,
      value: value ?? 0
    }))
  }
})
