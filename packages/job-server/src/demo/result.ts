/** The result of the demo. */
import { audit, type AuditedProcess } from "../audit/audit.ts"
import type { ComparedSeries, UncheckedSeries } from "../audit/compare.ts"
import { jobSummary, type JobSummary } from "../audit/job-summary.ts"
import type { JobTables } from "../audit/job-tables.ts"
import { type OtlpSummary, otlpSummary } from "../audit/otlp-summary.ts"
import type { ReceiverState } from "./receiver.ts"

export interface Result {
  /** Whether the metrics are complete and say exactly what happened. */
  readonly agreed: boolean
  readonly jobs: JobSummary
  readonly metrics: ReadonlyArray<ComparedSeries>
  /** Other series that were received, which nothing outside the library can check. */
  readonly unchecked: ReadonlyArray<UncheckedSeries>
  /** What the tables say of the jobs, if that is not what happened. */
  readonly tablesDiffer?: JobSummary
  /** When the receiver last answered, and why not since, if it was lost. */
  readonly delivery: { readonly lastSeen: string; readonly lost?: string }
  /** What there was for the receiver of `--otlp`. */
  readonly otlp?: OtlpSummary
  /** Why the work was not finished, unless the user stopped it. */
  readonly broken?: string
}

/** What the demo has at its end. */
export interface Outcome {
  readonly receiver: ReceiverState
  readonly tables: JobTables
  /** Whether no job was left when the gauges were sampled last. */
  readonly areGaugesCurrent: boolean
  /** The address of `--otlp`. */
  readonly otlp: string | undefined
  readonly broken: string | undefined
}

export const resultOf = (
  processes: ReadonlyArray<AuditedProcess>,
  { areGaugesCurrent, broken, otlp, receiver, tables }: Outcome
): Result => {
  const { lost, seenAtMs, snapshot } = receiver
  const { agreed, ...audited } = audit(processes, { series: snapshot.series, tables, areGaugesCurrent })
  const lastSeen = new Date(seenAtMs).toISOString()
  return {
    agreed: lost === undefined && broken === undefined && agreed,
    ...audited,
    delivery: lost === undefined ? { lastSeen } : { lastSeen, lost },
    ...(otlp === undefined ? {} : { otlp: otlpSummary(otlp, processes, snapshot.series) }),
    ...(broken === undefined ? {} : { broken })
  }
}

/** The result of a run that was stopped before it submitted a job: nothing was compared, so nothing agrees. */
export const emptyResult = (reason: string): Result => ({
  agreed: false,
  jobs: jobSummary([]),
  metrics: [],
  unchecked: [],
  delivery: { lastSeen: new Date().toISOString() },
  broken: `stopped ${reason} before any job was submitted`
})
