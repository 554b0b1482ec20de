/** Requests written by hand, for what no SDK would send, and a plain way to post them. */
import * as Effect from "effect/Effect"
import { schema } from "../../src/receiver/otlp-schema.ts"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly text: string
}

export const json = { "content-type": "application/json" }
export const protobuf = { "content-type": "application/x-protobuf" }

/** Posts a body over a connection of its own; fails when the connection does. */
export const post = (
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = json
): Effect.Effect<Answer, unknown> =>
  Effect.tryPromise(async (signal) => {
    const response = await fetch(url, { method: "POST", body, signal, headers: { connection: "close", ...headers } })
    const bytes = new Uint8Array(await response.arrayBuffer())
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: bytes,
      text: new TextDecoder().decode(bytes)
    }
  })

/** A JSON request with one metric. */
export const requestOf = (metric: object, attributes: ReadonlyArray<object> = []): string =>
  JSON.stringify({
    resourceMetrics: [
      { resource: { attributes }, scopeMetrics: [{ scope: { name: "hand", version: "1" }, metrics: [metric] }] }
    ]
  })

const times = { startTimeUnixNano: "1700000000000000000", timeUnixNano: "1700000001000000000" }

/** A good point; what is given replaces its fields. */
export const point = (fields: object = {}): object => ({ ...times, asDouble: 1, ...fields })

/** A cumulative monotonic sum called `sum`. */
export const sum = (...dataPoints: ReadonlyArray<object>): object => ({
  name: "sum",
  sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints }
})

export const gauge = (...dataPoints: ReadonlyArray<object>): object => ({ name: "gauge", gauge: { dataPoints } })

export const histogram = (fields: object = {}): object => ({
  name: "histogram",
  histogram: {
    aggregationTemporality: 2,
    dataPoints: [{ ...times, count: "3", sum: 6, bucketCounts: ["1", "2"], explicitBounds: [1], ...fields }]
  }
})

/** A request of the schema's own types, as protobuf. */
export const encode = (request: object): Uint8Array =>
  schema.collector.metrics.v1.ExportMetricsServiceRequest.encode(request).finish()

export const attribute = (key: string, value: object): object => ({ key, value })

/** How many messages a decoded request consists of. */
export const messagesIn = (value: unknown): number => {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    return 0
  }
  const isInteger = "low" in value && "high" in value
  const own = Array.isArray(value) || isInteger ? 0 : 1
  return Object.values(value).reduce((sum: number, inner) => sum + messagesIn(inner), own)
}
