/** How long to wait before an attempt that follows a failed one. */
import * as Duration from "effect/Duration"
import { between, type Check, timeOrNone } from "../options.ts"

/** Exponential backoff with jitter. */
export interface BackoffOptions {
  /** The pause after the first failed attempt; 1 second unless given, and zero for none. */
  readonly base?: Duration.DurationInput | undefined
  /** By what each further pause is longer; 2 unless given. */
  readonly factor?: number | undefined
  /** No pause is longer than this; 5 minutes unless given. */
  readonly max?: Duration.DurationInput | undefined
  /** The part of a pause that is random, from 0 to 1; 0.5 unless given: half to the whole of the pause. */
  readonly jitter?: number | undefined
}

/** The same in plain numbers: what is kept with a job. */
export interface BackoffSettings {
  readonly baseMs: number
  readonly factor: number
  readonly maxMs: number
  readonly jitter: number
}

/** Options with those of `otherwise` and the defaults filled in; each number is finite. */
export const backoffSettings = (options: BackoffOptions = {}, otherwise: BackoffOptions = {}): BackoffSettings => ({
  baseMs: shortened(Duration.toMillis(options.base ?? otherwise.base ?? "1 second")),
  factor: options.factor ?? otherwise.factor ?? 2,
  maxMs: shortened(Duration.toMillis(options.max ?? otherwise.max ?? "5 minutes")),
  jitter: options.jitter ?? otherwise.jitter ?? 0.5
})

/** Checks of backoff options; `owner` is what they belong to. */
export const backoffChecks = (owner: string, backoff: BackoffOptions | undefined): ReadonlyArray<Check> => [
  timeOrNone(`${owner}.base`, backoff?.base),
  timeOrNone(`${owner}.max`, backoff?.max),
  between(`${owner}.factor`, backoff?.factor, [0, Number.MAX_VALUE]),
  between(`${owner}.jitter`, backoff?.jitter, [0, 1])
]

/** The pause after this attempt failed: whole milliseconds, from 0 to a hundred years. `chance` is from 0 to 1. */
export const pauseAfter = (
  attempt: number,
  { baseMs, factor, jitter, maxMs }: BackoffSettings,
  chance: number
): number => {
  const growth = Math.pow(factor, attempt - 1)
  // Zero stays zero, whatever it is multiplied by: 0 · ∞ is no number.
  const grown = baseMs === 0 || growth === 0 ? 0 : baseMs * growth
  return Math.round(shortened(Math.min(maxMs, grown)) * (1 - jitter * chance))
}

const hundredYearsMs = 3_155_760_000_000

const shortened = (ms: number): number => Math.min(ms, hundredYearsMs)
