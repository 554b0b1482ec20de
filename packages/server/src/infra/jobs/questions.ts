/** What can be asked of the dead letters: a question that means nothing is refused before it reaches the tables. */
import * as Effect from "effect/Effect"
import { JobError } from "./error.ts"
import type { PurgeOptions } from "./store/accept.ts"
import type { ListOptions } from "./store/dead-letters.ts"

const longestPage = 1000

/** The question for a page, if it is one. */
export const pageAsked = (options: ListOptions): Effect.Effect<ListOptions, JobError> => {
  const { after, limit } = options
  if (after !== undefined && !/^\d{1,15}-./.test(after)) {
    return refuse(`"after" is the "next" of the page before, not "${after}"`)
  }
  return limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= longestPage)
    ? refuse(`"limit" is a whole number from 1 to ${longestPage}, not ${limit}`)
    : Effect.succeed(options)
}

/** The question for what to purge, if it is one. */
export const purgeAsked = (options: PurgeOptions): Effect.Effect<PurgeOptions, JobError> =>
  options.before === undefined || Number.isFinite(options.before)
    ? Effect.succeed(options)
    : refuse(`"before" is a time in epoch milliseconds, not ${options.before}`)

const refuse = (message: string): Effect.Effect<never, JobError> => new JobError({ reason: "Validation", message })
