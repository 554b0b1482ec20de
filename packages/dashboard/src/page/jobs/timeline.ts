/** What happened to a job, in order, from what its row holds of it. */
import type { JobView } from "./shapes.ts"

/** Something that happened, or is to come. */
export interface Event {
  readonly kind: "accepted" | "due" | "started" | "failed" | "redelivered" | "replayed" | "end"
  /** When; absent where only the order is known. */
  readonly at?: number
  readonly title: string
  /** How it stands: `bad` for a failure, `next` for what is to come. */
  readonly tone?: "good" | "bad" | "next"
  /** The text of an error. */
  readonly text?: string
}

/** Oldest first. */
export const timelineOf = (job: JobView): ReadonlyArray<Event> => {
  const failures = failuresOf(job)
  const lastFailure = job.errors.at(-1)?.failedAt
  return [
    { kind: "accepted", at: job.acceptedAt, title: "Accepted" },
    ...failures,
    ...dueOf(job, lastFailure),
    ...redeliveriesOf(job),
    ...startOf(job, lastFailure),
    ...endOf(job)
  ]
}

/** After a replay the numbers of attempts begin at one again. */
const failuresOf = (job: JobView): ReadonlyArray<Event> => {
  const events: Array<Event> = []
  let last = 0
  let replays = 0
  for (const { attempt, failedAt, message, reason } of job.errors) {
    if (attempt <= last) {
      replays += 1
      events.push(replayed(1))
    }
    last = attempt
    events.push({
      kind: "failed",
      at: failedAt,
      title: `Attempt ${attempt} failed: ${reason}`,
      tone: "bad",
      text: message
    })
  }
  const rest = job.replays - replays
  return rest > 0 && job.state !== "dead" ? [...events, replayed(rest)] : events
}

const replayed = (times: number): Event => ({
  kind: "replayed",
  title: `Replayed${times > 1 ? ` ${times} times` : ""}: attempts count from 1 again`
})

const dueOf = (job: JobView, lastFailure: number | undefined): ReadonlyArray<Event> => {
  const isWaiting = job.state === "ready" || job.state === "scheduled" || job.state === "retrying"
  const isLater = job.dueAt > (lastFailure ?? job.acceptedAt)
  if (isWaiting) {
    const title = job.attempt > 0 || lastFailure !== undefined ? `Attempt ${job.attempt + 1} due` : "Due"
    return [{ kind: "due", at: job.dueAt, title, tone: "next" }]
  }
  const before = job.startedAt === undefined || job.dueAt <= job.startedAt
  return isLater && before && !isDeadOf(job, lastFailure) ? [{ kind: "due", at: job.dueAt, title: "Due" }] : []
}

const redeliveriesOf = ({ redeliveries }: JobView): ReadonlyArray<Event> =>
  redeliveries > 0
    ? [
        {
          kind: "redelivered",
          title: `Redelivered ${redeliveries === 1 ? "once" : `${redeliveries} times`}: its runner was lost`
        }
      ]
    : []

/** The last attempt, where no failure has ended it. */
const startOf = (job: JobView, lastFailure: number | undefined): ReadonlyArray<Event> => {
  if (job.startedAt === undefined || (lastFailure !== undefined && lastFailure >= job.startedAt)) {
    return []
  }
  const by = job.heldBy === undefined ? "" : ` on ${job.heldBy}`
  return [{ kind: "started", at: job.startedAt, title: `Attempt ${Math.max(job.attempt, 1)} began${by}` }]
}

/** Whether its last failure is what it died of. */
const isDeadOf = (job: JobView, lastFailure: number | undefined): boolean =>
  job.state === "dead" && lastFailure !== undefined && lastFailure >= (job.startedAt ?? 0)

const endOf = (job: JobView): ReadonlyArray<Event> => {
  const at = job.finishedAt === undefined ? {} : { at: job.finishedAt }
  switch (job.state) {
    case "completed":
      return [{ kind: "end", ...at, title: "Completed", tone: "good" }]
    case "cancelled":
      return [{ kind: "end", ...at, title: "Cancelled" }]
    case "dead":
      return [
        { kind: "end", ...at, title: `Dead letter${job.reason === undefined ? "" : `: ${job.reason}`}`, tone: "bad" }
      ]
    default:
      return []
  }
}
