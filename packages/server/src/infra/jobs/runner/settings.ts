/** How one runner works. */
import type * as Duration from "effect/Duration"

/** The settings of a runner. */
export interface RunnerSettings {
  /** What its lives are called in the tables, each with a suffix of its own. */
  readonly runnerName: string
  /** How many partitions there are. */
  readonly partitions: number
  /** Without a heartbeat for so long, a runner's life is over, and others take over what it holds. */
  readonly lease: Duration.Duration
  /** How often to look for work that nobody told of. */
  readonly pollInterval: Duration.Duration
  /** How long a handler that was interrupted may take to end. */
  readonly interruptGrace: Duration.Duration
  /** Payloads, results and typed errors that are longer, in characters, are refused. */
  readonly maxPayloadLength: number
  /** A job that took down so many runners alone is a dead letter. */
  readonly maxLosses: number
  /** False only in the benchmark that measures what the metrics cost. */
  readonly isWatched: boolean
}
