/** What an attempt at a job leaves in traces and logs: a span of its own, and a line when it ends. */
import type { Attempt } from "@parametric-portal/server/infra/jobs"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type { AroundAttempt } from "./recorder.ts"

/** The name of the span. */
export const attemptSpan = "job.attempt"

/** The text of the line, which is at level Debug: it is exported, and not shown on the screen. */
export const attemptLine = "The attempt ended"

/**
 * Runs an attempt with exactly one span and one line, whenever and however it ends; only the attempt itself can be
 * interrupted. `around` sees the same attempts.
 */
export const recordedAttempt = <A, E, R>(
  { attempt, jobId, jobType, priority }: Attempt,
  run: Effect.Effect<A, E, R>,
  around: AroundAttempt
): Effect.Effect<A, E, R> => {
  const attributes = { job_type: jobType, job_id: jobId, priority, attempt }
  return Effect.uninterruptibleMask((restore) =>
    around(
      jobId,
      restore(run).pipe(
        Effect.onExit((exit) => Effect.annotateLogs(logEnd, { ...attributes, outcome: outcomeOf(exit) })),
        Effect.withSpan(attemptSpan, { attributes })
      )
    )
  )
}

const logEnd = Logger.withMinimumLogLevel(Effect.logDebug(attemptLine), LogLevel.Debug)

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: () => "success",
    onFailure: (cause) => (Cause.isInterruptedOnly(cause) ? "interrupted" : "failure")
  })
