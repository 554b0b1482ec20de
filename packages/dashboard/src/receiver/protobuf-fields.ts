/**
 * The messages of requests in protobuf: what each of their fields holds, as in OTLP's `.proto` files. A test compares them
 * with the decoder.
 */

/**
 * What a field holds: a message by its name, or one of these. `long` is a number of 64 bits, `varint` one of 32; `eight` and
 * `four` are numbers of so many bytes, `eights` and `varints` numbers in a row, of 64 bits.
 */
export type Field = MessageName | "bytes" | "eight" | "four" | "long" | "varint" | "eights" | "varints"

/** What a whole body is, by its signal. */
export type RequestName = "Request" | "TracesRequest" | "LogsRequest"

export type MessageName =
  | RequestName
  | "ResourceMetrics"
  | "Resource"
  | "Entity"
  | "ScopeMetrics"
  | "Scope"
  | "Metric"
  | "Numbers"
  | "Histogram"
  | "Exponential"
  | "Summary"
  | "NumberPoint"
  | "HistogramPoint"
  | "ExponentialPoint"
  | "Buckets"
  | "SummaryPoint"
  | "Quantile"
  | "Exemplar"
  | "KeyValue"
  | "AnyValue"
  | "ArrayValue"
  | "KeyValueList"
  | "ResourceSpans"
  | "ScopeSpans"
  | "Span"
  | "SpanEvent"
  | "SpanLink"
  | "SpanStatus"
  | "ResourceLogs"
  | "ScopeLogs"
  | "LogRecord"

const text = "bytes"

export const fields: Readonly<Record<MessageName, Readonly<Record<number, Field>>>> = {
  Request: { 1: "ResourceMetrics" },
  ResourceMetrics: { 1: "Resource", 2: "ScopeMetrics", 3: text },
  Resource: { 1: "KeyValue", 2: "varint", 3: "Entity" },
  Entity: { 1: text, 2: text, 3: text, 4: text },
  ScopeMetrics: { 1: "Scope", 2: "Metric", 3: text },
  Scope: { 1: text, 2: text, 3: "KeyValue", 4: "varint" },
  Metric: {
    1: text,
    2: text,
    3: text,
    5: "Numbers",
    7: "Numbers",
    9: "Histogram",
    10: "Exponential",
    11: "Summary",
    12: "KeyValue"
  },
  Numbers: { 1: "NumberPoint", 2: "varint", 3: "varint" },
  Histogram: { 1: "HistogramPoint", 2: "varint" },
  Exponential: { 1: "ExponentialPoint", 2: "varint" },
  Summary: { 1: "SummaryPoint" },
  NumberPoint: {
    2: "eight",
    3: "eight",
    4: "eight",
    5: "Exemplar",
    6: "eight",
    7: "KeyValue",
    8: "varint"
  },
  HistogramPoint: {
    2: "eight",
    3: "eight",
    4: "eight",
    5: "eight",
    6: "eights",
    7: "eights",
    8: "Exemplar",
    9: "KeyValue",
    10: "varint",
    11: "eight",
    12: "eight"
  },
  ExponentialPoint: {
    1: "KeyValue",
    2: "eight",
    3: "eight",
    4: "eight",
    5: "eight",
    6: "varint",
    7: "eight",
    8: "Buckets",
    9: "Buckets",
    10: "varint",
    11: "Exemplar",
    12: "eight",
    13: "eight",
    14: "eight"
  },
  Buckets: { 1: "varint", 2: "varints" },
  SummaryPoint: { 2: "eight", 3: "eight", 4: "eight", 5: "eight", 6: "Quantile", 7: "KeyValue", 8: "varint" },
  Quantile: { 1: "eight", 2: "eight" },
  Exemplar: { 2: "eight", 3: "eight", 4: "bytes", 5: "bytes", 6: "eight", 7: "KeyValue" },
  KeyValue: { 1: text, 2: "AnyValue" },
  AnyValue: { 1: text, 2: "varint", 3: "long", 4: "eight", 5: "ArrayValue", 6: "KeyValueList", 7: "bytes" },
  ArrayValue: { 1: "AnyValue" },
  KeyValueList: { 1: "KeyValue" },
  TracesRequest: { 1: "ResourceSpans" },
  ResourceSpans: { 1: "Resource", 2: "ScopeSpans", 3: text },
  ScopeSpans: { 1: "Scope", 2: "Span", 3: text },
  Span: {
    1: "bytes",
    2: "bytes",
    3: text,
    4: "bytes",
    5: text,
    6: "varint",
    7: "eight",
    8: "eight",
    9: "KeyValue",
    10: "varint",
    11: "SpanEvent",
    12: "varint",
    13: "SpanLink",
    14: "varint",
    15: "SpanStatus",
    16: "four"
  },
  SpanEvent: { 1: "eight", 2: text, 3: "KeyValue", 4: "varint" },
  SpanLink: { 1: "bytes", 2: "bytes", 3: text, 4: "KeyValue", 5: "varint", 6: "four" },
  SpanStatus: { 2: text, 3: "varint" },
  LogsRequest: { 1: "ResourceLogs" },
  ResourceLogs: { 1: "Resource", 2: "ScopeLogs", 3: text },
  ScopeLogs: { 1: "Scope", 2: "LogRecord", 3: text },
  LogRecord: {
    1: "eight",
    2: "varint",
    3: text,
    5: "AnyValue",
    6: "KeyValue",
    7: "varint",
    8: "four",
    9: "bytes",
    10: "bytes",
    11: "eight",
    12: text
  }
}
