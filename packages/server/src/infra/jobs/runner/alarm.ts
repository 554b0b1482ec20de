/** One time at which something is to be done: the earliest that was asked for. */
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type { RunnerState } from "./state.ts"

/** An alarm. Times are milliseconds of the process. */
export class Alarm {
  private readonly state: RunnerState
  private readonly ring: () => void
  private at = Number.POSITIVE_INFINITY
  private timer: Fiber.RuntimeFiber<void> | undefined = undefined

  constructor(state: RunnerState, ring: () => void) {
    this.state = state
    this.ring = ring
  }

  /** Rings at this time, or earlier if that was asked for before. */
  set(at: number): void {
    if (at < this.at) {
      this.timer?.unsafeInterruptAsFork(FiberId.none)
      this.at = at
      this.timer = this.state.after(Math.max(0, Math.ceil(at - this.state.now())), () => {
        this.at = Number.POSITIVE_INFINITY
        this.timer = undefined
        this.ring()
      })
    }
  }
}
