/**
 * What the metrics must say if the library measures truly: the entries of the ledger, put into the words of the
 * documented metrics. It is written from the reference and shares no code with the library.
 */
import type { Between, Entry, JobFacts, LedgerEntry, MessageFacts } from "./ledger.ts"

export type Labels = Readonly<Record<string, string>>

/** A series that must be there: a counter that has counted so much, or a histogram of so many measurements. */
export type Expected =
  | { readonly kind: "count"; readonly name: string; readonly labels: Labels; readonly value: number }
  | {
      readonly kind: "distribution"
      readonly name: string
      readonly labels: Labels
      readonly values: ReadonlyArray<Between>
    }

type Moved =
  | { readonly name: string; readonly labels: Labels }
  | { readonly name: string; readonly labels: Labels; readonly measured: Between }

/** Every series that the entries move, one for each set of labels. */
export const expectedOf = (entries: ReadonlyArray<LedgerEntry>): ReadonlyArray<Expected> => {
  const series = new Map<string, { readonly name: string; readonly labels: Labels; count: number; values: Between[] }>()
  for (const moved of entries.flatMap(movedBy)) {
    const id = identityOf(moved.name, moved.labels)
    const one = series.get(id) ?? { name: moved.name, labels: moved.labels, count: 0, values: [] }
    one.count += 1
    if ("measured" in moved) one.values.push(moved.measured)
    series.set(id, one)
  }
  return [...series.values()].map(({ count, labels, name, values }) =>
    values.length === 0 ? { kind: "count", name, labels, value: count } : { kind: "distribution", name, labels, values }
  )
}

/** A text that two series share exactly if they are the same. */
export const identityOf = (name: string, labels: Labels): string =>
  JSON.stringify([name, Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))])

const movedBy = (entry: LedgerEntry): ReadonlyArray<Moved> => (isJob(entry) ? movedByJob(entry) : movedByMessage(entry))

const isJob = (entry: LedgerEntry): entry is Entry<JobFacts> => entry.facts.of === "job"

const movedByJob = ({ beganMs, endedMs, ending, facts, seconds }: Entry<JobFacts>): ReadonlyArray<Moved> => {
  const { attempt, deliverAt, enqueuedAt, isLast, operation, priority, type: job_type } = facts
  const labels = { job_type, operation, priority }
  const isProcess = operation === "process"
  const outcome: Labels = ending.outcome === "success" ? {} : { outcome: ending.outcome }
  const moved: Array<Moved> = [
    { name: "jobs_processing_seconds", labels: { ...labels, ...outcome }, measured: seconds }
  ]
  if (ending.outcome === "success") moved.push({ name: counters[operation], labels })
  if ("reason" in ending) moved.push({ name: "jobs_failed_total", labels: { job_type, reason: ending.reason } })
  if (isProcess && attempt > 1) moved.push({ name: "jobs_retried_total", labels })
  if (isProcess && enqueuedAt !== undefined) {
    const due = Math.max(enqueuedAt, deliverAt ?? enqueuedAt)
    moved.push({ name: "jobs_wait_duration_seconds", labels, measured: since(due, beganMs) })
    if (ending.outcome === "success" || ("reason" in ending && isLast)) {
      moved.push({ name: "jobs_duration_seconds", labels, measured: since(enqueuedAt, endedMs) })
    }
  }
  return moved
}

const movedByMessage = ({ ending, facts, seconds }: Entry<MessageFacts>): ReadonlyArray<Moved> => {
  const { entityType: entity_type, message, operation } = facts
  const labels = { entity_type, operation, message }
  const moved: Array<Moved> = [{ name: "cluster_message_latency_seconds", labels, measured: seconds }]
  if (ending.outcome === "success") moved.push({ name: counters[operation], labels })
  if ("reason" in ending) moved.push({ name: "cluster_errors_total", labels: { entity_type, type: ending.reason } })
  return moved
}

const counters = {
  submit: "jobs_enqueued_total",
  process: "jobs_completed_total",
  cancel: "jobs_cancelled_total",
  send: "cluster_messages_sent_total",
  receive: "cluster_messages_received_total"
} as const

const since = (fromMs: number, { atLeast, atMost }: Between): Between => ({
  atLeast: Math.max(0, atLeast - fromMs) / 1000,
  atMost: Math.max(0, atMost - fromMs) / 1000
})
