/**
 * Rows that stay where they are while somebody reads them: an answer changes what stands in them, but never their place.
 * What came and what went is counted, to be shown when the reader asks.
 */
import type { JobView } from "./shapes.ts"

/** A row, and whether its job is still in the list. */
export interface HeldRow {
  readonly job: JobView
  readonly isGone: boolean
}

export interface HeldRows {
  readonly rows: ReadonlyArray<HeldRow>
  /** Jobs of the answer that have no row, less those that only moved up from the next page. */
  readonly arrived: number
  /** Rows whose job has left the list. */
  readonly left: number
}

/** The rows of an answer, as it is. */
export const freshRows = (items: ReadonlyArray<JobView>): HeldRows => ({
  rows: items.map((job) => ({ job, isGone: false })),
  arrived: 0,
  left: 0
})

/**
 * An answer to the same question, seen in the rows that are shown. A row that is missing in it was pushed to the next
 * page where as many came before it as the page has too few; else its job has left.
 */
export const heldRows = (shown: ReadonlyArray<HeldRow>, items: ReadonlyArray<JobView>, pageSize: number): HeldRows => {
  const found = new Map(items.map((job) => [job.id, job]))
  const known = new Set(shown.map(({ job }) => job.id))
  const lastKnown = items.findLastIndex(({ id }) => known.has(id))
  const compared = shown.length < pageSize ? items : items.slice(0, lastKnown + 1)
  const arrived = compared.filter(({ id }) => !known.has(id)).length
  const rows = shown.map((row, index) => {
    const job = found.get(row.job.id)
    return job === undefined
      ? { job: row.job, isGone: row.isGone || index + arrived < pageSize }
      : { job, isGone: false }
  })
  return rows.every(({ isGone }) => isGone)
    ? freshRows(items)
    : { rows, arrived, left: rows.filter(({ isGone }) => isGone).length }
}
