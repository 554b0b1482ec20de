/** Who is told what a receiver stores, while it stores it: the live page. What is told must cost next to nothing. */
import type { Series } from "./model.ts"
import type { RequestRecord } from "./request-log.ts"
import type { Violation } from "./violation.ts"

export interface Observer {
  /** A point changed a series, or began one. Ids are numbers from 0 on, in the order of the series. */
  readonly series: (id: number, after: Series, before: Series | undefined) => void
  /** A request was answered or given up, and its points are stored; `storeBytes` is what the series hold then. */
  readonly request: (record: RequestRecord, storeBytes: number) => void
  readonly violation: (violation: Violation) => void
  /** All is forgotten, and ids begin at 0 again. */
  readonly cleared: () => void
}
