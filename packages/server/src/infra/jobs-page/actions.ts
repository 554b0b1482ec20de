/** What the page does to jobs. Each action is logged, with who the application says it was and what came of it. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import type { JobError, Jobs } from "../jobs.ts"
import { type DeadLetterSelection, type Done, Refused, type Unavailable } from "./api.ts"
import { answered } from "./answers.ts"
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

/** The most dead letters that one request replays, or names. */
export const mostAtOnce = 10_000

const mostReasons = 100

type DeadLetters = Jobs["deadLetters"]

/** Replays or deletes many dead letters. */
export const many = (
  kind: "replay" | "delete",
  jobs: Jobs,
  selection: DeadLetterSelection
): Effect.Effect<Done, Refused | Unavailable> =>
  logged(
    { action: `${kind} many`, jobType: "ids" in selection ? undefined : selection.type },
    "ids" in selection ? ofIds(kind, jobs, selection.ids) : ofMatching(kind, jobs, selection),
    ({ done, leftCount, remaining }) => ({ result: "done", count: done, left: leftCount, remaining })
  )

const ofIds = (
  kind: "replay" | "delete",
  jobs: Jobs,
  given: ReadonlyArray<string>
): Effect.Effect<Done, Refused | Unavailable> => {
  const ids = Array.from(new Set(given))
  return ids.length > mostAtOnce
    ? new Refused({ message: `At most ${mostAtOnce} ids can be chosen at once, not ${ids.length}` })
    : answered(kind === "replay" ? replay(jobs.deadLetters, { ids }) : deleteIds(jobs, ids))
}

interface Matching {
  readonly type?: string
  readonly before: number
  readonly expected: number
}

const ofMatching = (
  kind: "replay" | "delete",
  { deadLetters, now }: Jobs,
  { before, expected, type: jobType }: Matching
): Effect.Effect<Done, Refused | Unavailable> =>
  Effect.gen(function* () {
    if (before > (yield* answered(now))) {
      return yield* new Refused({ message: "The time before which they died has not passed yet" })
    }
    const match = yield* answered(deadLetters.count({ jobType, before }))
    if (match > expected) {
      return yield* new Refused({ message: `${match} dead letters match, and ${expected} were confirmed: look again` })
    }
    if (kind === "delete") {
      const done = yield* answered(deadLetters.purge({ jobType, before }))
      return { ...nothing, done }
    }
    const replayed = yield* answered(replay(deadLetters, { jobType, before, limit: mostAtOnce }))
    return { ...replayed, remaining: Math.max(0, match - replayed.done - replayed.leftCount) }
  })

const nothing: Done = { done: 0, left: [], leftCount: 0, remaining: 0 }

const replay = (
  { replayMany }: DeadLetters,
  options: Parameters<DeadLetters["replayMany"]>[0]
): Effect.Effect<Done, JobError> =>
  Effect.map(replayMany(options), ({ errors, left, replayed }) => ({
    ...nothing,
    done: replayed,
    leftCount: left,
    left: errors.map(({ jobId, message }) => ({ id: jobId ?? "", message }))
  }))

/** All at once where all of them are dead letters, else one by one, to say which are none. */
const deleteIds = (jobs: Jobs, ids: ReadonlyArray<string>): Effect.Effect<Done, JobError> =>
  Effect.gen(function* () {
    const { count, purge } = jobs.deadLetters
    if ((yield* count({ ids })) === ids.length) {
      const done = yield* purge({ ids })
      return { ...nothing, done, leftCount: ids.length - done }
    }
    const left: Array<Done["left"][number]> = []
    let leftCount = 0
    for (const id of ids) {
      if ((yield* purge({ ids: [id] })) === 0) {
        leftCount += 1
        if (left.length < mostReasons) {
          left.push({ id, message: yield* whyLeft(jobs, id) })
        }
      }
    }
    return { ...nothing, done: ids.length - leftCount, left, leftCount }
  })

const whyLeft = ({ status }: Jobs, id: string): Effect.Effect<string, JobError> =>
  Effect.catchIf(
    Effect.map(status(id), ({ state }) => `The job is ${state}, not a dead letter`),
    ({ reason }) => reason === "NotFound",
    ({ message }) => Effect.succeed(message)
  )
