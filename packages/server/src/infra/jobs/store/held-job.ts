/** A job that a runner holds, as its claim gives it. */
import type { BackoffSettings } from "../definition/backoff.ts"
import type { Priority } from "../definition/priority.ts"

/** A job that a runner holds. `run` is its fence, with the id of the runner's life. */
export interface HeldJob {
  readonly id: string
  readonly run: number
  readonly type: string
  readonly priority: Priority
  readonly payload: string
  /** Marked as started: by its claim, unless it is a suspect. What is not is no attempt yet. */
  readonly isStarted: boolean
  /** The number of the attempt that it is, or will be once it is started; a redelivery has that of the one before. */
  readonly attempt: number
  readonly isRedelivered: boolean
  /** By the database's clock, in epoch milliseconds: for the handler to read. */
  readonly acceptedAt: number
  readonly dueAt: number
  /** How long ago it was accepted and due, by the database's clock, when it was claimed. */
  readonly ageMs: number
  readonly dueMs: number
  /** How many runners in a row died while it ran. */
  readonly deaths: number
  readonly maxAttempts: number | undefined
  readonly timeoutMs: number | undefined
  readonly backoff: BackoffSettings | undefined
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
  readonly baggage: string | undefined
  /** The span of the last attempt that ended and did not complete it. */
  readonly lastTraceparent: string | undefined
  /** The span of its last replay. */
  readonly replayTraceparent: string | undefined
}

/** The fence of a job that is held. */
export interface Fence {
  readonly id: string
  readonly run: number
}

/** What the tables say of a job that is held. */
export type HeldFence = Fence & Pick<HeldJob, "type" | "priority" | "isStarted" | "attempt" | "isRedelivered">
