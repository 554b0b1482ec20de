/** How one point updates its series, by its temporality, and the violations that only the series can show. */
import { identity } from "effect/Function"
import { type Merge, mergeHistograms, mergeNumbers } from "./merge.ts"
import { compactExponential, mergeExponentialHistograms } from "./merge-exponential.ts"
import type { Histogram, Point, Series, Temporality, Value } from "./model.ts"
import { keepExemplars } from "./newest-exemplars.ts"
import { isDecrease } from "./validate.ts"
import type { Report } from "./violation.ts"

/** The series after a point. `before` is the series of the same identity, if there is one. */
export const updateSeries = (before: Series | undefined, point: Point, report: Report): Series =>
  keepExemplars(before, point, updateValue(before, point, report))

/** `Object.assign` to a copy is twice as fast here as a second spread. */
const updateValue = (before: Series | undefined, point: Point, report: Report): Series => {
  switch (point.kind) {
    case "gauge":
      return Object.assign({ ...point }, keepLatest(before?.kind === "gauge" ? before : undefined, point, report))
    case "summary":
      return Object.assign({ ...point }, keepLatest(before?.kind === "summary" ? before : undefined, point, report))
    case "sum": {
      const { isMonotonic, temporality } = point
      const rules = { merge: mergeNumbers, carry: identity<number>, isMonotonic, report, temporality }
      return Object.assign({ ...point }, aggregate(before?.kind === "sum" ? before : undefined, point, rules))
    }
    case "histogram": {
      const { temporality } = point
      const rules = { merge: mergeHistograms, carry: identity<Histogram>, isMonotonic: true, report, temporality }
      return Object.assign({ ...point }, aggregate(before?.kind === "histogram" ? before : undefined, point, rules))
    }
    case "exponentialHistogram": {
      const { temporality } = point
      const [merge, carry] = [mergeExponentialHistograms, compactExponential]
      const rules = { merge, carry, isMonotonic: true, report, temporality }
      return Object.assign(
        { ...point },
        aggregate(before?.kind === "exponentialHistogram" ? before : undefined, point, rules)
      )
    }
  }
}

interface Sample<A> {
  readonly startTimeUnixNano: bigint
  readonly timeUnixNano: bigint
  readonly value: A
}

interface State<A> extends Sample<A> {
  readonly carried?: A
  readonly total: A
  readonly points: number
  readonly resets: number
}

interface Rules<A> {
  readonly merge: Merge<A>
  /** What a series keeps of its total at a reset, to be added to each point that follows. */
  readonly carry: (total: A) => A
  readonly isMonotonic: boolean
  readonly report: Report
  readonly temporality: Temporality
}

const firstState = <A>({ startTimeUnixNano, timeUnixNano, value }: Sample<A>): State<A> => ({
  startTimeUnixNano,
  timeUnixNano,
  value,
  total: value,
  points: 1,
  resets: 0
})

const keepLatest = <A>(before: State<A> | undefined, point: Sample<A>, report: Report): State<A> => {
  if (before === undefined) {
    return firstState(point)
  }
  if (isOutOfOrder(before, point, report)) {
    return stateOf(before)
  }
  if (point.timeUnixNano === before.timeUnixNano) {
    reportDuplicate(point, report)
  }
  return { ...firstState(point), points: before.points + 1 }
}

const aggregate = <A extends Value>(
  before: (State<A> & { readonly temporality: Temporality }) | undefined,
  point: Sample<A>,
  rules: Rules<A>
): State<A> => {
  if (before === undefined || before.temporality !== rules.temporality) {
    return firstState(point)
  }
  return rules.temporality === "delta" ? addDelta(before, point, rules) : replaceCumulative(before, point, rules)
}

/** A delta that is sent again as it was is known by its time, as the collector's `deltatocumulative` knows it. */
const addDelta = <A>(before: State<A>, point: Sample<A>, { merge, report }: Rules<A>): State<A> => {
  if (point.timeUnixNano === before.timeUnixNano) {
    reportDuplicate(point, report)
    return stateOf(before)
  }
  if (point.startTimeUnixNano > before.timeUnixNano) {
    report({ kind: "gap", message: `it starts at ${point.startTimeUnixNano}, after the end ${before.timeUnixNano}` })
  }
  if (point.startTimeUnixNano < before.timeUnixNano) {
    reportOverlap(before, point, report)
  }
  const value = mergeOrReplace(before.value, point.value, { merge, report })
  return {
    ...stateOf(before),
    timeUnixNano: point.timeUnixNano > before.timeUnixNano ? point.timeUnixNano : before.timeUnixNano,
    value,
    total: value,
    points: before.points + 1
  }
}

const replaceCumulative = <A extends Value>(before: State<A>, point: Sample<A>, rules: Rules<A>): State<A> => {
  const { carry, isMonotonic, merge, report } = rules
  if (isOutOfOrder(before, point, report)) {
    return stateOf(before)
  }
  const points = before.points + 1
  if (point.startTimeUnixNano > before.startTimeUnixNano) {
    reportReset(before, point, report)
    const carried = carry(before.total)
    const total = mergeOrReplace(carried, point.value, { merge, report })
    return { ...firstState(point), carried, total, points, resets: before.resets + 1 }
  }
  if (point.startTimeUnixNano < before.startTimeUnixNano) {
    report({
      kind: "start-changed",
      message: `its start moved back from ${before.startTimeUnixNano} to ${point.startTimeUnixNano}`
    })
  }
  if (point.timeUnixNano === before.timeUnixNano) {
    reportDuplicate(point, report)
  }
  if (isMonotonic && isDecrease(before.value, point.value)) {
    report({ kind: "decreased", message: "it went down without a new start time" })
  }
  const { carried, resets } = before
  if (carried === undefined) {
    return { ...firstState(point), points, resets }
  }
  const total = mergeOrReplace(carried, point.value, { merge, report })
  return { ...firstState(point), carried, total, points, resets }
}

const mergeOrReplace = <A>(
  before: A,
  after: A,
  { merge, report }: { readonly merge: Merge<A>; readonly report: Report }
): A => {
  const merged = merge(before, after)
  if (merged !== null) {
    return merged
  }
  report({ kind: "unmergeable", message: "its boundaries changed" })
  return after
}

/** The state alone, without what else a series holds. */
const stateOf = <A>({
  points,
  resets,
  startTimeUnixNano,
  timeUnixNano,
  total,
  value,
  ...rest
}: State<A>): State<A> => ({
  startTimeUnixNano,
  timeUnixNano,
  value,
  ...(rest.carried === undefined ? {} : { carried: rest.carried }),
  total,
  points,
  resets
})

const isOutOfOrder = <A>(before: State<A>, point: Sample<A>, report: Report): boolean => {
  if (point.timeUnixNano >= before.timeUnixNano) {
    return false
  }
  report({ kind: "out-of-order", message: `its time ${point.timeUnixNano} is before ${before.timeUnixNano}` })
  return true
}

const reportDuplicate = <A>(point: Sample<A>, report: Report) =>
  report({ kind: "duplicate", message: `the series already has a point with the time ${point.timeUnixNano}` })

const reportOverlap = <A>(before: State<A>, point: Sample<A>, report: Report) =>
  report({ kind: "overlap", message: `it starts at ${point.startTimeUnixNano}, before the end ${before.timeUnixNano}` })

const reportReset = <A>(before: State<A>, point: Sample<A>, report: Report) => {
  report({
    kind: "reset",
    message: `it started over at ${point.startTimeUnixNano}; its start was ${before.startTimeUnixNano}`
  })
  if (point.startTimeUnixNano < before.timeUnixNano) {
    reportOverlap(before, point, report)
  }
}
