/**
 * What the metrics must say if the library measures truly: a ledger, put into the words of the documented metrics. It is
 * written from the reference and shares no code with the library.
 *
 * A process records what the store answered just after the ledger has it and before anything else is written there, so
 * a duration that ends with the answer is at most as long as to the next entry.
 */
import { attemptsOf, type AttemptStory } from "./attempt-timeline.ts"
import type { Entry, Happened } from "./event-log.ts"

export type Labels = Readonly<Record<string, string>>

/** Two numbers between which the true one lies. */
export interface Between {
  readonly atLeast: number
  readonly atMost: number
}

/** A series: its name, its labels, and by how much it was moved. */
export interface True {
  readonly name: string
  readonly labels: Labels
  /** A counter's sum, the number of measurements of a histogram, or what a gauge stands at. */
  readonly count: number
  /** The measurements of a histogram. */
  readonly values: ReadonlyArray<Between>
}

/** A text that two series share exactly if they are the same. */
export const identityOf = (name: string, labels: Labels): string =>
  JSON.stringify([name, Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1))])

/** Every series that the first so many entries of a ledger move. */
export const truthOf = (entries: ReadonlyArray<Entry>, upTo = entries.length): ReadonlyArray<True> => {
  const series = new Map<string, { readonly name: string; readonly labels: Labels; count: number; values: Between[] }>()
  for (const { index, labels, measured, name } of movedBy(entries)) {
    if (index >= upTo) continue
    const id = identityOf(name, labels)
    const one = series.get(id) ?? { name, labels, count: 0, values: [] }
    one.count += 1
    if (measured !== undefined) one.values.push(measured)
    series.set(id, one)
  }
  return [...series.values()]
}

/** One recording, and the entry that it comes with. */
interface Moved {
  readonly index: number
  readonly name: string
  readonly labels: Labels
  readonly measured?: Between
}

type Of<Tag extends Happened["_tag"]> = Extract<Happened, { readonly _tag: Tag }>

const movedBy = (entries: ReadonlyArray<Entry>): ReadonlyArray<Moved> => {
  const moved: Array<Moved> = []
  const attempts = attemptsOf(entries)
  for (const [index, { what }] of entries.entries()) {
    const move = (name: string, labels: Labels, measured?: Between) =>
      moved.push(measured === undefined ? { index, name, labels } : { index, name, labels, measured })
    const attempt = attempts.get(index)
    if (what._tag === "Claimed") movedByClaim(what, attempt, move)
    else if (attempt !== undefined) movedByEnd(attempt, entries[index + 1], move)
    movedByOperation(what, move)
    movedByMessage(what, move)
    movedByRun(what, move)
  }
  return moved
}

type Move = (name: string, labels: Labels, measured?: Between) => void

const operations = {
  Submitted: { operation: "submit", counter: "jobs_enqueued_total" },
  Refused: { operation: "submit", counter: "" },
  Cancelled: { operation: "cancel", counter: "jobs_cancelled_total" },
  Replayed: { operation: "replay", counter: "jobs_replayed_total" }
} as const

const movedByOperation = (what: Happened, move: Move) => {
  if (!isOperation(what)) return
  const { counter, operation } = operations[what._tag]
  const labels = { job_type: what.type, operation, priority: what.priority }
  const seconds = "tookMs" in what ? what.tookMs / 1000 : 0
  move("jobs_processing_seconds", { ...labels, ...outcomeOf(what.outcome) }, atLeast(seconds))
  if (what.outcome === "success") move(counter, labels)
  if (what.reason !== undefined) move("jobs_failed_total", { job_type: what.type, reason: what.reason })
  if (what._tag === "Cancelled" && what.attempts > 0) {
    move("jobs_attempts", { ...labels, operation: "process" }, exactly(what.attempts))
  }
}

const isOperation = (what: Happened): what is Of<keyof typeof operations> => what._tag in operations

const movedByClaim = (claimed: Of<"Claimed">, attempt: AttemptStory | undefined, move: Move) => {
  const labels = { job_type: claimed.type, operation: "process", priority: claimed.priority }
  const due = Math.max(claimed.acceptedAt, claimed.dueAt)
  const until = attempt?.began?.wallAt ?? Infinity
  move("jobs_wait_duration_seconds", labels, since(due, attempt?.claimed.wallAt ?? due, until))
  if (claimed.isRedelivered) move("jobs_redelivered_total", labels)
  else if (claimed.attempt > 1) move("jobs_retried_total", labels)
}

/** The end of an attempt, where it is recorded: with the answer of the store, or without one when it was cancelled. */
const movedByEnd = ({ claimed, finished, settled }: AttemptStory, next: Entry | undefined, move: Move) => {
  const { acceptedAt, attempt, priority, type } = claimed.what
  const labels = { job_type: type, operation: "process", priority }
  const isOurs = settled?.what.isOurs === true && settled.what.as !== "Released"
  const isCompleted = isOurs && settled.what.as === "Completed"
  const failed = finished?.what.outcome === "defect" ? "defect" : "failure"
  const outcome = isCompleted ? "success" : isOurs ? failed : "interrupted"
  move(
    "jobs_processing_seconds",
    { ...labels, ...outcomeOf(outcome) },
    {
      atLeast: (finished?.what.tookMs ?? 0) / 1000,
      atMost: settled === undefined ? Infinity : ((next?.at ?? Infinity) - claimed.at) / 1000
    }
  )
  if (!isOurs) return
  if (isCompleted) move("jobs_completed_total", labels)
  else move("jobs_failed_total", { job_type: type, reason: settled.what.reason ?? "" })
  if (settled.what.as === "Retrying") return
  if (settled.what.as === "Dead")
    move("jobs_dead_lettered_total", { job_type: type, reason: settled.what.reason ?? "" })
  move("jobs_duration_seconds", labels, since(acceptedAt, settled.wallAt, next?.wallAt ?? Infinity))
  move("jobs_attempts", labels, exactly(attempt))
}

const movedByMessage = (what: Happened, move: Move) => {
  if (!("entityType" in what)) return
  const { entityType: entity_type } = what
  switch (what._tag) {
    case "Activated":
      move("cluster_entity_activations_total", { entity_type })
      return move("cluster_entity_activation_seconds", { entity_type }, atLeast(0))
    case "Deactivated":
      move("cluster_entity_deactivations_total", { entity_type, reason: what.reason })
      return move("cluster_entity_lifetime_seconds", { entity_type }, atMost(what.tookMs / 1000))
    case "Arrived":
      move("cluster_messages_received_total", { entity_type, operation: "receive", message: what.message })
      return move("cluster_message_delivery_delay_seconds", { entity_type }, atLeast(0))
    case "Started":
      return move("cluster_message_wait_seconds", { entity_type }, atLeast(0))
    case "Handled":
    case "Sent":
      return movedByMessageEnd(what, move)
  }
}

/** The library's own singletons, which sample, are not counted: they are no work of the user's. */
const movedByRun = (what: Happened, move: Move) => {
  if (what._tag !== "Ran" || what.singleton.startsWith("@parametric-portal/server/")) return
  move("cluster_singleton_runs_total", { singleton: what.singleton, ...outcomeOf(what.outcome) })
}

const movedByMessageEnd = (what: Of<"Handled" | "Sent">, move: Move) => {
  const { entityType: entity_type, message, outcome, reason } = what
  const isSent = what._tag === "Sent"
  const labels = { entity_type, operation: isSent ? "send" : "receive", message }
  const seconds = what.tookMs / 1000
  move("cluster_message_latency_seconds", labels, isSent ? atMost(seconds) : atLeast(seconds))
  if (isSent && outcome === "success") move("cluster_messages_sent_total", labels)
  if (!isSent) {
    move("cluster_message_processing_seconds", { entity_type, message, ...outcomeOf(outcome) }, atLeast(seconds))
  }
  if (reason !== undefined) move("cluster_errors_total", { entity_type, type: reason })
}

const outcomeOf = (outcome: string): Labels => (outcome === "success" ? {} : { outcome })

const exactly = (value: number): Between => ({ atLeast: value, atMost: value })
const atLeast = (value: number): Between => ({ atLeast: value, atMost: Infinity })
const atMost = (value: number): Between => ({ atLeast: 0, atMost: value })

const since = (fromMs: number, earliestMs: number, latestMs: number): Between => ({
  atLeast: Math.max(0, earliestMs - fromMs) / 1000,
  atMost: Math.max(0, latestMs - fromMs) / 1000
})
