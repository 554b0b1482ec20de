/** What became of the jobs, by the ledger. */
import type { Entry, JobFacts, LedgerEntry } from "./ledger.ts"

/** The jobs of a run; each is in exactly one of `completed`, `failed`, `cancelled` and `unfinished`. */
export interface JobSummary {
  readonly total: number
  readonly types: Readonly<Record<string, number>>
  readonly completed: number
  readonly failed: number
  /** Jobs that failed for good, by reason. */
  readonly failures: Readonly<Record<string, number>>
  readonly cancelled: number
  /** Attempts after the first. */
  readonly retried: number
  /** Jobs that had not come to an end when the run was ended. */
  readonly unfinished: number
}

export const summaryOf = (entries: ReadonlyArray<LedgerEntry>): JobSummary => {
  const jobs = entries.filter((entry): entry is Entry<JobFacts> => entry.facts.of === "job")
  const of = (operation: JobFacts["operation"]) => jobs.filter(({ facts }) => facts.operation === operation)
  const submitted = of("submit").filter(succeeded)
  const attempts = of("process")
  const reasons = attempts.flatMap(({ ending, facts }) => (facts.isLast && "reason" in ending ? [ending.reason] : []))
  const completed = attempts.filter(succeeded).length
  const cancelled = of("cancel").filter(succeeded).length
  return {
    total: submitted.length,
    types: tally(submitted.map(({ facts }) => facts.type)),
    completed,
    failed: reasons.length,
    failures: tally(reasons),
    cancelled,
    retried: attempts.filter(({ facts }) => facts.attempt > 1).length,
    unfinished: submitted.length - completed - reasons.length - cancelled
  }
}

const succeeded = ({ ending }: Entry<JobFacts>) => ending.outcome === "success"

const tally = (words: ReadonlyArray<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const word of [...words].sort()) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
