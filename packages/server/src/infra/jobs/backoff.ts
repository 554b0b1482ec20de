/** How long to wait before an attempt that follows a failed one. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

/** Exponential backoff with jitter. */
export interface BackoffOptions {
  /** The pause after the first failed attempt; 1 second unless given. */
  readonly base?: Duration.DurationInput | undefined
  /** By what each further pause is longer; 2 unless given. */
  readonly factor?: number | undefined
  /** No pause is longer than this; 5 minutes unless given. */
  readonly max?: Duration.DurationInput | undefined
  /** The part of a pause that is left to chance, from 0 to 1; 0.5 unless given: half to the whole of the pause. */
  readonly jitter?: number | undefined
}

/** The pause after this attempt failed, in whole milliseconds. */
export const pauseAfter = (attempt: number, options: BackoffOptions = {}): Effect.Effect<number> => {
  const base = Duration.toMillis(options.base ?? "1 second")
  const longest = Duration.toMillis(options.max ?? "5 minutes")
  const pause = Math.min(longest, base * Math.pow(options.factor ?? 2, attempt - 1))
  const jitter = Math.min(1, Math.max(0, options.jitter ?? 0.5))
  return Effect.map(Random.next, (chance) => Math.round(pause * (1 - jitter * chance)))
}
