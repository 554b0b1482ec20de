/** What the demo has to say at its end: one value, which becomes a JSON document or a table. */
import type { Series } from "@parametric-portal/dashboard/receiver"
import { compare, type Line, type Truth, type Unwitnessed, unwitnessedOf, witnessOf } from "./compare.ts"
import { slots } from "./job-types.ts"
import type { Entry } from "./ledger.ts"
import type { Sight } from "./receiver.ts"
import { failuresOf, type JobSummary, summaryOf } from "./summary.ts"
import { identityOf, type True, truthOf } from "./truth.ts"

export interface Result {
  /** Whether everything that was received is what really happened, and nothing is missing. */
  readonly agreed: boolean
  readonly jobs: JobSummary
  readonly metrics: ReadonlyArray<Line>
  /** What else was received: of what a runner does inside of itself there is no witness outside of the library. */
  readonly unwitnessed: ReadonlyArray<Unwitnessed>
  /** When the receiver was last seen, and why it was not seen again, if it was lost. */
  readonly delivery: { readonly lastSeen: string; readonly lost?: string }
}

/** A process that recorded metrics. */
export interface Recorded {
  /** What its metrics carry as the resource attribute `service.instance.name`. */
  readonly name: string
  readonly isRunner: boolean
  readonly entries: ReadonlyArray<Entry>
  /** It was killed; of its entries, so many had been made when its last acknowledged export was collected. */
  readonly exportedEntries?: number
}

/** The name of the resource attribute by which the processes of a run are told apart. */
export const processAttribute = "service.instance.name"

/** What was received, and whether what is sampled had settled by then: nothing was left to do. */
export interface Reception {
  readonly sight: Sight
  readonly isSettled: boolean
}

export const resultOf = (processes: ReadonlyArray<Recorded>, { isSettled, sight }: Reception): Result => {
  const { lost, seenAtMs, snapshot } = sight
  const gone = new Set(processes.filter(({ exportedEntries }) => exportedEntries !== undefined).map(({ name }) => name))
  const isGone = ({ resource }: Series) => gone.has(String(resource[processAttribute]))
  const witness = witnessOf(isSettled)
  const metrics = compare(truthOfAll(processes, isSettled), snapshot.series, { isGone, witness })
  const lastSeen = new Date(seenAtMs).toISOString()
  return {
    agreed: lost === undefined && metrics.every(({ agreed }) => agreed),
    jobs: summaryOf(inOrder(processes)),
    metrics,
    unwitnessed: unwitnessedOf(snapshot.series, { isGone, witness }),
    delivery: lost === undefined ? { lastSeen } : { lastSeen, lost }
  }
}

const truthOfAll = (processes: ReadonlyArray<Recorded>, isSettled: boolean): Truth => {
  const gauges = isSettled ? gaugesOf(processes) : []
  return {
    whole: sum([...processes.flatMap(({ entries }) => truthOf(entries)), ...gauges]),
    exported: sum([
      ...processes.flatMap(({ entries, exportedEntries }) => truthOf(entries, exportedEntries)),
      ...gauges
    ])
  }
}

/** The gauges that don't stand at zero at the end: slots, and dead letters. */
const gaugesOf = (processes: ReadonlyArray<Recorded>): ReadonlyArray<True> => {
  const entries = inOrder(processes)
  const types = Object.keys(summaryOf(entries).types)
  const dead = failuresOf(entries.map(({ what }) => what))
  const runners = processes.filter(({ exportedEntries, isRunner }) => isRunner && exportedEntries === undefined).length
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
