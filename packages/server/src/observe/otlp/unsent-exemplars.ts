/**
 * Exemplars are sent once: a series keeps its last ones for whoever scrapes it, and would send them again and again. What
 * was not acknowledged is sent with the next export.
 */
import type { Exemplar, Exemplars } from "../catalogue/exemplar.ts"
import type { DistributionPoint, ExportSeries, Point } from "../collect/points/point.ts"

/** What one stream has sent. */
export interface UnsentExemplars {
  /** The point, with those of its exemplars that have not been acknowledged. */
  readonly of: (point: Point) => Point
  /** These points were acknowledged. */
  readonly acknowledge: (points: ReadonlyArray<Point>) => void
}

export const makeUnsentExemplars = (): UnsentExemplars => {
  // The last one of each bucket.
  const acknowledged = new WeakMap<ExportSeries, Exemplars>()
  return {
    of: (point) => {
      const known = hasExemplars(point) ? acknowledged.get(point.series) : undefined
      return known === undefined || !hasExemplars(point) ? point : without(point, known)
    },
    acknowledge: (points) => {
      for (const point of points) {
        if (hasExemplars(point)) {
          const known = acknowledged.get(point.series) ?? []
          acknowledged.set(
            point.series,
            point.value.exemplars.map((one, index) => one ?? known[index])
          )
        }
      }
    }
  }
}

type WithExemplars = DistributionPoint & { readonly value: { readonly exemplars: Exemplars } }

const hasExemplars = (point: Point): point is WithExemplars =>
  point.type === "distribution" && point.value.exemplars !== undefined

const without = (point: WithExemplars, known: Exemplars): DistributionPoint => {
  const { exemplars: all, ...value } = point.value
  const exemplars = all.map((one, index) => (isSame(one, known[index]) ? undefined : one))
  return exemplars.some((one) => one !== undefined) ? { ...point, value: { ...value, exemplars } } : { ...point, value }
}

const isSame = (one: Exemplar | undefined, other: Exemplar | undefined): boolean =>
  one?.timeMs === other?.timeMs && one?.value === other?.value && one?.span?.spanId === other?.span?.spanId
