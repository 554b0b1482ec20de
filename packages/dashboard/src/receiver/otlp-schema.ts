/**
 * The official OTLP schema, as the OpenTelemetry authors generate it from their `.proto` files. The newest
 * `otlp-transformer` encodes by hand and has no decoder, so the last line of releases that ships the generated one is
 * used, under the name `otlp-schema`.
 *
 * Nothing else here knows that package. What is declared below is only what the rest reads of a message.
 */
import generated from "otlp-schema/build/src/generated/root.js"
import protobuf from "protobufjs/minimal.js"

/** A 64-bit integer: a number, or its two halves. */
export type Int64 = number | { readonly low: number; readonly high: number; readonly unsigned: boolean }

type Maybe<A> = A | null | undefined
type List<A> = Maybe<ReadonlyArray<A>>

export interface AnyValue {
  readonly stringValue?: Maybe<string>
  readonly boolValue?: Maybe<boolean>
  readonly intValue?: Maybe<Int64>
  readonly doubleValue?: Maybe<number>
  readonly arrayValue?: Maybe<{ readonly values?: List<AnyValue> }>
  readonly kvlistValue?: Maybe<{ readonly values?: List<KeyValue> }>
  readonly bytesValue?: Maybe<Uint8Array | string>
}

export interface KeyValue {
  readonly key?: Maybe<string>
  readonly value?: Maybe<AnyValue>
}

export interface PointMessage {
  readonly attributes?: List<KeyValue>
  readonly startTimeUnixNano?: Maybe<Int64>
  readonly timeUnixNano?: Maybe<Int64>
  readonly flags?: Maybe<number>
}

export interface NumberPointMessage extends PointMessage {
  readonly asDouble?: Maybe<number>
  readonly asInt?: Maybe<Int64>
}

interface DistributionMessage extends PointMessage {
  readonly count?: Maybe<Int64>
  readonly sum?: Maybe<number>
  readonly min?: Maybe<number>
  readonly max?: Maybe<number>
}

export interface HistogramPointMessage extends DistributionMessage {
  readonly bucketCounts?: List<Int64>
  readonly explicitBounds?: List<number>
}

export interface BucketsMessage {
  readonly offset?: Maybe<number>
  readonly bucketCounts?: List<Int64>
}

export interface ExponentialPointMessage extends DistributionMessage {
  readonly scale?: Maybe<number>
  readonly zeroCount?: Maybe<Int64>
  readonly zeroThreshold?: Maybe<number>
  readonly positive?: Maybe<BucketsMessage>
  readonly negative?: Maybe<BucketsMessage>
}

export interface SummaryPointMessage extends PointMessage {
  readonly count?: Maybe<Int64>
  readonly sum?: Maybe<number>
  readonly quantileValues?: List<{ readonly quantile?: Maybe<number>; readonly value?: Maybe<number> }>
}

interface Points<A> {
  readonly dataPoints?: List<A>
  readonly aggregationTemporality?: Maybe<number>
}

export interface MetricMessage {
  readonly name?: Maybe<string>
  readonly description?: Maybe<string>
  readonly unit?: Maybe<string>
  readonly gauge?: Maybe<Points<NumberPointMessage>>
  readonly sum?: Maybe<Points<NumberPointMessage> & { readonly isMonotonic?: Maybe<boolean> }>
  readonly histogram?: Maybe<Points<HistogramPointMessage>>
  readonly exponentialHistogram?: Maybe<Points<ExponentialPointMessage>>
  readonly summary?: Maybe<Points<SummaryPointMessage>>
}

export interface ScopeMetricsMessage {
  readonly scope?: Maybe<{ readonly name?: Maybe<string>; readonly version?: Maybe<string> }>
  readonly metrics?: List<MetricMessage>
}

export interface ExportRequest {
  readonly resourceMetrics?: List<{
    readonly resource?: Maybe<{ readonly attributes?: List<KeyValue> }>
    readonly scopeMetrics?: List<ScopeMetricsMessage>
  }>
}

interface MessageType {
  readonly decode: (reader: object) => object
  readonly encode: (message: object) => { readonly finish: () => Uint8Array }
  readonly verify: (message: object) => string | null
  readonly prototype: object
}

interface Schema {
  readonly opentelemetry: {
    readonly proto: {
      readonly common: { readonly v1: { readonly AnyValue: MessageType; readonly [name: string]: MessageType } }
      readonly metrics: { readonly v1: { readonly [name: string]: MessageType } }
      readonly collector: {
        readonly metrics: {
          readonly v1: {
            readonly ExportMetricsServiceRequest: MessageType
            readonly ExportMetricsServiceResponse: MessageType
          }
        }
      }
    }
  }
}

/**
 * The generated module declares itself as an empty reflection root, whatever it holds. The version is pinned, and every
 * message type named in `Schema` is used by the first request that any test sends, so looking for the root is enough.
 */
const isSchema = (root: unknown): root is Schema => typeof root === "object" && root !== null && "opentelemetry" in root

const load = (root: unknown): Schema => {
  if (isSchema(root)) return root
  throw new Error("otlp-schema does not hold the OTLP schema: is it still the release that ships the generated one?")
}

/** The messages of the official schema. */
export const schema = load(generated).opentelemetry.proto

const service = schema.collector.metrics.v1

/** Decodes a request from protobuf; throws on bytes that are none. */
export const decodeRequest = (bytes: Uint8Array): object =>
  service.ExportMetricsServiceRequest.decode(leanReader(protobuf.Reader.create(bytes)))

/**
 * A reader that gives a 64-bit integer as a number where a number holds it, instead of an object always: a large request
 * has a million bucket counts, and the garbage collector took longer than the decoder.
 */
const leanReader = (reader: protobuf.Reader) =>
  Object.assign(reader, {
    fixed64: () => leanInteger(reader.fixed32(), reader.fixed32(), true),
    sfixed64: () => leanInteger(reader.fixed32(), reader.sfixed32(), false)
  })

const leanInteger = (low: number, high: number, unsigned: boolean): Int64 =>
  high < 0x20_0000 && high >= -0x20_0000 ? high * 4294967296 + low : { low: low | 0, high: high | 0, unsigned }

/** Says what in a message contradicts the schema, by its path; `null` if nothing does. */
export const problemOf = (message: object): string | null => service.ExportMetricsServiceRequest.verify(message)

/** Whether a message is what the schema says. It walks all of it. */
export const isRequest = (message: object): message is ExportRequest => problemOf(message) === null

/** Encodes the answer to a request; a partial success if points were rejected. */
export const encodeResponse = (partial?: { readonly rejectedDataPoints: number; readonly errorMessage: string }) =>
  service.ExportMetricsServiceResponse.encode(partial === undefined ? {} : { partialSuccess: partial }).finish()

/** Encodes a `google.rpc.Status`: `code` is field 1, `message` field 2. It is not a part of OTLP's own files. */
export const encodeStatus = (status: { readonly code: number; readonly message: string }): Uint8Array =>
  protobuf.Writer.create().uint32(8).int32(status.code).uint32(18).string(status.message).finish()

/** A 64-bit integer, exactly. */
export const toBigInt = (value: Maybe<Int64>): bigint => {
  if (value === null || value === undefined) return 0n
  if (typeof value === "number") return BigInt(value)
  const high = BigInt(value.unsigned ? value.high >>> 0 : value.high)
  return (high << 32n) | BigInt(value.low >>> 0)
}

/** `toBigInt` that remembers its last answer: the times of one request are nearly all the same. */
export const makeToBigInt = (): ((value: Maybe<Int64>) => bigint) => {
  let low = 0
  let high = 0
  let answer = 0n
  return (value) => {
    if (value === null || value === undefined || typeof value === "number") return toBigInt(value)
    if (value.low !== low || value.high !== high) {
      low = value.low
      high = value.high
      answer = toBigInt(value)
    }
    return answer
  }
}

/** A 64-bit integer as the nearest number. */
export const toNumber = (value: Maybe<Int64>): number => {
  if (value === null || value === undefined) return 0
  if (typeof value === "number") return value
  return (value.unsigned ? value.high >>> 0 : value.high) * 4294967296 + (value.low >>> 0)
}
