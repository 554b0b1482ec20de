/**
 * When the next job is due: asked for after a claim that has found all there was, by a statement that no job waits for,
 * and at most once in a while.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { Alarm } from "./alarm.ts"
import type { RunnerState } from "./state.ts"

/** The pause between two looks; so much later than its time may a job begin that somebody else has put off. */
const pauseMs = 25

/** The looks of a runner. */
export class LookAhead {
  private readonly state: RunnerState
  private readonly isDueIn: (ms: number) => void
  private readonly alarm: Alarm
  private isUnderWay = false
  /** Asked for while one was under way, which may have been too early. */
  private isAskedAgain = false
  private notBefore = Number.NEGATIVE_INFINITY

  constructor(state: RunnerState, isDueIn: (ms: number) => void) {
    this.state = state
    this.isDueIn = isDueIn
    this.alarm = new Alarm(state, () => this.look())
  }

  look(): void {
    const { state } = this
    const now = state.now()
    if (this.isUnderWay) {
      this.isAskedAgain = true
    } else if (now < this.notBefore) {
      this.alarm.set(this.notBefore)
    } else if (!state.isStopping) {
      this.ask(now)
    }
  }

  private ask(now: number): void {
    const { state } = this
    const types = Array.from(state.places.values())
      .filter(({ isOpen, isPaused }) => isOpen && !isPaused)
      .map(({ handler: { type } }) => type)
    this.isUnderWay = true
    this.isAskedAgain = false
    this.notBefore = now + pauseMs
    state.ask(state.tables.nextDue(types), (exit) => {
      this.isUnderWay = false
      if (Exit.isFailure(exit)) {
        state.fork(Effect.logDebug("When the next job is due could not be read; the next poll looks again", exit.cause))
      } else if (exit.value !== undefined) {
        this.isDueIn(exit.value)
      }
      if (this.isAskedAgain) {
        this.look()
      }
    })
  }
}
