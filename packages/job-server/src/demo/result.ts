/** What the demo has to say at its end: one value, which becomes a JSON document or a table. */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { compare, type Line, type Truth, type Unwitnessed, unwitnessedOf, witnessOf } from "../audit/compare.ts"
import { slots } from "../server/job-types.ts"
import type { Entry, Happened } from "../audit/event-log.ts"
import { ledgerExportOf } from "../audit/event-log-gauge.ts"
import { processAttribute, seriesOf, type Sight } from "./receiver.ts"
import { failuresOf, type JobSummary, summaryOf } from "../audit/job-summary.ts"
import { type Tables, unanswered } from "../audit/job-tables.ts"
import { identityOf, type True, truthOf } from "../audit/expected.ts"

export interface Result {
  /** Whether everything that was received is what really happened, and nothing is missing. */
  readonly agreed: boolean
  readonly jobs: JobSummary
  readonly metrics: ReadonlyArray<Line>
  /** What else was received: of what a runner does inside of itself there is no witness outside of the library. */
  readonly unwitnessed: ReadonlyArray<Unwitnessed>
  /** When the receiver was last seen, and why it was not seen again, if it was lost. */
  readonly delivery: { readonly lastSeen: string; readonly lost?: string }
  /** Why the work did not come to its end, if it was neither done nor ended by the user. */
  readonly broken?: string
}

/** The result of a run that was ended before any job was submitted: nothing was compared, so nothing agrees. */
export const nothingDone = (reason: string): Result => ({
  agreed: false,
  jobs: summaryOf([]),
  metrics: [],
  unwitnessed: [],
  delivery: { lastSeen: new Date().toISOString() },
  broken: `it was ended ${reason} before any job was submitted`
})

/** A process that recorded metrics. */
export interface Recorded {
  /** What its metrics carry as the resource attribute `service.instance.name`. */
  readonly name: string
  readonly isRunner: boolean
  readonly entries: ReadonlyArray<Entry>
  readonly wasKilled: boolean
}

/** What was received, what the tables say, and whether what is sampled had settled by then: nothing was left to do. */
export interface Reception {
  readonly sight: Sight
  readonly tables: Tables
  readonly isSettled: boolean
  readonly broken: string | undefined
}

export const resultOf = (known: ReadonlyArray<Recorded>, { broken, isSettled, sight, tables }: Reception): Result => {
  const { lost, seenAtMs, snapshot } = sight
  const unknown = isSettled ? unanswered(tables, inOrder(known)) : []
  const processes = known.map((one) => (one.wasKilled ? withUnanswered(one, unknown) : one))
  const killed = known.filter(({ wasKilled }) => wasKilled)
  const isGone = ({ resource }: Series) => killed.some(({ name }) => name === resource[processAttribute])
  const witness = witnessOf(isSettled)
  const truth = truthOfAll(processes, { isSettled, series: snapshot.series })
  const metrics = compare(truth, snapshot.series, { isGone, witness })
  const isExplained = unknown.length === 0 || killed.length > 0
  const lastSeen = new Date(seenAtMs).toISOString()
  return {
    agreed: lost === undefined && broken === undefined && isExplained && metrics.every(({ agreed }) => agreed),
    jobs: summaryOf(inOrder(processes)),
    metrics,
    unwitnessed: unwitnessedOf(snapshot.series, { isGone, witness }),
    delivery: lost === undefined ? { lastSeen } : { lastSeen, lost },
    ...(broken === undefined ? {} : { broken })
  }
}

const truthOfAll = (
  processes: ReadonlyArray<Recorded>,
  { isSettled, series }: { readonly isSettled: boolean; readonly series: ReadonlyArray<Series> }
): Truth => {
  const gauges = isSettled ? gaugesOf(processes) : []
  const exported = ({ entries, name, wasKilled }: Recorded) =>
    truthOf(entries, wasKilled ? ledgerExportOf(seriesOf(series, name)).entries : undefined)
  return {
    whole: sum([...processes.flatMap(({ entries }) => truthOf(entries)), ...gauges]),
    exported: sum([...processes.flatMap(exported), ...gauges])
  }
}

/** What a killed process had done without being told, it did after its last export. */
const withUnanswered = (one: Recorded, happened: ReadonlyArray<Happened>): Recorded => {
  const { at = 0, stamp = 0n, wallAt = 0 } = one.entries.at(-1) ?? {}
  return { ...one, entries: [...one.entries, ...happened.map((what) => ({ at, wallAt, stamp, what }))] }
}

/** The gauges that don't stand at zero at the end: slots, and dead letters. */
const gaugesOf = (processes: ReadonlyArray<Recorded>): ReadonlyArray<True> => {
  const entries = inOrder(processes)
  const types = Object.keys(summaryOf(entries).types)
  const dead = failuresOf(entries.map(({ what }) => what))
  const runners = processes.filter(({ isRunner, wasKilled }) => isRunner && !wasKilled).length
  const gauge = (name: string, labels: True["labels"], count: number) => ({ name, labels, count, values: [] })
  return types.flatMap((job_type) => [
    gauge("jobs_slots", { job_type, state: "limit" }, slots * runners),
    gauge("jobs_dlq_size", { job_type }, dead.filter(({ type }) => type === job_type).length)
  ])
}

const inOrder = (processes: ReadonlyArray<Recorded>): ReadonlyArray<Entry> =>
  processes.flatMap(({ entries }) => entries).sort((left, right) => left.wallAt - right.wallAt)

const sum = (series: ReadonlyArray<True>): ReadonlyArray<True> => {
  const together = new Map<string, True>()
  for (const one of series) {
    const id = identityOf(one.name, one.labels)
    const before = together.get(id)
    together.set(
      id,
      before === undefined
        ? one
        : { ...one, count: before.count + one.count, values: [...before.values, ...one.values] }
    )
  }
  return [...together.values()]
}
