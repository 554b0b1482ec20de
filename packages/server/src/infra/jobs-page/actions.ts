/** Each action of the page is logged, with who the application says it was and what came of it. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { Caller } from "./caller.ts"
import { cleanText } from "./clean-text.ts"

/** What is done, to what. */
export interface Action {
  readonly action: "cancel" | "replay" | "replay many" | "delete many" | "pause" | "resume"
  readonly job?: string | undefined
  readonly jobType?: string | undefined
}

/** Logs an action when it is over, however it ended. */
export const logged = <A, E extends { readonly message: string }, R>(
  { action, job, jobType }: Action,
  effect: Effect.Effect<A, E, R>,
  resultOf: (value: A) => Readonly<Record<string, number | string>> = () => ({ result: "done" })
): Effect.Effect<A, E, R> =>
  Effect.onExit(effect, (exit) =>
    Effect.flatMap(Caller, ({ who }) =>
      (Exit.isSuccess(exit)
        ? Effect.logInfo("Jobs page: an action was made")
        : Effect.logWarning("Jobs page: an action was not made")
      ).pipe(
        Effect.annotateLogs({
          who: cleanText(who),
          action,
          ...(job === undefined ? {} : { job: cleanText(job) }),
          ...(jobType === undefined ? {} : { jobType: cleanText(jobType) }),
          ...(Exit.isSuccess(exit) ? resultOf(exit.value) : { result: failureOf(exit.cause) })
        })
      )
    )
  )

const failureOf = (cause: Cause.Cause<{ readonly message: string }>): string =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => (Cause.isInterruptedOnly(cause) ? "interrupted" : "defect"),
    onSome: ({ message }) => cleanText(message)
  })
