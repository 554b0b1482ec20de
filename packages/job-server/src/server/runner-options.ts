/**
 * What a runner process is told by the process that starts it: a variable of its environment, as JSON. Other users of the
 * machine can read the arguments of a process, but not its environment.
 */
import * as Schema from "effect/Schema"

export const RunnerOptions = Schema.Struct({
  name: Schema.String,
  /** Where to send metrics, with the path. */
  url: Schema.String,
  /** Where to send all three signals besides, without their paths. */
  otlp: Schema.optional(Schema.String),
  /** Whether spans and log records go where the metrics go. */
  hasTraces: Schema.Boolean,
  /** The URL of the PostgreSQL database. */
  database: Schema.String,
  /** The secret that the processes of the cluster prove to each other. */
  clusterSecret: Schema.String,
  /** Where the other runners reach it. */
  port: Schema.Number,
  /** The file for its event log. */
  eventLog: Schema.String
})
export type RunnerOptions = typeof RunnerOptions.Type

export const RunnerOptionsJson = Schema.parseJson(RunnerOptions)

/** The name of the variable. */
export const runnerOptionsVariable = "JOB_SERVER_RUNNER"
