/** What was thrown, in words for a log line. Whatever it is, a proxy or a `toString` that throws included. */
import { attempt } from "./attempt.ts"
import { cleanTo } from "./clean-text.ts"

const maxLength = 300

/** The text of an error or of anything else, clean and at most 300 characters. */
export const wordsOf = (thrown: unknown): string =>
  cleanTo(attempt(() => String(thrown)) ?? "", maxLength) || "something that can't be shown"
