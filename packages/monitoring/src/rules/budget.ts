/**
 * The burn rate of each job type's error budget: the share of finished jobs that ended in the dead letters, over the
 * share that its objective allows. At 1 the budget lasts exactly thirty days.
 */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { expected } from "../expected.ts"
import { grown } from "../promql/grown.ts"
import { counter, type Range } from "../promql/select.ts"
import { record, recorded, type Recording } from "./recording.ts"

const { jobs } = catalogue

/** The windows of the burn rates. */
export const windows = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const satisfies ReadonlyArray<Range>

export type Window = (typeof windows)[number]

/** The recording rules of one window. */
interface Budget {
  readonly good: Recording<"job" | "job_type">
  readonly bad: Recording<"job" | "job_type">
  readonly share: Recording<"job" | "job_type">
  readonly burn: Recording<"job" | "job_type">
}

const budgetOf = (window: Window): Budget => {
  const good = record(
    `job_type:jobs_completed:increase${window}`,
    `Jobs completed in ${window}.`,
    grown(counter(jobs.completions), window).sumBy("job", "job_type")
  )
  const bad = record(
    `job_type:jobs_dead_lettered:increase${window}`,
    `Jobs that ended in the dead letters in ${window}.`,
    grown(counter(jobs.deadLettered), window).sumBy("job", "job_type").orZeroOf(recorded(good))
  )
  const share = record(
    `job_type:jobs_dead_lettered:ratio${window}`,
    `Share of the jobs finished in ${window} that ended in the dead letters.`,
    recorded(bad).dividedBy(recorded(bad).plus(recorded(good).orZeroOf(recorded(bad))))
  )
  const burn = record(
    `job_type:jobs_error_budget_burn:ratio${window}`,
    `Burn rate of the error budget of a job type in ${window}; at 1 it lasts exactly thirty days.`,
    // Rounded, because 1 - 0.999 is not 0.001 in binary.
    expected((job_type, { objective }) =>
      recorded(share, { job_type }).dividedBy(Number((1 - objective).toPrecision(6)))
    )
  )
  return { good, bad, share, burn }
}

/** The recording rules by window. */
export const budget = {
  "5m": budgetOf("5m"),
  "30m": budgetOf("30m"),
  "1h": budgetOf("1h"),
  "2h": budgetOf("2h"),
  "6h": budgetOf("6h"),
  "1d": budgetOf("1d"),
  "3d": budgetOf("3d")
} as const satisfies Record<Window, Budget>

/** All of them; each uses only those before it. */
export const budgetRecordings: ReadonlyArray<Recording> = Object.values<Budget>(budget).flatMap((one) => [
  one.good,
  one.bad,
  one.share,
  one.burn
])
