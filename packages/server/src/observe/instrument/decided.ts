/** A row with what was decided about it. */
import type { ExemplarFilter } from "../catalogue/exemplar.ts"
import type { HistogramKind, Row } from "../catalogue/row.ts"

/** What an instrument is made of. */
export interface Decided {
  readonly row: Row
  /** Of a histogram. */
  readonly boundaries: ReadonlyArray<number> | undefined
  /** Of a histogram as well. */
  readonly histogram: HistogramKind
  readonly exemplars: ExemplarFilter
  readonly limit: number
}
