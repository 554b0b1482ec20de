/** What is read of jobs: of one, of a page, and in numbers. */
import type { Priority } from "../definition/priority.ts"
import type { JobState } from "./state.ts"

/** A failed attempt. */
export interface JobFailure {
  /** The number of the attempt, from 1. */
  readonly attempt: number
  /** When it failed, in epoch milliseconds. */
  readonly failedAt: number
  /** The tag of its error, or the reason that the runner gives to a defect; the label `reason`. */
  readonly reason: string
  /** The message of the error, shortened if it is long. */
  readonly message: string
}

/** The current status of a job. Times are epoch milliseconds. */
export interface JobStatus {
  /** The id that `submit` gave. */
  readonly id: string
  /** The type of the job. */
  readonly jobType: string
  /** Its current state. */
  readonly state: JobState
  /** The priority that it was submitted with. */
  readonly priority: Priority
  /** The number of the last attempt that began, since the last replay; 0 before the first. */
  readonly attempt: number
  /** When it was accepted. */
  readonly acceptedAt: number
  /** The earliest time at which it begins. */
  readonly dueAt: number
  /** When its last attempt began; undefined before the first. */
  readonly startedAt: number | undefined
  /** When it ended; undefined before that. */
  readonly finishedAt: number | undefined
  /** How often it was replayed as a dead letter. */
  readonly replays: number
  /** How often an attempt began again because its runner stopped or was lost. */
  readonly redeliveries: number
  /** The runner that holds it, if any. */
  readonly heldBy: string | undefined
  /** Why it is a dead letter. */
  readonly reason: string | undefined
  /** The last progress that the handler reported: a ratio from 0 to 1, and a note. */
  readonly progress: { readonly ratio: number; readonly note: string | undefined } | undefined
  /** The W3C `traceparent` of the span that it was submitted in; undefined where there was none. */
  readonly traceparent: string | undefined
  /**
   * The W3C `traceparent` of its last attempt that has ended, of a job that may run again or is a dead letter; undefined
   * where there was none, or no tracer.
   */
  readonly lastTraceparent: string | undefined
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
  /** The oldest first, unless told. */
  readonly order?: "oldest" | "newest" | undefined
  /** What the page before gave as `next`. */
  readonly after?: { readonly at: number; readonly id: string } | undefined
}

/** How many jobs of a type stand in a state. */
export interface Depth {
  /** The type of the jobs. */
  readonly jobType: string
  /** The state of the jobs. */
  readonly state: JobState
  /** The number of jobs. */
  readonly jobs: number
}

/** How long ago the oldest job of a type got there, by the database's clock. */
export interface Oldest {
  /** The type of the job. */
  readonly jobType: string
  /** For how long it has been there, in milliseconds. */
  readonly ageMs: number
}

/** What a runner writes of itself with each heartbeat. */
export interface Slots {
  /** How many jobs it runs at once at most, of all types together; undefined before it has a handler. */
  readonly slots: number | undefined
}

/** A runner whose life has not ended, or was not found to have ended yet. */
export interface RunnerStatus {
  /** The id of its life, which `heldBy` of a job names. */
  readonly id: string
  /** The option `runnerName`. */
  readonly name: string
  /** How many jobs it holds. */
  readonly running: number
  /**
   * How many jobs it runs at once at most, of all types together, as of its last heartbeat. `running` may be more, as
   * quick jobs are held some milliseconds before they begin. Absent before it has a handler, and of a runner of a
   * version that doesn't write it.
   */
  readonly slots?: number | undefined
  /** How long ago it last wrote its heartbeat, in milliseconds by the database's clock; more than the lease: it is lost. */
  readonly heartbeatAgeMs: number
}
