/** What the demo has to say at its end: one value, which becomes a JSON document or a table. */
import { compare, type Line } from "./compare.ts"
import type { LedgerEntry } from "./ledger.ts"
import type { Sight } from "./receiver.ts"
import { type JobSummary, summaryOf } from "./summary.ts"
import { expectedOf } from "./truth.ts"

export interface Result {
  /** Whether everything that was received is what really happened, and nothing is missing. */
  readonly agreed: boolean
  readonly jobs: JobSummary
  readonly metrics: ReadonlyArray<Line>
  /** When the receiver was last seen, and why it was not seen again, if it was lost. */
  readonly delivery: { readonly lastSeen: string; readonly lost?: string }
}

export const resultOf = (entries: ReadonlyArray<LedgerEntry>, { lost, seenAtMs, snapshot }: Sight): Result => {
  const metrics = compare(expectedOf(entries), snapshot.series)
  const lastSeen = new Date(seenAtMs).toISOString()
  return {
    agreed: lost === undefined && metrics.every(({ agreed }) => agreed),
    jobs: summaryOf(entries),
    metrics,
    delivery: lost === undefined ? { lastSeen } : { lastSeen, lost }
  }
}
