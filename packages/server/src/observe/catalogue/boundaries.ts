/**
 * Bucket boundaries, named by the family of durations or counts that they sort. A boundary is inclusive above: a
 * value equal to it falls into its bucket (`le`), and one more bucket up to infinity follows the last.
 */

import { conventionBoundaries } from "./convention.ts"
import { wordsOf } from "./thrown.ts"

/** The families: what an instrument names instead of writing numbers. */
export type BoundaryFamily = keyof typeof boundaries

/**
 * The default boundaries: seconds, except `attempts`, which counts. `MetricsService.layer({ boundaries })` replaces
 * them for each family.
 */
export const boundaries = {
  http: [0.001, 0.01, 0.1, 1, 10, 100],
  jobs: [0.01, 0.1, 1, 10, 100, 1000],
  cluster: [0.001, 0.01, 0.05, 0.1, 0.5, 1, 5],
  entityLifetime: [1, 5, 30, 60, 300, 600, 1800, 3600],
  attempts: [1, 2, 3, 5, 8, 13],
  messaging: conventionBoundaries
} as const satisfies Record<string, ReadonlyArray<number>>

/**
 * What is expected of boundaries that are not at least one, finite and strictly increasing; it names the first offender.
 * They are compared by value everywhere: two equal lists define the same instrument.
 */
export const boundariesProblem = (given: ReadonlyArray<number>): string | undefined => {
  // A program in JavaScript may give anything.
  if (!Array.isArray(given)) {
    return "a list of numbers"
  }
  if (given.length === 0) {
    return "at least one boundary"
  }
  const offender = given.findIndex(
    (value, index) => !Number.isFinite(value) || (index > 0 && value <= (given[index - 1] ?? Number.NEGATIVE_INFINITY))
  )
  return offender === -1
    ? undefined
    : `finite numbers, each greater than the one before; number ${offender + 1} (${wordsOf(given[offender])}) is not`
}
