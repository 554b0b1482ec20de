/** The settings of the job runner, each with its default. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { checked, count, time, timeOrNone } from "./options.ts"
import type { OptionsError } from "../../observe/instrument/options-error.ts"

/** How jobs are run and watched over. */
export interface JobsOptions {
  /**
   * Into how many lanes all jobs are divided; 64 unless given. A lane is worked on by one runner at a time, and is what
   * moves when a runner joins or leaves. The same number on every runner; it may grow, and never shrink while jobs wait.
   */
  readonly lanes?: number | undefined
  /** What this runner is called in the tables; for people who look there. */
  readonly runnerName?: string | undefined
  /** How often to look for lanes that came to this runner; 250 milliseconds unless given. */
  readonly wakeEvery?: Duration.DurationInput | undefined
  /** How often to look for work that nobody told of, and for jobs whose runner was lost; 5 seconds unless given. */
  readonly pollEvery?: Duration.DurationInput | undefined
  /** How often the depth, ages and dead letters are read; 5 seconds unless given. */
  readonly sampleEvery?: Duration.DurationInput | undefined
  /** How long a call waits for the runner of a lane; 30 seconds unless given. */
  readonly callTimeout?: Duration.DurationInput | undefined
  /** How long a call that is not answered waits before it is made again; 5 seconds unless given. */
  readonly callAgainAfter?: Duration.DurationInput | undefined
  /** How long a handler that was interrupted may take to end before it is left to itself; 5 seconds unless given. */
  readonly interruptGrace?: Duration.DurationInput | undefined
  /**
   * Payloads and results that are longer as JSON, in characters, are refused, and typed errors are not kept; 4,194,304
   * unless given.
   */
  readonly maxPayloadLength?: number | undefined
  /** A job that lost its runner this many times is a dead letter: it may be what kills them; 5 unless given. */
  readonly maxLosses?: number | undefined
}

/** The settings in force. */
export interface JobsSettings {
  readonly lanes: number
  readonly runnerName: string
  readonly wakeEvery: Duration.Duration
  readonly pollEvery: Duration.Duration
  readonly sampleEvery: Duration.Duration
  readonly callTimeout: Duration.Duration
  readonly callAgainAfter: Duration.Duration
  readonly interruptGrace: Duration.Duration
  readonly maxPayloadLength: number
  readonly maxLosses: number
  /** False only in the benchmark that measures what the metrics cost. */
  readonly isWatched: boolean
}

/** Options with the defaults filled in. */
export const settingsOf = (options: JobsOptions = {}): JobsSettings => ({
  lanes: options.lanes ?? 64,
  runnerName: options.runnerName ?? "runner",
  wakeEvery: Duration.decode(options.wakeEvery ?? "250 millis"),
  pollEvery: Duration.decode(options.pollEvery ?? "5 seconds"),
  sampleEvery: Duration.decode(options.sampleEvery ?? "5 seconds"),
  callTimeout: Duration.decode(options.callTimeout ?? "30 seconds"),
  callAgainAfter: Duration.decode(options.callAgainAfter ?? "5 seconds"),
  interruptGrace: Duration.decode(options.interruptGrace ?? "5 seconds"),
  maxPayloadLength: options.maxPayloadLength ?? 4_194_304,
  maxLosses: options.maxLosses ?? 5,
  isWatched: true
})

/** The settings that options make, if each of them makes sense. */
export const settingsAsked = (options: JobsOptions = {}): Effect.Effect<JobsSettings, OptionsError> =>
  Effect.map(
    checked([
      count("lanes", options.lanes),
      count("maxPayloadLength", options.maxPayloadLength),
      count("maxLosses", options.maxLosses),
      time("wakeEvery", options.wakeEvery),
      time("pollEvery", options.pollEvery),
      time("sampleEvery", options.sampleEvery),
      time("callTimeout", options.callTimeout),
      time("callAgainAfter", options.callAgainAfter),
      timeOrNone("interruptGrace", options.interruptGrace)
    ]),
    () => settingsOf(options)
  )

/** The settings that the parts of the job runner share. */
export class JobsConfig extends Context.Reference<JobsConfig>()("@parametric-portal/server/JobsConfig", {
  defaultValue: (): JobsSettings => settingsOf()
}) {}
