/**
 * What a runner knows of a lane that it works on: what waits there, roughly, and what runs. All writes that bring work
 * into a lane go through its entity, so the hints are complete; what they miss, the next poll finds.
 */
import type { RunningJob } from "./run.ts"
import type { Waiting } from "./store/accept.ts"
import { rankOf } from "./priority.ts"

/** A lane that this runner works on. */
export interface Lane {
  readonly id: number
  /** By type, a place in the order that nothing ready comes before; absent where nothing is ready. */
  readonly heads: Map<string, number>
  /** Nothing waits for a time before this one. */
  nextDueAt: number
  /** Under way here: two of one job where the earlier one has lost it and not yet ended. */
  readonly runs: Set<RunningJob>
}

export const openLane = (id: number): Lane => ({
  id,
  heads: new Map(),
  nextDueAt: Number.NEGATIVE_INFINITY,
  runs: new Set()
})

/** A job's place among those of its type. */
export interface Place {
  readonly jobType: string
  readonly rank: number
}

/** Something ready may come as early as this. */
export const noteHead = (lane: Lane, { jobType, rank }: Place): void => {
  const head = lane.heads.get(jobType)
  if (head === undefined || rank < head) {
    lane.heads.set(jobType, rank)
  }
}

export const noteHeads = (lane: Lane, places: Iterable<Place>): void => {
  for (const place of places) {
    noteHead(lane, place)
  }
}

/** A job waits in this lane, for its turn or for its time. */
export const noteWaiting = (lane: Lane, { dueAt, jobType, priority }: Waiting, nowMs: number): void => {
  if (dueAt <= nowMs) {
    noteHead(lane, { jobType, rank: rankOf(priority, dueAt) })
  } else {
    lane.nextDueAt = Math.min(lane.nextDueAt, dueAt)
  }
}

/** The runs of a job that are under way here. */
export const runsOf = ({ runs }: Lane, jobId: string): ReadonlyArray<RunningJob> =>
  Array.from(runs).filter(({ job }) => job.id === jobId)

/** The lane whose next job of this type comes first. */
export const firstLane = (lanes: Iterable<Lane>, jobType: string): Lane | undefined => {
  let first: Lane | undefined
  let lowest = Number.POSITIVE_INFINITY
  for (const lane of lanes) {
    const head = lane.heads.get(jobType)
    if (head !== undefined && (first === undefined || head < lowest)) {
      first = lane
      lowest = head
    }
  }
  return first
}
