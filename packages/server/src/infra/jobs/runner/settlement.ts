/** From how a handler ended to what becomes of its job, and what the attempt counts as. */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { defectReason } from "../../../observe/catalogue/error-name.ts"
import { interrupted, type Outcome, success } from "../../../observe/catalogue/outcome.ts"
import { AttemptFailed, describe, nameable } from "../definition/attempt.ts"
import type { Settlement } from "../store/operations.ts"
import type { HandlerExit, Order } from "./run.ts"

/** What becomes of a job, and what its attempt counts as. */
export interface Conclusion {
  readonly settlement: Settlement
  readonly outcome: Outcome
}

/** How many attempts there are, and the pause before the next in milliseconds. */
export interface Attempts {
  readonly attempt: number
  readonly maxAttempts: number
  readonly pauseMs: () => number
}

/** The conclusion of an attempt; `exit` is absent where the handler could not be interrupted. */
export const conclude = (exit: HandlerExit | undefined, order: Order | undefined, attempts: Attempts): Conclusion => {
  if (exit !== undefined && Exit.isSuccess(exit)) {
    return { settlement: { _tag: "Completed", result: exit.value }, outcome: success }
  }
  const failed = failureOf(exit, order)
  if (failed === undefined) {
    return released
  }
  const { failure, isRetryable, outcome } = failed
  const settlement: Settlement =
    isRetryable && attempts.attempt < attempts.maxAttempts
      ? { _tag: "Retrying", failure, pauseMs: attempts.pauseMs() }
      : { _tag: "Dead", failure }
  return { settlement, outcome }
}

/** The job goes back as it is. */
export const released: Conclusion = { settlement: { _tag: "Released" }, outcome: interrupted }

/** The job goes back as it was before its claim. */
export const returned: Conclusion = { settlement: { _tag: "Returned" }, outcome: interrupted }

/** The database refused what a run ended with. */
export const unwritable: Conclusion = (() => {
  const failure = new AttemptFailed({
    reason: "Unwritable",
    message: "The database refused what the run ended with; the log says why",
    isRetryable: false
  })
  return { settlement: { _tag: "Dead", failure }, outcome: { _tag: "failure", error: failure } }
})()

interface Failed {
  readonly failure: { readonly reason: string; readonly message: string; readonly encoded?: string | undefined }
  readonly isRetryable: boolean
  readonly outcome: Outcome
}

/** How the attempt failed; nothing when it was interrupted so that the job can go on elsewhere. */
const failureOf = (exit: HandlerExit | undefined, order: Order | undefined): Failed | undefined => {
  if (order === "timedOut") {
    return named("Timeout", "The attempt took longer than its timeout")
  }
  const cause = exit !== undefined && Exit.isFailure(exit) ? exit.cause : Cause.empty
  // A typed failure stays one beside the defect of a finalizer.
  const failure = Cause.failureOption(cause)
  if (Option.isSome(failure)) {
    return ofFailure(failure.value)
  }
  const defect = Cause.dieOption(cause)
  if (Option.isSome(defect)) {
    const reason = nameable(defectReason(defect.value))
    return {
      failure: { reason, message: describe(defect.value) },
      isRetryable: true,
      outcome: { _tag: "defect", defect: defect.value }
    }
  }
  return order === undefined ? named("Interrupted", "The handler interrupted itself") : undefined
}

const ofFailure = (failure: AttemptFailed): Failed => ({
  failure,
  isRetryable: failure.isRetryable,
  outcome: { _tag: "failure", error: failure }
})

const named = (reason: string, message: string): Failed =>
  ofFailure(new AttemptFailed({ reason, message, isRetryable: true }))
