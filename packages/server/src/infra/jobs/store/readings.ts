/** What is read of jobs: of one, of a page, and in numbers. */
import type { Priority } from "../definition/priority.ts"
import type { JobState } from "./state.ts"

/** A failed attempt. */
export interface JobFailure {
  readonly attempt: number
  readonly failedAt: number
  readonly reason: string
  readonly message: string
}

/** A job as it stands. Times are epoch milliseconds. */
export interface JobStatus {
  readonly id: string
  readonly jobType: string
  readonly state: JobState
  readonly priority: Priority
  /** The number of the last attempt that began, since the last replay; 0 before the first. */
  readonly attempt: number
  readonly acceptedAt: number
  readonly dueAt: number
  readonly startedAt: number | undefined
  readonly finishedAt: number | undefined
  readonly replays: number
  readonly redeliveries: number
  readonly heldBy: string | undefined
  /** Why it is a dead letter. */
  readonly reason: string | undefined
  /** From 0 to 1, as the handler told it last, and its words. */
  readonly progress: { readonly ratio: number; readonly note: string | undefined } | undefined
  /** The history of failures, oldest first, over replays. */
  readonly errors: ReadonlyArray<JobFailure>
}

/** What a job ended with. */
export interface JobEnding {
  readonly jobType: string
  readonly state: JobState
  readonly attempt: number
  readonly result: string | undefined
  readonly reason: string | undefined
  readonly message: string | undefined
  /** The typed error of the last failed attempt, as JSON. */
  readonly error: string | undefined
}

/** Which page of jobs. */
export interface PageRequest {
  readonly state: JobState
  readonly type?: string | undefined
  readonly limit: number
  /** What the page before gave as `next`. */
  readonly after?: { readonly at: number; readonly id: string } | undefined
}

/** How many jobs of a type stand in a state. */
export interface Depth {
  readonly jobType: string
  readonly state: JobState
  readonly jobs: number
}

/** How long ago the oldest job of a type got there, by the database's clock. */
export interface Oldest {
  readonly jobType: string
  readonly ageMs: number
}
