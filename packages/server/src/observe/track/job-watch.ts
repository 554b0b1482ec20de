/**
 * An operation on a job that is begun and ended by hand, by whoever knows better than an exit how it ends. It may be
 * counted later than it stopped: it is timed to when it stopped. Nothing in it throws.
 */
import type * as Clock from "effect/Clock"
import type { Outcome } from "../catalogue/outcome.ts"
import type { Ambient } from "../instrument/label.ts"
import { nowNanosOf } from "../instrument/sound-clock.ts"
import { type Ending, type Site, Watch } from "./watch.ts"

/** An operation that was begun, as its tracker knows it. */
export interface Operation extends Ending {
  /** No attempt follows. */
  isFinal: boolean
  /** How many attempts the job had taken, if this was its end. */
  attempts: number | undefined
  /** It does not run any more. */
  readonly stop: () => void
}

/** Where an operation is watched that runs on no fiber that is known. */
export interface Surroundings {
  readonly clock: Clock.Clock
  readonly ambient: Ambient
}

/**
 * A watch to be stopped and ended once. Its time is that of its clock's nanoseconds, which nobody sets: so must be the
 * times that it is begun with.
 */
export class JobWatch extends Watch {
  private operation: Operation | undefined = undefined
  private seconds: number | undefined = undefined

  constructor(site: Site, { ambient, clock }: Surroundings) {
    super(site, undefined)
    this.ambient = ambient
    this.clock = clock
    this.startNanos = nowNanosOf(clock)
  }

  /** What the tracker knows it as; nothing where the tracker failed. */
  watched(operation: Operation | undefined): this {
    this.operation = operation
    return this
  }

  override elapsed(): number {
    return this.seconds ?? super.elapsed()
  }

  override nowMillis(): number {
    return Number(this.startNanos) / 1e6 + this.elapsed() * 1000
  }

  /** It has stopped, and waits to be counted. */
  stop(): void {
    if (this.seconds === undefined) {
      this.seconds = super.elapsed()
      this.operation?.stop()
    }
  }

  /** It is counted. `attempts` is given where the job has come to its final outcome. */
  count(outcome: Outcome, isFinal: boolean, attempts?: number): void {
    if (this.operation !== undefined) {
      this.operation.isFinal = isFinal
      this.operation.attempts = attempts
    }
    this.end(outcome)
  }
}
