/** The audit of a run: what all processes logged and the tables hold, compared with the metrics that were received. */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { concurrency } from "../server/job-types.ts"
import {
  checkable,
  compare,
  type ComparedSeries,
  type Expected,
  type UncheckedSeries,
  uncheckedSeries
} from "./compare.ts"
import { compareWire } from "./compare-wire.ts"
import type { LogEntry, LoggedEvent } from "./event-log.ts"
import { lastExportedLength } from "./event-log-gauge.ts"
import { type ExpectedSeries, expectedSeries, seriesKey } from "./expected.ts"
import { deadLetters, jobSummary, type JobSummary, summaryOfTables, withoutDeleted } from "./job-summary.ts"
import { type JobTables, unloggedEvents } from "./job-tables.ts"
import { processOf, seriesOfProcess } from "./process-series.ts"

/** A process of the server, and its event log. */
export interface AuditedProcess {
  /** Its name in the resource of its metrics. */
  readonly name: string
  readonly isRunner: boolean
  readonly wasKilled: boolean
  readonly entries: ReadonlyArray<LogEntry>
}

export interface Evidence {
  readonly series: ReadonlyArray<Series>
  readonly tables: JobTables
  /** Whether no job was left when the gauges were sampled last. */
  readonly areGaugesCurrent: boolean
}

export interface Audit {
  readonly agreed: boolean
  readonly jobs: JobSummary
  readonly metrics: ReadonlyArray<ComparedSeries>
  readonly unchecked: ReadonlyArray<UncheckedSeries>
  /** What the tables say of the jobs, if that is not what happened. */
  readonly tablesDiffer?: JobSummary
}

export const audit = (known: ReadonlyArray<AuditedProcess>, evidence: Evidence): Audit => {
  const { areGaugesCurrent, series, tables } = evidence
  const unlogged = areGaugesCurrent ? unloggedEvents(tables, inOrder(known)) : []
  const processes = known.map((one) => (one.wasKilled ? withUnlogged(one, unlogged) : one))
  const killed = known.filter(({ wasKilled }) => wasKilled)
  const isKilled = (one: Series) => killed.some(({ name }) => name === processOf(one))
  const options = { isKilled, isCheckable: checkable(areGaugesCurrent) }
  const metrics = [
    ...compare(expectedOf(processes, evidence), series, options),
    ...compareWire(series.filter((one) => !isKilled(one)))
  ]
  // Only a process that was killed may have done what it did not log.
  const isComplete = unlogged.length === 0 || killed.length > 0
  const jobs = jobSummary(inOrder(processes))
  const inTables = summaryOfTables(tables)
  const left = jobSummary(withoutDeleted(inOrder(processes)))
  // They were read while the last jobs ran, unless there were none left.
  const isAsInTables = !areGaugesCurrent || JSON.stringify(left) === JSON.stringify(inTables)
  return {
    agreed: isComplete && isAsInTables && metrics.every(({ agreed }) => agreed),
    jobs,
    metrics,
    unchecked: uncheckedSeries(series, options),
    ...(isAsInTables ? {} : { tablesDiffer: inTables })
  }
}

const expectedOf = (
  processes: ReadonlyArray<AuditedProcess>,
  { areGaugesCurrent, series }: Pick<Evidence, "areGaugesCurrent" | "series">
): Expected => {
  const gauges = areGaugesCurrent ? expectedGauges(processes) : []
  const exported = ({ entries, name, wasKilled }: AuditedProcess) =>
    expectedSeries(entries, wasKilled ? lastExportedLength(seriesOfProcess(series, name)).entries : undefined)
  return {
    all: addUp([...processes.flatMap(({ entries }) => expectedSeries(entries)), ...gauges]),
    exported: addUp([...processes.flatMap(exported), ...gauges])
  }
}

/** What a killed process did without logging it happened after its last export. */
const withUnlogged = (one: AuditedProcess, events: ReadonlyArray<LoggedEvent>): AuditedProcess => {
  const { epochMs = 0, exportNanos = 0n, monotonicMs = 0 } = one.entries.at(-1) ?? {}
  const unlogged = events.map((event) => ({ monotonicMs, epochMs, exportNanos, event }))
  return { ...one, entries: [...one.entries, ...unlogged] }
}

/** The gauges that are not zero at the end: the concurrency of the runners, and dead letters. */
const expectedGauges = (processes: ReadonlyArray<AuditedProcess>): ReadonlyArray<ExpectedSeries> => {
  const entries = inOrder(processes)
  const types = Object.keys(jobSummary(entries).types)
  const dead = deadLetters(withoutDeleted(entries).map(({ event }) => event))
  const runners = processes.filter(({ isRunner, wasKilled }) => isRunner && !wasKilled).length
  const gauge = (name: string, labels: ExpectedSeries["labels"], count: number) => ({ name, labels, count, values: [] })
  return types.flatMap((job_type) => [
    gauge("jobs_slots", { job_type, state: "limit" }, concurrency * runners),
    gauge("jobs_dlq_size", { job_type }, dead.filter(({ type }) => type === job_type).length)
  ])
}

const inOrder = (processes: ReadonlyArray<AuditedProcess>): ReadonlyArray<LogEntry> =>
  processes.flatMap(({ entries }) => entries).sort((left, right) => left.epochMs - right.epochMs)

const addUp = (series: ReadonlyArray<ExpectedSeries>): ReadonlyArray<ExpectedSeries> => {
  const sums = new Map<string, ExpectedSeries>()
  for (const one of series) {
    const key = seriesKey(one.name, one.labels)
    const before = sums.get(key)
    sums.set(
      key,
      before === undefined
        ? one
        : { ...one, count: before.count + one.count, values: [...before.values, ...one.values] }
    )
  }
  return [...sums.values()]
}
