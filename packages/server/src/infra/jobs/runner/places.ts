/**
 * The places of one type of job on a runner, and what is buffered for them. How much is worth buffering follows from
 * how long its jobs take: quick ones in hundreds, so that a statement is shared by many; slow ones not at all, so that
 * none waits here while another runner is idle.
 */
import * as Duration from "effect/Duration"
import type { BackoffSettings } from "../definition/backoff.ts"
import type { RegisteredHandler } from "../definition/handlers.ts"
import { byRank, type Home, type Run } from "./run.ts"

/** No runner buffers more than this. */
export const mostBuffered = 500

/** No type has more buffered than this: half of it is claimed at a time. */
const mostOfType = 500

/**
 * What is buffered begins within so many milliseconds. It is marked as started by its claim, as a mark of its own would
 * halve the rate of quick jobs; a runner that dies leaves that many suspects at most that had not begun.
 */
const ahead = 10

/** The places of a type. */
export class Places implements Home {
  readonly handler: RegisteredHandler
  readonly timeoutMs: number
  readonly backoff: BackoffSettings
  /** False once the handler is removed. */
  isOpen = true
  isPaused = false
  /** Nothing is known to wait for these places in the tables. */
  isDry = false
  used = 0
  /** When a claim of it alone was made last. */
  askedAt = 0
  /** Handlers that go on although they were interrupted, and are left to themselves. */
  abandoned = 0
  /** What is buffered, in order. */
  ready: Array<Run> = []
  private meanMs: number | undefined = undefined
  private lastEndAt = 0

  constructor(handler: RegisteredHandler) {
    this.handler = handler
    this.timeoutMs = Duration.toMillis(handler.timeout)
    this.backoff = handler.backoff
  }

  /** Whether claims ask for it. */
  get isAskedFor(): boolean {
    return this.isOpen && !this.isPaused && !this.isDry
  }

  /** How many may run at once: none once the handler is removed. */
  get limit(): number {
    return this.isOpen ? this.handler.concurrency : 0
  }

  get free(): number {
    return Math.max(0, this.handler.concurrency - this.used)
  }

  /** How many beyond the free places are worth holding. */
  depth(now: number): number {
    if (this.handler.limits !== undefined || this.meanMs === undefined) {
      return 0
    }
    // Where all are busy, what has not ended for long is not quick, whatever those before it were.
    const pace = this.free > 0 ? this.meanMs : Math.max(this.meanMs, now - this.lastEndAt)
    return Math.min(mostOfType, Math.floor((this.handler.concurrency * ahead) / Math.max(pace, 0.1)))
  }

  /** How many more may be claimed. */
  wanted(now: number): { readonly most: number; readonly isLow: boolean } {
    const depth = this.depth(now)
    const most = this.free + depth - this.ready.length
    return { most, isLow: most > 0 && most >= depth / 2 }
  }

  take(runs: ReadonlyArray<Run>): void {
    this.ready = this.ready.concat(runs).sort(byRank)
  }

  drop(run: Run): void {
    this.ready = this.ready.filter((other) => other !== run)
  }

  ended(ms: number, now: number): void {
    this.lastEndAt = now
    this.meanMs = this.meanMs === undefined ? ms : this.meanMs * 0.9 + ms * 0.1
  }
}
