/** Replays and deletes many dead letters. A request works for a while, and says how many it has not come to. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JobError, Jobs } from "../jobs.ts"
import { logged } from "./actions.ts"
import { answered } from "./answers.ts"
import { type DeadLetterSelection, type Done, Refused, type Unavailable } from "./api.ts"

/** The most ids that one request names. */
export const mostIds = 10_000

/** For so long one request works: proxies and people wait no longer than a minute. */
export const workTime = Duration.seconds(20)

const stepSize = 200
const mostReasons = 100

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
  if (ids.length > mostIds) {
    return new Refused({ message: `At most ${mostIds} ids can be chosen at once, not ${ids.length}` })
  }
  if (kind === "delete") {
    return answered(deleteIds(jobs, ids))
  }
  const rest = [...ids]
  const next = Effect.sync(() => rest.splice(0, stepSize))
  return Effect.map(answered(replayAll(jobs, next)), (done) => ({ ...done, remaining: rest.length }))
}

type Matching = Exclude<DeadLetterSelection, { readonly ids: ReadonlyArray<string> }>

const ofMatching = (
  kind: "replay" | "delete",
  jobs: Jobs,
  { before, expected, type: jobType }: Matching
): Effect.Effect<Done, Refused | Unavailable> =>
  Effect.gen(function* () {
    const { count, purge } = jobs.deadLetters
    if (before > (yield* answered(jobs.now))) {
      return yield* new Refused({ message: "The time before which they died has not passed yet" })
    }
    const match = yield* answered(count({ jobType, before }))
    if (match > expected) {
      return yield* new Refused({ message: `${match} dead letters match, and ${expected} were confirmed: look again` })
    }
    if (kind === "replay") {
      const replayed = yield* answered(replayAll(jobs, matchingOf(jobs, { jobType, before })))
      return { ...replayed, remaining: Math.max(0, match - replayed.done - replayed.leftCount) }
    }
    const gone = yield* answered(Effect.timeoutOption(purge({ jobType, before }), workTime))
    if (Option.isSome(gone)) {
      return { ...nothing, done: gone.value }
    }
    const remaining = yield* answered(count({ jobType, before }))
    return { ...nothing, done: match - remaining, remaining }
  })

const nothing: Done = { done: 0, left: [], leftCount: 0, remaining: 0 }

/** The next ids of those that match, each time it is run, the oldest first; none at the end. */
const matchingOf = (
  { deadLetters }: Jobs,
  { before, jobType }: { readonly before: number; readonly jobType: string | undefined }
): Effect.Effect<ReadonlyArray<string>, JobError> => {
  let after: string | undefined
  let isOver = false
  return Effect.suspend(() =>
    isOver
      ? Effect.succeed([])
      : Effect.map(deadLetters.list({ jobType, after, limit: stepSize }), ({ items, next }) => {
          const some = items.filter(({ deadAt }) => deadAt < before)
          isOver = next === undefined || some.length < items.length
          after = next
          return some.map(({ id }) => id)
        })
  )
}

/** Step by step, until there is nothing more or the time is over. */
const replayAll = (
  { deadLetters }: Jobs,
  next: Effect.Effect<ReadonlyArray<string>, JobError>
): Effect.Effect<Done, JobError> =>
  Effect.gen(function* () {
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(workTime)
    let all = nothing
    do {
      const ids = yield* next
      if (ids.length === 0) {
        break
      }
      const { errors, left, replayed } = yield* deadLetters.replayMany({ ids })
      const reasons = errors.map(({ jobId, message }) => ({ id: jobId ?? "", message }))
      all = {
        ...all,
        done: all.done + replayed,
        left: [...all.left, ...reasons].slice(0, mostReasons),
        leftCount: all.leftCount + left
      }
    } while ((yield* Clock.currentTimeMillis) < until)
    return all
  })

/** The same for a deletion, which says of each step what it has done. */
const deleteIds = (jobs: Jobs, ids: ReadonlyArray<string>): Effect.Effect<Done, JobError> =>
  Effect.gen(function* () {
    const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(workTime)
    const rest = [...ids]
    let all = nothing
    do {
      const { done, left, leftCount } = yield* deleteStep(jobs, rest.splice(0, stepSize))
      all = {
        done: all.done + done,
        left: [...all.left, ...left].slice(0, mostReasons),
        leftCount: all.leftCount + leftCount,
        remaining: rest.length
      }
    } while (rest.length > 0 && (yield* Clock.currentTimeMillis) < until)
    return all
  })

/** All at once where all of them are dead letters, else one by one, to say which are none. */
const deleteStep = (jobs: Jobs, ids: ReadonlyArray<string>): Effect.Effect<Done, JobError> =>
  Effect.gen(function* () {
    const { count, purge } = jobs.deadLetters
    if ((yield* count({ ids })) === ids.length) {
      const done = yield* purge({ ids })
      return { ...nothing, done, leftCount: ids.length - done }
    }
    const left: Array<Done["left"][number]> = []
    for (const id of ids) {
      if ((yield* purge({ ids: [id] })) === 0) {
        left.push({ id, message: yield* whyLeft(jobs, id) })
      }
    }
    return { ...nothing, done: ids.length - left.length, left, leftCount: left.length }
  })

const whyLeft = ({ status }: Jobs, id: string): Effect.Effect<string, JobError> =>
  Effect.catchIf(
    Effect.map(status(id), ({ state }) => `The job is ${state}, not a dead letter`),
    ({ reason }) => reason === "NotFound",
    ({ message }) => Effect.succeed(message)
  )
