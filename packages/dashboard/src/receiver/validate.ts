/** Validates a single point, whatever came before it. */
import { trim } from "./exponential-buckets.ts"
import type { ExponentialHistogram, Histogram, Point, Value } from "./model.ts"
import type { Report } from "./violation.ts"

/** Reports every violation of one point. */
export const validate = (point: Point, report: Report): void => {
  if (point.startTimeUnixNano > point.timeUnixNano) {
    report({
      kind: "inconsistent",
      message: `its start ${point.startTimeUnixNano} is after its time ${point.timeUnixNano}`
    })
  }
  if (point.kind === "gauge") {
    return validateNumber(point.value, report)
  }
  if (point.startTimeUnixNano === 0n) {
    report({ kind: "no-start", message: "it has no start time" })
  }
  if (point.kind === "sum") {
    return validateNumber(point.value, report)
  }
  if (point.kind === "summary") {
    return
  }
  validateStatistics(point.value, report)
  if (point.kind === "histogram") {
    validateHistogram(point.value, report)
  } else {
    validateExponentialHistogram(point.value, report)
  }
}

const validateNumber = (value: number, report: Report) => {
  if (!Number.isFinite(value)) {
    report({ kind: "non-finite", message: `its value is ${value}` })
  }
}

const validateStatistics = (value: Histogram | ExponentialHistogram, report: Report) => {
  for (const name of ["sum", "min", "max"] as const) {
    const number = value[name]
    if (number !== undefined && !Number.isFinite(number)) {
      report({ kind: "non-finite", message: `its ${name} is ${number}` })
    }
  }
  const { count, min, max } = value
  if (min !== undefined && max !== undefined && min > max) {
    report({ kind: "inconsistent", message: `its min ${min} is above its max ${max}` })
  }
  if (count === 0 && (min !== undefined || max !== undefined)) {
    report({ kind: "inconsistent", message: "it is empty but has a min or a max" })
  }
}

const validateHistogram = ({ bucketCounts, count, explicitBounds }: Histogram, report: Report) => {
  const inBuckets = totalOf(bucketCounts)
  if (bucketCounts.length > 0 && inBuckets !== count) {
    report({ kind: "inconsistent", message: `its buckets add up to ${inBuckets}, its count is ${count}` })
  }
  for (let index = 0; index < explicitBounds.length; index++) {
    const bound = explicitBounds[index] ?? Number.NaN
    const before = index === 0 ? Number.NEGATIVE_INFINITY : (explicitBounds[index - 1] ?? Number.NaN)
    if (!Number.isFinite(bound) || !(bound > before)) {
      report({ kind: "inconsistent", message: `its boundary ${bound} follows ${before}` })
      return
    }
  }
}

const validateExponentialHistogram = (value: ExponentialHistogram, report: Report) => {
  const { count, negative, positive, scale, zeroCount, zeroThreshold } = value
  const inBuckets = [positive, negative].reduce((sum, { bucketCounts }) => sum + totalOf(bucketCounts), zeroCount)
  if (inBuckets !== count) {
    report({ kind: "inconsistent", message: `its buckets add up to ${inBuckets}, its count is ${count}` })
  }
  if (!Number.isFinite(zeroThreshold)) {
    report({ kind: "non-finite", message: `its zero threshold is ${zeroThreshold}` })
  }
  if (zeroThreshold < 0) {
    report({ kind: "inconsistent", message: `its zero threshold ${zeroThreshold} is negative` })
  }
  if (scale < scales.lowest || scale > scales.highest) {
    report({ kind: "out-of-range", message: `its scale ${scale} is not from ${scales.lowest} to ${scales.highest}` })
    return
  }
  for (const side of [positive, negative]) {
    const { bucketCounts, offset } = trim(side)
    const last = offset + bucketCounts.length - 1
    // Doubles above 0 are from 2^-1074 to just below 2^1024.
    if (offset < Math.floor(-1075 * 2 ** scale) || last > Math.ceil(1024 * 2 ** scale) - 1) {
      const message = `its buckets ${offset} to ${last} are not all within the range of doubles at its scale ${scale}`
      report({ kind: "out-of-range", message })
    }
  }
}

/** What SDKs use: at -10 two buckets hold all doubles, and at 20 a boundary follows the last by less than a millionth. */
const scales = { lowest: -10, highest: 20 }

const totalOf = (bucketCounts: ReadonlyArray<number>): number => bucketCounts.reduce((sum, bucket) => sum + bucket, 0)

/** Whether a monotonic cumulative value went down. */
export const isDecrease = (before: Value, after: Value): boolean => {
  if (typeof before === "number" || typeof after === "number") {
    return before > after
  }
  return before.count > after.count
}
