/** Whether a point has values that a receiver can take: none is NaN or an infinity. */
import type { Drop } from "./drop.ts"
import type { Point } from "./point.ts"

/** The point, if its values are finite. */
export const sound = (point: Point, dropped: (drop: Drop) => void): Point | undefined => {
  if (isFinitePoint(point)) {
    return point
  }
  dropped({ metric: point.metric.name, reason: "non_finite", points: 1, why: "its value is not finite" })
  return undefined
}

const isFinitePoint = ({ type, value }: Point): boolean => {
  switch (type) {
    case "number":
      return Number.isFinite(value)
    case "distribution":
      return Number.isFinite(value.sum ?? 0) && Number.isFinite(value.count)
    case "summary":
      return (
        Number.isFinite(value.sum) &&
        Number.isFinite(value.count) &&
        value.quantiles.every(([, quantile]) => Number.isFinite(quantile))
      )
  }
}
