/** What a runner holds: jobs, each from its claim until its end is in the tables or it is lost. */
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type * as Tracer from "effect/Tracer"
import type { JobWatch } from "../../../observe/track/job-watch.ts"
import type { AttemptFailed } from "../definition/attempt.ts"
import type { RegisteredHandler } from "../definition/handlers.ts"
import { rankOf } from "../definition/priority.ts"
import type { BackoffSettings } from "../definition/backoff.ts"
import type { HeldJob } from "../store/operations.ts"

/** How a handler ended. */
export type HandlerExit = Exit.Exit<string, AttemptFailed>

/**
 * Where a run stands: a suspect that waits for others to end or is in the statement that marks it as started, or any
 * other, marked and ready to begin; at work in its handler; waiting for its end to be written; or gone.
 */
export type Stage = "suspect" | "marking" | "ready" | "working" | "ending" | "gone"

/** Why a handler was interrupted. A run that is `lost` is written by nobody here. */
export type Order = "timedOut" | "cancelled" | "handedOver" | "lost"

/**
 * One life of a runner: from a row in the tables to the end of its heartbeat. What it holds belongs to this life, and
 * nothing of it is written once the life is over.
 */
export interface Life {
  /** Its id in the tables, used once. */
  readonly id: string
  /** When the heartbeat was sent that was answered last, in milliseconds of the process. */
  beatAt: number
  isOver: boolean
  readonly runs: Set<Run>
}

/** The places of a type, by what a run of it needs. */
export interface Home {
  readonly handler: RegisteredHandler
  /** Of an attempt, unless the job says otherwise. */
  readonly timeoutMs: number
  readonly backoff: BackoffSettings
  isDry: boolean
  used: number
  abandoned: number
  readonly isOpen: boolean
  /** Takes a run out of the buffer. */
  readonly drop: (run: Run) => void
  /** A handler has ended after so many milliseconds. */
  readonly ended: (ms: number, now: number) => void
}

/** A job that is held here. Times are those of the process, in milliseconds. */
export class Run {
  readonly job: HeldJob
  readonly life: Life
  readonly places: Home
  readonly claimedAt: number
  /** Its place in the order of what waits: the lower begins first. */
  readonly rank: number
  stage: Stage
  order: Order | undefined = undefined
  watch: JobWatch | undefined = undefined
  fiber: Fiber.RuntimeFiber<string, AttemptFailed> | undefined = undefined
  /** Of its attempt, once that has begun, where a tracer is installed. */
  span: Tracer.AnySpan | undefined = undefined
  /** Waits until the handler's time to end is over. */
  grace: Fiber.RuntimeFiber<void> | undefined = undefined
  /** When its handler began, and when the attempt is over. */
  beganAt = 0
  deadline = Number.POSITIVE_INFINITY

  constructor(job: HeldJob, life: Life, { claimedAt, places }: { readonly claimedAt: number; readonly places: Home }) {
    this.job = job
    this.life = life
    this.places = places
    this.claimedAt = claimedAt
    this.stage = job.isStarted ? "ready" : "suspect"
    this.rank = rankOf(job.priority, claimedAt - job.dueMs)
  }

  /** It belongs to its life no more. */
  leave(): void {
    this.stage = "gone"
    this.life.runs.delete(this)
  }

  /** Nobody is to write how it ends. */
  get isLost(): boolean {
    return this.life.isOver || this.order === "lost" || this.order === "cancelled"
  }
}

/** By their place in the order. */
export const byRank = (one: Run, other: Run): number => one.rank - other.rank
