/**
 * Exemplars in a request, which OpenTelemetry's serialisers leave out: they are added to what those have written, as
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto has them.
 */
import type { ISerializer } from "@opentelemetry/otlp-transformer"
import type { MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics"
import * as Predicate from "effect/Predicate"
import type { Exemplar } from "../catalogue/exemplar.ts"
import { type Additions, field, withAdditions } from "./protobuf-additions.ts"

/** The points of a request, and the exemplars of those that have some. */
export interface MetricsRequest extends ResourceMetrics {
  readonly exemplars: ReadonlyMap<object, ReadonlyArray<Exemplar>>
}

/** What writes requests. */
export type Serializer<A> = Pick<ISerializer<A, unknown>, "serializeRequest">

/** Writes protobuf. */
export const protobufWithExemplars = ({
  serializeRequest
}: Serializer<ResourceMetrics>): Serializer<MetricsRequest> => ({
  serializeRequest: (request) => {
    const written = serializeRequest(request)
    const additions = written === undefined ? undefined : additionsOf(request)
    return written === undefined || additions === undefined ? written : withAdditions(written, additions)
  }
})

/** Writes JSON. */
export const jsonWithExemplars = ({ serializeRequest }: Serializer<ResourceMetrics>): Serializer<MetricsRequest> => ({
  serializeRequest: (request) => {
    const written = serializeRequest(request)
    return written === undefined || request.exemplars.size === 0 ? written : jsonAdded(written, request)
  }
})

// Numbers of fields: of the messages on the way from a request to its points, and of their exemplars.
const resourceMetrics = 1
const scopeMetrics = 2
const metrics = 2
const dataPoints = 1
const ofHistogram = { data: 9, exemplars: 8 }
const ofExponential = { data: 10, exemplars: 11 }
const exponentialType = 1

const additionsOf = ({ exemplars, scopeMetrics: scopes }: MetricsRequest): Additions | undefined => {
  const ofMetric = (metric: MetricData): Additions | undefined => {
    const { data, exemplars: number } = metric.dataPointType === exponentialType ? ofExponential : ofHistogram
    const points = metric.dataPoints.map((point): Additions | undefined => {
      const fields = exemplars.get(point)?.map((exemplar) => field(number, protobufOf(exemplar)))
      return fields === undefined ? undefined : { fields, messages: new Map() }
    })
    return inField(data, [inField(dataPoints, points)])
  }
  return exemplars.size === 0
    ? undefined
    : inField(resourceMetrics, [
        inField(
          scopeMetrics,
          scopes.map((scope) => inField(metrics, scope.metrics.map(ofMetric)))
        )
      ])
}

const inField = (number: number, messages: ReadonlyArray<Additions | undefined>): Additions | undefined =>
  messages.every((one) => one === undefined) ? undefined : { fields: [], messages: new Map([[number, messages]]) }

const protobufOf = ({ span, timeMs, value }: Exemplar): Uint8Array => {
  const numbers = Buffer.alloc(18)
  numbers[0] = fixed64(2)
  numbers.writeBigUInt64LE(nanosOf(timeMs), 1)
  numbers[9] = fixed64(3)
  numbers.writeDoubleLE(value, 10)
  return span === undefined
    ? numbers
    : Buffer.concat([numbers, field(4, Buffer.from(span.spanId, "hex")), field(5, Buffer.from(span.traceId, "hex"))])
}

const fixed64 = (number: number): number => number * 8 + 1

const nanosOf = (timeMs: number): bigint => {
  const whole = Math.floor(timeMs)
  return BigInt(whole) * 1_000_000n + BigInt(Math.floor((timeMs - whole) * 1e6))
}

const jsonAdded = (written: Uint8Array, { exemplars, scopeMetrics: scopes }: MetricsRequest): Uint8Array => {
  const request: unknown = JSON.parse(new TextDecoder().decode(written))
  for (const [scope, { metrics: all }] of scopes.entries()) {
    for (const [metric, { dataPointType, dataPoints: points }] of all.entries()) {
      const data = dataPointType === exponentialType ? "exponentialHistogram" : "histogram"
      for (const [index, point] of points.entries()) {
        const added = exemplars.get(point)?.map(jsonOf)
        const path = ["resourceMetrics", 0, "scopeMetrics", scope, "metrics", metric, data, "dataPoints", index]
        const found = added === undefined ? undefined : path.reduce(property, request)
        if (Predicate.isRecord(found)) {
          found["exemplars"] = added
        }
      }
    }
  }
  return new TextEncoder().encode(JSON.stringify(request))
}

const property = (value: unknown, name: PropertyKey): unknown =>
  Predicate.hasProperty(value, name) ? value[name] : undefined

/** Bytes are hexadecimal digits in OTLP's JSON, and 64 bits decimal ones. */
const jsonOf = ({ span, timeMs, value }: Exemplar) => ({
  timeUnixNano: String(nanosOf(timeMs)),
  asDouble: value,
  ...span
})
