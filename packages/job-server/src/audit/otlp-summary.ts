/** What a run left for the receiver of `--otlp`: counted by the event logs of the processes, not by what was exported. */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import type { LogEntry } from "./event-log.ts"

export interface OtlpSummary {
  /** Scheme, host and port: path and credentials may be secret. */
  readonly address: string
  /** Spans of attempts at jobs. */
  readonly spans: number
  /** Log lines of jobs. */
  readonly logLines: number
  /** How many of each are not certain to have been sent, because their process was killed. */
  readonly uncertain: number
  /** How many of all spans and log records, not only of those of attempts, were dropped before the last exports. */
  readonly dropped: { readonly spans: number; readonly logRecords: number }
}

interface Process {
  readonly wasKilled: boolean
  readonly entries: ReadonlyArray<LogEntry>
}

/** Each attempt whose handler ended has left one span and one line. */
export const otlpSummary = (
  to: string,
  processes: ReadonlyArray<Process>,
  series: ReadonlyArray<Series>
): OtlpSummary => {
  const attempts = attemptsOf(processes)
  return {
    address: new URL(to).origin,
    spans: attempts,
    logLines: attempts,
    uncertain: attemptsOf(processes.filter(({ wasKilled }) => wasKilled)),
    dropped: {
      spans: totalOf(catalogue.telemetry.spansDropped.name, series),
      logRecords: totalOf(catalogue.telemetry.logRecordsDropped.name, series)
    }
  }
}

const attemptsOf = (processes: ReadonlyArray<Process>): number =>
  processes.flatMap(({ entries }) => entries).filter(({ event }) => event._tag === "HandlerFinished").length

const totalOf = (name: string, series: ReadonlyArray<Series>): number =>
  series.filter((one) => one.name === name).reduce((sum, { total }) => sum + (typeof total === "number" ? total : 0), 0)
