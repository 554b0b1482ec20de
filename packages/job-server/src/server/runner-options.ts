/** What a runner process is told by the process that starts it: its argument, as JSON. */
import * as Schema from "effect/Schema"

export const RunnerOptions = Schema.Struct({
  name: Schema.String,
  /** Where to send metrics, with the path. */
  url: Schema.String,
  /** The URL of the PostgreSQL database. */
  database: Schema.String,
  /** Where the other runners reach it. */
  port: Schema.Number,
  /** The file for its event log. */
  eventLog: Schema.String
})
export type RunnerOptions = typeof RunnerOptions.Type

export const RunnerOptionsJson = Schema.parseJson(RunnerOptions)
