/** The pause that an answer asks for with `Retry-After`, in seconds or as an HTTP date. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { Answer } from "./connection.ts"

/**
 * In milliseconds from now, at most `longestMs`. Undefined where no pause is asked for, also by one that is over or that
 * can't be understood: back-off is for those.
 */
export const retryAfterMs = (
  { headers }: Answer,
  { longestMs, wallMs }: { readonly longestMs: number; readonly wallMs: number }
): number | undefined => {
  const asked = headers["retry-after"]?.trim() ?? ""
  const ms = /^\d+$/.test(asked) ? Number(asked) * 1_000 : untilDate(asked) - wallMs
  return ms > 0 ? Math.min(ms, longestMs) : undefined
}

/** The three forms of a date in HTTP, all of them in GMT, begin with the day of the week. */
const untilDate = (text: string): number =>
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)
    ? Option.match(DateTime.make(`${text.replace(/ GMT$/, "")} +00:00`), {
        onNone: () => Number.NaN,
        onSome: DateTime.toEpochMillis
      })
    : Number.NaN
