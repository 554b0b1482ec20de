/** The settings of the job runner, each with its default. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type BaggageKeys, isBaggageKey } from "./baggage.ts"
import { checked, count, finiteTime, text, time, timeOrNone } from "./options.ts"
import type { TraceMode } from "./spans.ts"
import type { OptionsError } from "../../observe/instrument/options-error.ts"

/** How long the finished jobs of a type are kept. Each duration is more than zero; `Infinity` keeps them for good. */
export interface KeepOptions {
  /** How long completed and cancelled jobs are kept; `keepCompleted` unless given. */
  readonly completed?: Duration.DurationInput | undefined
  /** How long dead letters are kept; `keepDead` unless given. */
  readonly dead?: Duration.DurationInput | undefined
}

/** How jobs are kept, run and watched over. What can't be used fails the layer with an `OptionsError`. */
export interface JobsOptions {
  /**
   * The prefix of each table name: with `"app_"`, `jobs` becomes `app_jobs`. Empty unless given. At most 32 lower-case
   * letters, digits and underscores; the first is no digit.
   */
  readonly tablePrefix?: string | undefined
  /**
   * The schema of the tables on PostgreSQL, made where it is missing; the first of the `search_path` unless given.
   * SQLite has none.
   */
  readonly schema?: string | undefined
  /**
   * Into how many partitions all jobs are divided, 1 to 32,768; 64 unless given. One runner at a time owns a partition;
   * it moves when a runner joins or leaves. The same number on every runner of one time; it may be changed.
   */
  readonly partitions?: number | undefined
  /** What this runner is called in the tables, for people who look there; `runner` unless given. */
  readonly runnerName?: string | undefined
  /** How long a runner that gives no sign of life keeps its jobs before others take them; 10 seconds unless given. */
  readonly lease?: Duration.DurationInput | undefined
  /** How often to look for work that nobody told of, and for what callers' transactions did; 1 second unless given. */
  readonly pollInterval?: Duration.DurationInput | undefined
  /**
   * How often the depth, ages and dead letters are read; 5 seconds unless given. More seldom where a read takes more
   * than a twentieth of it.
   */
  readonly sampleInterval?: Duration.DurationInput | undefined
  /**
   * How long an interrupted handler may take to end before it is left to itself, zero or more; 5 seconds unless given.
   */
  readonly interruptGrace?: Duration.DurationInput | undefined
  /**
   * Payloads and results that are longer as JSON, in characters, are refused, and typed errors are not kept; 4,194,304
   * unless given.
   */
  readonly maxPayloadLength?: number | undefined
  /** A job that lost its runner this many times while it ran alone is a dead letter; 5 unless given. */
  readonly maxLosses?: number | undefined
  /**
   * What an attempt is to the span that its job was submitted in, where a tracer is installed: `link` begins a trace with
   * a link to it, `parent` makes it a child; `link` unless given.
   */
  readonly trace?: TraceMode | undefined
  /**
   * What of `JobBaggage` is kept with a submitted job and is there again in its attempts: all of it with `true`, or only
   * these keys; nothing unless given. It is kept in the tables as it is: no place for secrets.
   */
  readonly baggage?: BaggageKeys | undefined
  /**
   * Whether jobs are also counted as messages under OpenTelemetry's names (`messaging.client.sent.messages`, …), which
   * the queue dashboards of vendors read; `false` unless given.
   */
  readonly semconv?: boolean | undefined
  /** How long completed and cancelled jobs are kept; 7 days unless given, `Infinity` for good. */
  readonly keepCompleted?: Duration.DurationInput | undefined
  /** How long dead letters are kept; for good unless given. */
  readonly keepDead?: Duration.DurationInput | undefined
  /** The same for single types, where they differ. The same on every runner, as one of them cleans up for all. */
  readonly keep?: Readonly<Record<string, KeepOptions>> | undefined
}

/** How long finished jobs are kept. */
export interface KeepSettings {
  /** How long completed and cancelled jobs are kept. */
  readonly completed: Duration.Duration
  /** How long dead letters are kept. */
  readonly dead: Duration.Duration
}

/** The settings in force. */
export interface JobsSettings {
  /** The prefix of each table name. */
  readonly tablePrefix: string
  /** The schema of the tables on PostgreSQL; if undefined, the first of the `search_path`. */
  readonly schema: string | undefined
  /** The number of partitions. */
  readonly partitions: number
  /** The name of this runner in the tables. */
  readonly runnerName: string
  /** How long a runner without a sign of life keeps its jobs. */
  readonly lease: Duration.Duration
  /** How often to look for work without a notification. */
  readonly pollInterval: Duration.Duration
  /** How often depth, ages and dead letters are read. */
  readonly sampleInterval: Duration.Duration
  /** How long an interrupted handler may take to end. */
  readonly interruptGrace: Duration.Duration
  /** The most characters of a payload or result as JSON. */
  readonly maxPayloadLength: number
  /** A job that has lost its runner this many times while it ran alone becomes a dead letter. */
  readonly maxLosses: number
  /** What an attempt is to the span of the submit. */
  readonly trace: TraceMode
  /** What of `JobBaggage` is carried: all, nothing, or these keys. */
  readonly baggage: BaggageKeys
  /** Whether jobs are also counted as messages. */
  readonly semconv: boolean
  /** How long finished jobs of a type are kept. */
  readonly keepOf: (jobType: string) => KeepSettings
  /** How often to look for what has been kept for long enough. */
  readonly retentionInterval: Duration.Duration
  /** False only in the benchmark that measures what the metrics cost. */
  readonly isWatched: boolean
}

/** Options with the defaults filled in. */
export const settingsOf = (options: JobsOptions = {}): JobsSettings => {
  const keep = new Map(Object.entries(options.keep ?? {}))
  const completed = Duration.decode(options.keepCompleted ?? "7 days")
  const dead = Duration.decode(options.keepDead ?? Duration.infinity)
  return {
    tablePrefix: options.tablePrefix ?? "",
    schema: options.schema,
    partitions: options.partitions ?? 64,
    runnerName: options.runnerName ?? "runner",
    lease: Duration.decode(options.lease ?? "10 seconds"),
    pollInterval: Duration.decode(options.pollInterval ?? "1 second"),
    sampleInterval: Duration.decode(options.sampleInterval ?? "5 seconds"),
    interruptGrace: Duration.decode(options.interruptGrace ?? "5 seconds"),
    maxPayloadLength: options.maxPayloadLength ?? 4_194_304,
    maxLosses: options.maxLosses ?? 5,
    trace: options.trace ?? "link",
    baggage: options.baggage ?? false,
    semconv: options.semconv ?? false,
    keepOf: (jobType) => {
      const own = keep.get(jobType)
      return {
        completed: own?.completed === undefined ? completed : Duration.decode(own.completed),
        dead: own?.dead === undefined ? dead : Duration.decode(own.dead)
      }
    },
    retentionInterval: retentionInterval([
      completed,
      dead,
      ...Array.from(keep.values()).flatMap((own) =>
        [own.completed, own.dead].flatMap((kept) => (kept === undefined ? [] : [Duration.decode(kept)]))
      )
    ]),
    isWatched: true
  }
}

/** A tenth of the shortest time that something is kept, from a second to a minute. */
const retentionInterval = (kept: ReadonlyArray<Duration.Duration>): Duration.Duration =>
  Duration.clamp(Duration.millis(Math.min(...kept.map(Duration.toMillis)) / 10), {
    minimum: Duration.seconds(1),
    maximum: Duration.minutes(1)
  })

const areKeys = (given: unknown): boolean =>
  Array.isArray(given) && given.every((key) => typeof key === "string" && isBaggageKey(key))

/** The settings that options make, if each of them makes sense. */
export const settingsAsked = (options: JobsOptions = {}): Effect.Effect<JobsSettings, OptionsError> =>
  Effect.map(
    checked([
      count("partitions", options.partitions, 32_768),
      text("runnerName", options.runnerName, 200),
      count("maxPayloadLength", options.maxPayloadLength),
      count("maxLosses", options.maxLosses),
      {
        option: "trace",
        given: options.trace,
        isFit: options.trace === undefined || options.trace === "link" || options.trace === "parent",
        expected: "link or parent"
      },
      {
        option: "baggage",
        given: options.baggage,
        isFit: typeof (options.baggage ?? false) === "boolean" || areKeys(options.baggage),
        expected: "true, false, or keys as HTTP tokens"
      },
      {
        option: "semconv",
        given: options.semconv,
        isFit: options.semconv === undefined || typeof options.semconv === "boolean",
        expected: "true or false"
      },
      finiteTime("lease", options.lease),
      finiteTime("pollInterval", options.pollInterval),
      finiteTime("sampleInterval", options.sampleInterval),
      timeOrNone("interruptGrace", options.interruptGrace),
      time("keepCompleted", options.keepCompleted),
      time("keepDead", options.keepDead),
      ...Object.entries(options.keep ?? {}).flatMap(([type, { completed, dead }]) => [
        time(`keep.${type}.completed`, completed),
        time(`keep.${type}.dead`, dead)
      ])
    ]),
    () => settingsOf(options)
  )

/** The settings that the parts of the job runner share. */
export class JobsConfig extends Context.Reference<JobsConfig>()("@parametric-portal/server/JobsConfig", {
  defaultValue: (): JobsSettings => settingsOf()
}) {}
