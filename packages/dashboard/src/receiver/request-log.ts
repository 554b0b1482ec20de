/** The requests that a receiver has seen, answered or not. */
import * as Schema from "effect/Schema"
import type { Point } from "./model.ts"
import { shorten } from "./quote.ts"

/**
 * One request. `status` is 0 when there was no answer: the receiver hung or reset the connection, or the sender
 * disconnected. `points` counts the points that were decoded, `acknowledged` those that were stored. `bytes` is the size
 * on the wire, `inflatedBytes` the size after gzip. The headers are stored as they came, cut to 200 characters.
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
  failureMode: Schema.String,
  message: Schema.String
})
export type RequestRecord = typeof RequestRecord.Type

/** Headers that hold no secret: what a sender says of itself, of the body and of the connection. */
const harmless = new Set([
  "accept",
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "origin",
  "te",
  "traceparent",
  "transfer-encoding",
  "user-agent"
])

/** More than any exporter sends. */
const maxHeaders = 32

/** The headers of a request as they are stored. */
export const loggedHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .slice(0, maxHeaders)
      .map(([name, value]) => [shorten(name), shorten(value)])
  )

/** Where metrics are sent. */
export const metricsPath = "/v1/metrics"

/**
 * A request as it is shown to others: exporters send tokens in headers of any name and in paths, so only known ones are
 * shown.
 */
export const withoutSecrets = (record: RequestRecord): RequestRecord => ({
  ...record,
  path: record.path.split("?")[0] === metricsPath ? metricsPath : notShown,
  headers: Object.fromEntries(
    Object.entries(record.headers).map(([name, value]) => [
      name,
      harmless.has(name) || name.startsWith("sec-fetch-") ? value : notShown
    ])
  )
})

const notShown = "(not shown)"

/** A request that was just logged, with the points that were stored. */
export interface Arrival {
  readonly request: RequestRecord
  readonly points: ReadonlyArray<Point>
}

/** Older requests are dropped; the index goes on. */
const maxRequests = 10_000

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
      if (records.length > maxRequests * 2) {
        records = records.slice(-maxRequests)
      }
      return record
    },
    records: () => records.slice(-maxRequests),
    clear: () => {
      records = []
      next = 0
    }
  }
}
