/** Jobs in pages. Validates list and purge options. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { longestType } from "./definition/kind.ts"
import type { Priority } from "./definition/priority.ts"
import { JobError } from "./error.ts"
import { text } from "./options.ts"
import type { JobFailure, JobStatus, Operations, PageRequest, PurgeRequest } from "./store/operations.ts"
import { JobState } from "./store/state.ts"
import { mostPurged } from "./store/purge.ts"
import { pause } from "./pause.ts"
import { reached } from "./submit/refusal.ts"

/** Which page to list of the jobs in a state. */
export interface ListOptions {
  /** Lists jobs of this type only; all types unless given. */
  readonly jobType?: string | undefined
  /** The oldest first, unless given: by when live ones are due, and finished ones were finished. */
  readonly order?: "oldest" | "newest" | undefined
  /** The most jobs on the page, 1 to 1,000; 50 unless given. */
  readonly limit?: number | undefined
  /** The `next` of the page before; the first page unless given. Anything else is refused with `Validation`. */
  readonly after?: string | undefined
}

/**
 * A page. Finished jobs are in the order in which they finished, others in the order in which they are due, or the
 * reverse.
 */
export interface Page<A> {
  /** The items of the page. */
  readonly items: ReadonlyArray<A>
  /** The `after` of the next page; absent on the last one. */
  readonly next: string | undefined
}

/** A dead letter. Times are epoch milliseconds. */
export interface DeadLetter {
  /** The id that `submit` gave. */
  readonly id: string
  /** The type of the job. */
  readonly jobType: string
  /** The priority that it was submitted with. */
  readonly priority: Priority
  /** The reason of the last failure, or `RunnerLost`, or `Unwritable`. */
  readonly reason: string
  /** The number of attempts since the last replay. */
  readonly attempts: number
  /** How often it was replayed. */
  readonly replays: number
  /** When it was accepted, in epoch milliseconds. */
  readonly acceptedAt: number
  /** When it became a dead letter, in epoch milliseconds. */
  readonly deadAt: number
  /** All failures, oldest first, including those before replays. */
  readonly errors: ReadonlyArray<JobFailure>
}

/** A page of dead letters, oldest first unless told. */
export type DeadLetterPage = Page<DeadLetter>

/** Which dead letters to purge, or to count: those that match every given option. */
export interface PurgeOptions {
  /** Only these ids; all unless given. */
  readonly ids?: ReadonlyArray<string> | undefined
  /** Jobs of this type only; all types unless given. */
  readonly jobType?: string | undefined
  /** Jobs that became dead letters before this time, in epoch milliseconds. */
  readonly before?: number | undefined
}

/** Which finished jobs to purge. */
export interface PurgeFinishedOptions {
  /** Purges jobs of this type only; all types unless given. */
  readonly jobType?: string | undefined
  /** Purges jobs that were completed or cancelled before this time, in epoch milliseconds. */
  readonly before: number
}

/** A page of the jobs in a state. */
export const list = (
  tables: Pick<Operations, "page">,
  state: JobState,
  options: ListOptions
): Effect.Effect<Page<JobStatus>, JobError> =>
  Effect.flatMap(Effect.zipRight(checkedType(options.jobType), pageAsked(state, options)), (request) =>
    Effect.map(reached(tables.page(request)), (items) => {
      const last = items.length < request.limit ? undefined : items.at(-1)
      return { items, next: last === undefined ? undefined : `${last.finishedAt ?? last.dueAt}-${last.id}` }
    })
  )

/** A page of the dead letters. */
export const listDead = (
  tables: Pick<Operations, "page">,
  options: ListOptions
): Effect.Effect<DeadLetterPage, JobError> =>
  Effect.map(list(tables, "dead", options), ({ items, next }) => ({ items: items.map(deadLetterOf), next }))

/** Removes for good, a thousand at a time, with the event loop given back between; how many. */
export const purge = (
  tables: Pick<Operations, "purge">,
  states: ReadonlyArray<PurgeRequest["state"]>,
  options: PurgeOptions
): Effect.Effect<number, JobError> =>
  Effect.gen(function* () {
    const { ids, jobType: type } = options
    const when = yield* checkedBounds(options)
    let removed = 0
    for (const state of states) {
      for (const some of ids === undefined ? [undefined] : chunksOf(ids)) {
        let step = 0
        do {
          step = yield* reached(tables.purge({ state, type, ids: some, before: when }))
          removed += step
          yield* pause
        } while (step >= mostPurged)
      }
    }
    return removed
  })

/** How many dead letters a purge with these options would remove now. */
export const countDead = (
  tables: Pick<Operations, "countFinished">,
  options: PurgeOptions
): Effect.Effect<number, JobError> =>
  Effect.flatMap(checkedBounds(options), (before) =>
    reached(tables.countFinished({ state: "dead", type: options.jobType, ids: options.ids, before }))
  )

/** The time that a selection has to be older than, in whole milliseconds. */
export const checkedBounds = ({ before, jobType }: PurgeOptions): Effect.Effect<number | undefined, JobError> =>
  Effect.zipRight(
    checkedType(jobType),
    before !== undefined && !Number.isFinite(before)
      ? refuse(`"before" is a time in epoch milliseconds, not ${before}`)
      : Effect.succeed(before === undefined ? undefined : Math.round(before))
  )

/** No type of a job is this one: what the databases make of it differs. */
export const checkedType = (jobType: string | undefined): Effect.Effect<void, JobError> => {
  const { expected, isFit } = text("jobType", jobType, longestType)
  return isFit ? Effect.void : refuse(`"jobType" is ${expected}, not ${JSON.stringify(jobType?.slice(0, 200))}`)
}

const longestPage = 1000

const isState = Schema.is(JobState)

const pageAsked = (
  state: JobState,
  { after, jobType: type, limit = 50, order = "oldest" }: ListOptions
): Effect.Effect<PageRequest, JobError> => {
  if (!isState(state)) {
    return refuse(`"state" is one of ${JobState.literals.join(", ")}, not ${String(state)}`)
  }
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= longestPage)) {
    return refuse(`"limit" is a whole number from 1 to ${longestPage}, not ${limit}`)
  }
  if (order !== "oldest" && order !== "newest") {
    return refuse(`"order" is oldest or newest, not ${String(order)}`)
  }
  if (after === undefined) {
    return Effect.succeed({ state, type, limit, order })
  }
  const [, at, id] = /^(\d{1,15})-(.+)$/s.exec(after) ?? []
  return at === undefined || id === undefined
    ? refuse(`"after" is the "next" of the page before, not "${after}"`)
    : Effect.succeed({ state, type, limit, order, after: { at: Number(at), id } })
}

/** What can't be asked for. */
export const refuse = (message: string): Effect.Effect<never, JobError> =>
  new JobError({ reason: "Validation", message })

const chunksOf = (ids: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from({ length: Math.ceil(ids.length / mostPurged) }, (_, index) =>
    ids.slice(index * mostPurged, (index + 1) * mostPurged)
  )

const deadLetterOf = (status: JobStatus): DeadLetter => {
  const { acceptedAt, attempt, errors, finishedAt, id, jobType, priority, reason, replays } = status
  return {
    id,
    jobType,
    priority,
    reason: reason ?? "Unknown",
    attempts: attempt,
    replays,
    acceptedAt,
    deadAt: finishedAt ?? acceptedAt,
    errors
  }
}
