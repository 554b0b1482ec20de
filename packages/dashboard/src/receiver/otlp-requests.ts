/** The requests of the three signals: what each is called, and how it is read and answered. */
import { decodeMessage, type ExportRequest, type MessageType, schema } from "./otlp-schema.ts"
import type { RequestName } from "./protobuf-fields.ts"
import type { LogsRequest, TracesRequest } from "./record-messages.ts"

export interface RequestType<A extends object> {
  /** What its body is in protobuf. */
  readonly name: RequestName
  /** Decodes protobuf; throws when the bytes are no such request. */
  readonly decode: (bytes: Uint8Array) => object
  /** Where and how a message does not match the schema, or `null`. */
  readonly schemaErrorOf: (message: object) => string | null
  /** Whether a message matches the schema. It visits every field. */
  readonly is: (message: object) => message is A
  /** Encodes the response, with what was rejected if anything was. */
  readonly encodeResponse: (partialSuccess: object | undefined) => Uint8Array
}

const requestType = <A extends object>(
  name: RequestName,
  request: MessageType,
  response: MessageType
): RequestType<A> => ({
  name,
  decode: (bytes) => decodeMessage(request, bytes),
  schemaErrorOf: (message) => request.verify(message),
  is: (message): message is A => request.verify(message) === null,
  encodeResponse: (partialSuccess) => response.encode(partialSuccess === undefined ? {} : { partialSuccess }).finish()
})

const { logs, metrics, trace } = schema.collector

export const metricsRequest = requestType<ExportRequest>(
  "Request",
  metrics.v1.ExportMetricsServiceRequest,
  metrics.v1.ExportMetricsServiceResponse
)

export const tracesRequest = requestType<TracesRequest>(
  "TracesRequest",
  trace.v1.ExportTraceServiceRequest,
  trace.v1.ExportTraceServiceResponse
)

export const logsRequest = requestType<LogsRequest>(
  "LogsRequest",
  logs.v1.ExportLogsServiceRequest,
  logs.v1.ExportLogsServiceResponse
)
