/** How one runner works: the part of the settings of jobs that it needs. */
import type { JobsSettings } from "../config.ts"

/** The settings of a runner. */
export type RunnerSettings = Pick<
  JobsSettings,
  | "runnerName"
  | "partitions"
  | "lease"
  | "pollInterval"
  | "interruptGrace"
  | "maxPayloadLength"
  | "maxLosses"
  | "trace"
  | "baggage"
  | "semconv"
  | "isWatched"
>
