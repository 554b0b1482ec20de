/**
 * Writes what handlers say of their progress: the last that each has said, a few times a second. It is written by the
 * runner and not by the handler, in whose transaction nobody would read it.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { clean } from "../definition/attempt.ts"
import type { Run } from "./run.ts"
import type { RunnerState } from "./state.ts"

/** The milliseconds between two writes of one job. */
const pauseMs = 250

interface Said {
  readonly ratio: number
  readonly note: string | undefined
}

/** The progress of the jobs of a runner. */
export class Progress {
  private readonly state: RunnerState
  /** The job is not held any more. */
  private readonly onLost: (run: Run) => void
  /** What is to be written after the pause, if anything; a run is here while it pauses. */
  private readonly paused = new Map<Run, Said | undefined>()

  constructor(state: RunnerState, onLost: (run: Run) => void) {
    this.state = state
    this.onLost = onLost
  }

  say(run: Run, ratio: number, note: string | undefined): void {
    if (run.stage !== "working" || Number.isNaN(ratio)) {
      return
    }
    const said: Said = { ratio: Math.min(1, Math.max(0, ratio)), note: note === undefined ? note : clean(note) }
    if (this.paused.has(run)) {
      this.paused.set(run, said)
    } else {
      this.write(run, said)
    }
  }

  private write(run: Run, { note, ratio }: Said): void {
    this.paused.set(run, undefined)
    this.state.after(pauseMs, () => {
      const next = this.paused.get(run)
      this.paused.delete(run)
      if (next !== undefined && run.stage === "working") {
        this.write(run, next)
      }
    })
    const { id, run: number } = run.job
    this.state.ask(this.state.tables.progress(run.life.id, { id, run: number }, ratio, note), (exit) => {
      if (Exit.isFailure(exit)) {
        this.state.fork(Effect.logDebug("The progress of a job could not be written", exit.cause))
      } else if (!exit.value) {
        this.onLost(run)
      }
    })
  }
}
