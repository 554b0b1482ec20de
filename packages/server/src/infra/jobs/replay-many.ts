/** Replays dead letters that were chosen by their ids or by what they have in common. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { JobError } from "./error.ts"
import { checkedBounds, refuse } from "./pages.ts"
import { countAttribute, replaying } from "./spans.ts"
import type { JobStatus, Operations } from "./store/operations.ts"
import { reached } from "./submit/refusal.ts"
import { isInTransaction } from "./transaction.ts"

/** Which dead letters to replay: those that match every given option. */
export interface ReplayManyOptions {
  /** Replays only these ids; all unless given. */
  readonly ids?: ReadonlyArray<string> | undefined
  /** Replays jobs of this type only; all types unless given. */
  readonly jobType?: string | undefined
  /** Replays jobs that became dead letters before this time, in epoch milliseconds. */
  readonly before?: number | undefined
  /** Looks at so many at most, the oldest first; at all that match unless given. */
  readonly limit?: number | undefined
}

/** What a replay of many has done. */
export interface Replayed {
  /** How many were put back to work. */
  readonly replayed: number
  /** How many were not. */
  readonly left: number
  /** Why not, of the first hundred; each says the id of its job. */
  readonly errors: ReadonlyArray<JobError>
}

interface Needs {
  readonly tables: Pick<Operations, "page" | "status">
  readonly replay: (id: string) => Effect.Effect<void, JobError>
}

/** A statement each, some of them at once, except in a transaction. */
const together = 4
const pageSize = 200
const mostErrors = 100

/** Replays dead letters, a page after the other, in one span. */
export const replayMany = (needs: Needs, options: ReplayManyOptions): Effect.Effect<Replayed, JobError> =>
  Effect.gen(function* () {
    const { jobType, limit = Number.MAX_SAFE_INTEGER } = options
    const before = yield* checkedBounds(options)
    if (!(Number.isSafeInteger(limit) && limit >= 1)) {
      return yield* refuse(`"limit" is a whole number of at least 1, not ${limit}`)
    }
    return yield* replaying(replayChosen(needs, { ...options, before, limit }), {
      jobType,
      attributesOf: ({ replayed }) => countAttribute(replayed)
    })
  })

const replayChosen = (
  needs: Needs,
  options: ReplayManyOptions & { readonly limit: number }
): Effect.Effect<Replayed, JobError> =>
  Effect.gen(function* () {
    const { ids, limit } = options
    const concurrency = (yield* isInTransaction) ? 1 : together
    const step = (some: ReadonlyArray<string>) =>
      Effect.map(
        Effect.forEach(some, (id) => attempted(needs.replay(id)), { concurrency }),
        doneOf
      )
    if (ids !== undefined) {
      const chosen = yield* chosenOf(needs, options, ids.slice(0, limit))
      return yield* step(chosen)
    }
    return yield* overPages(needs, options, step)
  })

type Step = (ids: ReadonlyArray<string>) => Effect.Effect<Replayed, JobError>

type Bounds = Pick<ReplayManyOptions, "jobType" | "before">

const overPages = (
  { tables }: Needs,
  { before, jobType: type, limit }: Bounds & { readonly limit: number },
  step: Step
): Effect.Effect<Replayed, JobError> =>
  Effect.gen(function* () {
    let all: Replayed = doneOf([])
    let after: { readonly at: number; readonly id: string } | undefined
    let seen = 0
    while (seen < limit) {
      const most = Math.min(pageSize, limit - seen)
      const page = yield* reached(tables.page({ state: "dead", type, limit: most, after }))
      const some = page.filter((job) => isBefore(job, before))
      all = sum(all, yield* step(some.map(({ id }) => id)))
      seen += some.length
      const last = page.at(-1)
      if (last === undefined || some.length < most) {
        break
      }
      after = { at: last.finishedAt ?? 0, id: last.id }
    }
    return all
  })

/** Each of them once; what is not a dead letter is left for the replay to refuse. */
const chosenOf = ({ tables }: Needs, bounds: Bounds, ids: ReadonlyArray<string>) => {
  const each = Array.from(new Set(ids))
  return bounds.jobType === undefined && bounds.before === undefined
    ? Effect.succeed(each)
    : Effect.filter(each, (id) =>
        Effect.map(
          reached(tables.status(id)),
          Option.match({
            onNone: () => true,
            onSome: (job) =>
              isBefore(job, bounds.before) && (bounds.jobType === undefined || job.jobType === bounds.jobType)
          })
        )
      )
}

const isBefore = ({ finishedAt }: JobStatus, before: number | undefined): boolean =>
  before === undefined || (finishedAt !== undefined && finishedAt < before)

/** Why it was not replayed; a database that can't be reached ends the whole. */
const attempted = (replay: Effect.Effect<void, JobError>): Effect.Effect<JobError | undefined, JobError> =>
  Effect.catchAll(Effect.as(replay, undefined), (error) =>
    error.reason === "RunnerUnavailable" ? Effect.fail(error) : Effect.succeed(error)
  )

const doneOf = (attempts: ReadonlyArray<JobError | undefined>): Replayed => {
  const errors = attempts.filter((error) => error !== undefined)
  return { replayed: attempts.length - errors.length, left: errors.length, errors: errors.slice(0, mostErrors) }
}

const sum = (one: Replayed, other: Replayed): Replayed => ({
  replayed: one.replayed + other.replayed,
  left: one.left + other.left,
  errors: [...one.errors, ...other.errors].slice(0, mostErrors)
})
