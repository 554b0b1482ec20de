/** When attempts are over: one timer for all of them, as most end before. */
import { Alarm } from "./alarm.ts"
import type { Run } from "./run.ts"
import type { RunnerState } from "./state.ts"

/** The deadlines of the attempts at work. */
export class Deadlines {
  private readonly state: RunnerState
  private readonly alarm: Alarm
  private readonly pass: (run: Run) => void
  /** By timeout: within one, those that began first are over first. */
  private readonly running = new Map<number, Set<Run>>()

  constructor(state: RunnerState, pass: (run: Run) => void) {
    this.state = state
    this.pass = pass
    this.alarm = new Alarm(state, () => this.look())
  }

  add(run: Run): void {
    const timeoutMs = timeoutOf(run)
    if (!Number.isFinite(timeoutMs)) {
      return
    }
    run.deadline = run.beganAt + timeoutMs
    const same = this.running.get(timeoutMs)
    if (same === undefined) {
      this.running.set(timeoutMs, new Set([run]))
    } else {
      same.add(run)
    }
    this.alarm.set(run.deadline)
  }

  remove(run: Run): void {
    const timeoutMs = timeoutOf(run)
    const same = this.running.get(timeoutMs)
    if (same?.delete(run) === true && same.size === 0) {
      this.running.delete(timeoutMs)
    }
  }

  private look(): void {
    const now = this.state.now()
    for (const [timeoutMs, same] of this.running) {
      for (const run of same) {
        if (run.deadline > now) {
          this.alarm.set(run.deadline)
          break
        }
        same.delete(run)
        this.pass(run)
      }
      if (same.size === 0) {
        this.running.delete(timeoutMs)
      }
    }
  }
}

const timeoutOf = ({ job, places }: Run): number => job.timeoutMs ?? places.timeoutMs
