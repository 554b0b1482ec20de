/** What a receiver remembers of each request, answered or not. */
import * as Schema from "effect/Schema"
import type { Point } from "./model.ts"

/**
 * One request. `status` is 0 when none was sent: the receiver hung or reset the connection, or the sender left. `points`
 * is how many the body held as far as it was decoded, `acknowledged` how many of them were folded into series. `bytes`
 * are those on the wire, `inflatedBytes` those after gzip. The headers are as they came, secrets included.
 */
export const RequestRecord = Schema.Struct({
  index: Schema.Number,
  receivedAtMillis: Schema.Number,
  answeredAtMillis: Schema.Number,
  method: Schema.String,
  path: Schema.String,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  bytes: Schema.Number,
  inflatedBytes: Schema.Number,
  points: Schema.Number,
  acknowledged: Schema.Number,
  status: Schema.Number,
  mode: Schema.String,
  message: Schema.String
})
export type RequestRecord = typeof RequestRecord.Type

/** A request that was just logged, with the points that it added. */
export interface Arrival {
  readonly request: RequestRecord
  readonly points: ReadonlyArray<Point>
}

/** How many requests are kept; older ones are forgotten, and the index goes on. */
const keptRequests = 10_000

export interface RequestLog {
  readonly add: (record: Omit<RequestRecord, "index">) => RequestRecord
  readonly records: () => ReadonlyArray<RequestRecord>
  readonly clear: () => void
}

export const makeRequestLog = (): RequestLog => {
  let records: Array<RequestRecord> = []
  let next = 0
  return {
    add: (entry) => {
      const record = { index: next, ...entry }
      next += 1
      records.push(record)
      if (records.length > keptRequests * 2) records = records.slice(-keptRequests)
      return record
    },
    records: () => records.slice(-keptRequests),
    clear: () => {
      records = []
      next = 0
    }
  }
}
