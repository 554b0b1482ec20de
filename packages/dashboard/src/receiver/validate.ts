/** What is wrong with a single point, whatever came before it. */
import type { FaultKind } from "./violation.ts"
import type { ExponentialHistogram, Histogram, Point, Value } from "./model.ts"

/** A verdict: the kind of the fault, and a sentence. */
export interface Verdict {
  readonly kind: FaultKind
  readonly message: string
}

/** Hands every fault of one point to `note`. */
export const judge = (point: Point, note: (verdict: Verdict) => void): void => {
  if (point.startTimeUnixNano > point.timeUnixNano) {
    note({ kind: "inconsistent", message: `it starts at ${point.startTimeUnixNano}, after ${point.timeUnixNano}` })
  }
  if (point.kind === "gauge") return judgeNumber(point.value, note)
  if (point.startTimeUnixNano === 0n) note({ kind: "no-start", message: "it has no start time" })
  if (point.kind === "sum") return judgeNumber(point.value, note)
  if (point.kind === "summary") return
  judgeExtremes(point.value, note)
  if (point.kind === "histogram") judgeHistogram(point.value, note)
  else judgeExponential(point.value, note)
}

const judgeNumber = (value: number, note: (verdict: Verdict) => void) => {
  if (!Number.isFinite(value)) note({ kind: "non-finite", message: `its value is ${value}` })
}

const judgeExtremes = (value: Histogram | ExponentialHistogram, note: (verdict: Verdict) => void) => {
  for (const name of ["sum", "min", "max"] as const) {
    const number = value[name]
    if (number !== undefined && !Number.isFinite(number)) {
      note({ kind: "non-finite", message: `its ${name} is ${number}` })
    }
  }
  const { count, min, max } = value
  if (min !== undefined && max !== undefined && min > max) {
    note({ kind: "inconsistent", message: `its min ${min} is above its max ${max}` })
  }
  if (count === 0 && (min !== undefined || max !== undefined)) {
    note({ kind: "inconsistent", message: "it is empty and has a min or a max" })
  }
}

const judgeHistogram = ({ bucketCounts, count, explicitBounds }: Histogram, note: (verdict: Verdict) => void) => {
  const held = bucketCounts.reduce((sum, bucket) => sum + bucket, 0)
  if (bucketCounts.length > 0 && held !== count) {
    note({ kind: "inconsistent", message: `its buckets hold ${held}, its count is ${count}` })
  }
  for (let index = 0; index < explicitBounds.length; index++) {
    const bound = explicitBounds[index] ?? Number.NaN
    const before = index === 0 ? Number.NEGATIVE_INFINITY : (explicitBounds[index - 1] ?? Number.NaN)
    if (!Number.isFinite(bound) || !(bound > before)) {
      note({ kind: "inconsistent", message: `its boundary ${bound} comes after ${before}` })
      return
    }
  }
}

const judgeExponential = (value: ExponentialHistogram, note: (verdict: Verdict) => void) => {
  const held = [...value.positive.bucketCounts, ...value.negative.bucketCounts].reduce(
    (sum, bucket) => sum + bucket,
    value.zeroCount
  )
  if (held !== value.count) {
    note({ kind: "inconsistent", message: `its buckets hold ${held}, its count is ${value.count}` })
  }
}

/** Whether a monotonic cumulative value went down. */
export const isDecrease = (before: Value, after: Value): boolean => {
  if (typeof before === "number" || typeof after === "number") return before > after
  return before.count > after.count
}
