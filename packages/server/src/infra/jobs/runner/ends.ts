/**
 * Writes how runs ended, in groups. A run is counted once its end is written, and not at all where it had lost its job.
 * What could not be written yet is written later, and an answer that was lost is asked for again, also after its life:
 * the tables accept nothing of a run that others have taken over.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { isRefused } from "../store/certain.ts"
import type { End, Settlement, Written } from "../store/operations.ts"
import { type Group, makeGroup } from "../submit/group.ts"
import type { Run } from "./run.ts"
import { type Conclusion, released, returned, unwritable } from "./settlement.ts"
import type { RunnerState } from "./state.ts"

/** A run that has ended, and how. */
interface Ended extends Conclusion {
  readonly run: Run
  /** Of the span of its attempt, if that has ended. */
  readonly traceparent: string | undefined
}

/** A row that another session has locked is tried again after so many milliseconds. */
const lockedMs = 50

/** The longest pause after a write that failed. */
const longestPauseMs = 2000

/** The ends of a runner. */
export class Ends {
  private readonly state: RunnerState
  /** A job waits for another attempt that is due in so many milliseconds. */
  private readonly onDue: (ms: number) => void
  private readonly group: Group<Ended, Written, SqlError>
  private readonly most: number
  private pending = 0
  private locked: Array<Ended> = []
  private failed: Array<Ended> = []
  private pauseMs = 0

  constructor(state: RunnerState, onDue: (ms: number) => void) {
    this.state = state
    this.onDue = onDue
    this.most = 4 * state.tables.groupSize
    this.group = state.make(groupOf(state))
  }

  /** So many wait to be written that no more should begin. */
  get isFull(): boolean {
    return this.pending >= this.most
  }

  add(run: Run, { outcome, settlement }: Conclusion, traceparent?: string): void {
    run.stage = "ending"
    this.put({ run, settlement, outcome, traceparent })
  }

  /** Gives a job back that has not begun. */
  release(run: Run): void {
    run.places.drop(run)
    this.add(run, run.stage === "ready" ? returned : released)
  }

  /** Forgets a job that has not begun and is not held any more. */
  forgo(run: Run): void {
    run.places.drop(run)
    if (run.stage === "ready") {
      this.state.recorder.neverBegun(run)
    }
    run.leave()
  }

  private put(ended: Ended): void {
    this.pending += 1
    this.group.add(ended, (exit) => {
      this.pending -= 1
      if (ended.run.stage === "ending") {
        this.answered(ended, exit)
      }
      this.state.wake()
    })
  }

  private answered(ended: Ended, exit: Exit.Exit<Written, SqlError>): void {
    if (Exit.isFailure(exit)) {
      const error = Option.filter(Cause.failureOption(exit.cause), isRefused)
      if (Option.isSome(error)) {
        this.refused(ended, error.value)
      } else {
        this.again(ended, exit.cause)
      }
    } else if (exit.value === "locked") {
      this.tryLocked(ended)
    } else {
      this.pauseMs = 0
      this.settle(ended, exit.value === "written")
    }
  }

  private settle({ outcome, run, settlement }: Ended, isWritten: boolean): void {
    run.leave()
    if (!isWritten || isGivenBack(settlement)) {
      run.watch?.endUncounted()
    } else {
      this.state.recorder.end(run, outcome, settlement._tag === "Dead")
    }
    if (!isWritten && settlement._tag === "Returned") {
      this.state.recorder.neverBegun(run)
    }
    if (isWritten && settlement._tag === "Dead") {
      this.state.recorder.deadLettered(run.job.type, settlement.failure.reason)
    }
    if (isWritten && settlement._tag === "Retrying") {
      this.onDue(settlement.pauseMs)
    }
    if (isGivenBack(settlement) || run.places.handler.limits !== undefined) {
      // It can be claimed again, or has made room within the limits of the cluster.
      run.places.isDry = false
    }
  }

  private tryLocked(ended: Ended): void {
    this.locked.push(ended)
    if (this.locked.length === 1) {
      this.state.after(lockedMs, () => {
        for (const each of this.locked.splice(0)) {
          this.put(each)
        }
      })
    }
  }

  /** The database was not reached. */
  private again(ended: Ended, cause: Cause.Cause<SqlError>): void {
    this.failed.push(ended)
    if (this.failed.length === 1) {
      this.pauseMs = Math.min(longestPauseMs, Math.max(lockedMs, this.pauseMs * 2))
      this.state.fork(Effect.logWarning("The ends of jobs could not be written yet", cause))
      this.state.after(this.pauseMs, () => {
        for (const each of this.failed.splice(0)) {
          this.put(each)
        }
      })
    }
  }

  private refused({ run, settlement, traceparent }: Ended, error: SqlError): void {
    const isHopeless = settlement === unwritable.settlement
    const follows = isHopeless ? "it will be redelivered" : "it becomes a dead letter"
    this.state.fork(
      Effect.logError(`The end of a job (${settlement._tag}) was refused by the database; ${follows}`, error).pipe(
        Effect.annotateLogs({ jobId: run.job.id, jobType: run.job.type })
      )
    )
    if (isGivenBack(settlement)) {
      run.leave()
      run.watch?.endUncounted()
    } else {
      this.put({ run, traceparent, ...(isHopeless ? released : unwritable) })
    }
  }
}

/** How ends are grouped; never closed, as the runner waits for its ends by itself, and not for ever. */
const groupOf = ({ tables }: RunnerState): Effect.Effect<Group<Ended, Written, SqlError>> =>
  Effect.flatMap(Scope.make(), (scope) =>
    Scope.extend(
      makeGroup<Ended, Written, SqlError>({
        most: tables.groupSize,
        mostSize: 8_000_000,
        sizeOf: ({ settlement }) => lengthOf(settlement),
        isRefused,
        write: (items) => {
          const lives = new Set(items.map(({ run }) => run.life))
          const [life] = lives
          return life !== undefined && lives.size === 1
            ? tables.end(life.id, items.map(endOf))
            : Effect.map(
                Effect.forEach(lives, ({ id }) => {
                  const own = items.filter(({ run }) => run.life.id === id)
                  return Effect.map(tables.end(id, own.map(endOf)), (written) =>
                    written.map((answer, index) => [own[index], answer] as const)
                  )
                }),
                (written) => {
                  const answers = new Map(written.flat())
                  return items.map((item) => answers.get(item) ?? "lost")
                }
              )
        }
      }),
      scope
    )
  )

const isGivenBack = ({ _tag }: Settlement): boolean => _tag === "Released" || _tag === "Returned"

const endOf = ({ run: { job }, settlement, traceparent }: Ended): End => ({
  id: job.id,
  run: job.run,
  attempt: job.attempt,
  settlement,
  traceparent
})

const lengthOf = (settlement: End["settlement"]): number => {
  switch (settlement._tag) {
    case "Completed":
      return settlement.result.length
    case "Retrying":
    case "Dead":
      return (settlement.failure.encoded ?? "").length
    case "Released":
    case "Returned":
      return 0
  }
}
