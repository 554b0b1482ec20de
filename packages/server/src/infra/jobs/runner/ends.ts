/**
 * Writes how runs ended, in groups: what ends while a statement is under way goes into the next one. A run is counted
 * once its end is written, and not at all where it had lost its job.
 */
import { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { isRefused } from "../store/certain.ts"
import type { End, Written } from "../store/operations.ts"
import type { Life, Run } from "./run.ts"
import { type Conclusion, released, unwritable } from "./settlement.ts"
import type { RunnerState } from "./state.ts"

/** A run that has ended, and how. */
interface Ended extends Conclusion {
  readonly run: Run
}

/** A row that another session has locked is tried again after so many milliseconds. */
const lockedMs = 50

/** The characters of results and errors that a statement should have at most. */
const mostCharacters = 8_000_000

/** The ends of a runner. */
export class Ends {
  private readonly state: RunnerState
  /** A job waits for another attempt that is due in so many milliseconds. */
  private readonly onDue: (ms: number) => void
  private queue: Array<Ended> = []
  /** Groups to be written as they are: parts of one that was refused. */
  private parts: Array<ReadonlyArray<Ended>> = []
  private locked: Array<Ended> = []
  private isUnderWay = false
  private pauseMs = 0
  private notBefore = 0

  constructor(state: RunnerState, onDue: (ms: number) => void) {
    this.state = state
    this.onDue = onDue
  }

  /** So many wait that no more should begin. */
  get isFull(): boolean {
    return this.queue.length >= 4 * this.state.tables.groupSize
  }

  add(run: Run, { outcome, settlement }: Conclusion): void {
    run.stage = "ending"
    this.queue.push({ run, settlement, outcome })
    this.state.wake()
  }

  /** Gives a job back that has not begun. */
  release(run: Run): void {
    this.notBegun(run)
    this.add(run, released)
  }

  /** Forgets a job that has not begun and is not held any more. */
  forgo(run: Run): void {
    this.notBegun(run)
    run.leave()
  }

  private notBegun(run: Run): void {
    run.places.drop(run)
    if (run.stage === "ready") {
      this.state.recorder.neverBegun(run)
    }
  }

  /** Its life is over: nothing of it is written. */
  forget(life: Life): void {
    const isOther = ({ run }: Ended): boolean => run.life !== life
    this.queue = this.queue.filter(isOther)
    this.locked = this.locked.filter(isOther)
    this.parts = []
  }

  readonly turn = (): void => {
    if (!this.isUnderWay && this.state.now() >= this.notBefore) {
      const group = this.parts.pop() ?? this.take()
      const [first] = group
      if (first !== undefined) {
        this.write(first.run.life, group)
      }
    }
  }

  private take(): ReadonlyArray<Ended> {
    const most = Math.min(this.queue.length, this.state.tables.groupSize)
    let characters = 0
    let size = 0
    while (size < most && (size === 0 || characters < mostCharacters)) {
      characters += lengthOf(this.queue[size])
      size += 1
    }
    return this.queue.splice(0, size)
  }

  private write(life: Life, group: ReadonlyArray<Ended>): void {
    this.isUnderWay = true
    this.state.ask(this.state.tables.end(life.id, group.map(endOf)), (exit) => {
      this.isUnderWay = false
      if (Exit.isSuccess(exit)) {
        this.pauseMs = 0
        group.forEach((ended, index) => this.settle(ended, exit.value[index] ?? "lost"))
      } else if (!life.isOver) {
        this.failed(group, exit.cause)
      }
    })
  }

  private settle(ended: Ended, written: Written): void {
    const { outcome, run, settlement } = ended
    if (run.stage === "gone") {
      return
    }
    if (written === "locked") {
      this.tryLater(ended)
      return
    }
    run.leave()
    if (written === "lost" || settlement._tag === "Released") {
      run.watch?.endUncounted()
    } else {
      this.state.recorder.end(run, outcome, settlement._tag === "Dead")
    }
    if (written === "written" && settlement._tag === "Dead") {
      this.state.recorder.deadLettered(run.job.type, settlement.failure.reason)
    }
    if (written === "written" && settlement._tag === "Retrying") {
      this.onDue(settlement.pauseMs)
    }
    if (settlement._tag === "Released" || run.places.handler.limits !== undefined) {
      // It can be claimed again, or has made room within the limits of the cluster.
      run.places.isDry = false
    }
  }

  private tryLater(ended: Ended): void {
    this.locked.push(ended)
    if (this.locked.length === 1) {
      this.state.after(lockedMs, () => {
        this.queue.unshift(...this.locked)
        this.locked = []
        this.state.wake()
      })
    }
  }

  private failed(group: ReadonlyArray<Ended>, cause: Cause.Cause<SqlError>): void {
    const error = Option.getOrUndefined(Cause.failureOption(cause))
    if (error === undefined || !isRefused(error)) {
      this.again(group, cause)
    } else if (group.length > 1) {
      const half = Math.ceil(group.length / 2)
      this.parts.push(group.slice(half), group.slice(0, half))
    } else {
      group.forEach((ended) => this.refused(ended, error))
    }
  }

  /** The database was not reached: they are ours to write for as long as this life lasts. */
  private again(group: ReadonlyArray<Ended>, cause: Cause.Cause<SqlError>): void {
    this.parts.push(group)
    this.pauseMs = Math.min(2000, Math.max(50, this.pauseMs * 2))
    this.notBefore = this.state.now() + this.pauseMs
    this.state.after(this.pauseMs, this.state.wake)
    this.state.fork(Effect.logWarning(`The ends of ${group.length} jobs could not be written yet`, cause))
  }

  private refused({ run, settlement }: Ended, error: SqlError): void {
    const isHopeless = settlement === unwritable.settlement
    const follows = isHopeless ? "it will be redelivered" : "it becomes a dead letter"
    this.state.fork(
      Effect.logError(`The end of a job (${settlement._tag}) was refused by the database; ${follows}`, error).pipe(
        Effect.annotateLogs({ jobId: run.job.id, jobType: run.job.type })
      )
    )
    if (settlement._tag === "Released") {
      run.leave()
      run.watch?.endUncounted()
    } else {
      this.parts.push([{ run, ...(isHopeless ? released : unwritable) }])
    }
  }
}

const endOf = ({ run: { job }, settlement }: Ended): End => ({
  id: job.id,
  run: job.run,
  attempt: job.attempt,
  settlement
})

const lengthOf = (ended: Ended | undefined): number => {
  switch (ended?.settlement._tag) {
    case "Completed":
      return ended.settlement.result.length
    case "Retrying":
    case "Dead":
      return (ended.settlement.failure.encoded ?? "").length
    default:
      return 0
  }
}
