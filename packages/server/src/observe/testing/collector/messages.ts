/** The messages of OTLP that are decoded, by field number (https://github.com/open-telemetry/opentelemetry-proto). */

/** How a field is encoded, or the message that it holds. */
export type FieldType =
  | "string"
  | "bool"
  | "varint"
  | "sint32"
  | "int64"
  | "uint64"
  | "fixed32"
  | "fixed64"
  | "sfixed64"
  | "double"
  | "hex"
  | "base64"
  | MessageName

/** The name of a field in JSON, its type, and whether there may be several. */
export type Field = readonly [name: string, type: FieldType, isList?: "list"]

export type MessageName = keyof typeof messages

interface Messages {
  readonly [name: string]: { readonly [number: number]: readonly [string, string, "list"?] }
}

const exportOf = (signal: string, message: string) => ({ 1: [`resource${signal}`, message, "list"] }) as const
const resourceOf = (scopes: string, message: string) =>
  ({ 1: ["resource", "Resource"], 2: [scopes, message, "list"] }) as const
const scopeOf = (records: string, message: string) =>
  ({ 1: ["scope", "Scope"], 2: [records, message, "list"] }) as const

const times = { 2: ["startTimeUnixNano", "fixed64"], 3: ["timeUnixNano", "fixed64"] } as const
const exemplars = ["exemplars", "Exemplar", "list"] as const
const temporality = ["aggregationTemporality", "varint"] as const

export const messages = {
  Metrics: exportOf("Metrics", "ResourceMetrics"),
  ResourceMetrics: resourceOf("scopeMetrics", "ScopeMetrics"),
  ScopeMetrics: scopeOf("metrics", "Metric"),
  Metric: {
    1: ["name", "string"],
    2: ["description", "string"],
    3: ["unit", "string"],
    5: ["gauge", "Gauge"],
    7: ["sum", "Sum"],
    9: ["histogram", "Histogram"],
    10: ["exponentialHistogram", "ExponentialHistogram"],
    11: ["summary", "Summary"]
  },
  Gauge: { 1: ["dataPoints", "NumberPoint", "list"] },
  Sum: { 1: ["dataPoints", "NumberPoint", "list"], 2: temporality, 3: ["isMonotonic", "bool"] },
  Histogram: { 1: ["dataPoints", "HistogramPoint", "list"], 2: temporality },
  ExponentialHistogram: { 1: ["dataPoints", "ExponentialPoint", "list"], 2: temporality },
  Summary: { 1: ["dataPoints", "SummaryPoint", "list"] },
  NumberPoint: {
    7: ["attributes", "KeyValue", "list"],
    ...times,
    4: ["asDouble", "double"],
    6: ["asInt", "sfixed64"],
    5: exemplars
  },
  HistogramPoint: {
    9: ["attributes", "KeyValue", "list"],
    ...times,
    4: ["count", "fixed64"],
    5: ["sum", "double"],
    6: ["bucketCounts", "fixed64", "list"],
    7: ["explicitBounds", "double", "list"],
    8: exemplars,
    11: ["min", "double"],
    12: ["max", "double"]
  },
  ExponentialPoint: {
    1: ["attributes", "KeyValue", "list"],
    ...times,
    4: ["count", "fixed64"],
    5: ["sum", "double"],
    6: ["scale", "sint32"],
    7: ["zeroCount", "fixed64"],
    8: ["positive", "Buckets"],
    9: ["negative", "Buckets"],
    11: exemplars,
    12: ["min", "double"],
    13: ["max", "double"],
    14: ["zeroThreshold", "double"]
  },
  Exemplar: {
    7: ["filteredAttributes", "KeyValue", "list"],
    2: ["timeUnixNano", "fixed64"],
    3: ["asDouble", "double"],
    6: ["asInt", "sfixed64"],
    4: ["spanId", "hex"],
    5: ["traceId", "hex"]
  },
  Buckets: { 1: ["offset", "sint32"], 2: ["bucketCounts", "uint64", "list"] },
  SummaryPoint: {
    7: ["attributes", "KeyValue", "list"],
    ...times,
    4: ["count", "fixed64"],
    5: ["sum", "double"],
    6: ["quantileValues", "Quantile", "list"]
  },
  Quantile: { 1: ["quantile", "double"], 2: ["value", "double"] },
  Spans: exportOf("Spans", "ResourceSpans"),
  ResourceSpans: resourceOf("scopeSpans", "ScopeSpans"),
  ScopeSpans: scopeOf("spans", "Span"),
  Span: {
    1: ["traceId", "hex"],
    2: ["spanId", "hex"],
    4: ["parentSpanId", "hex"],
    5: ["name", "string"],
    6: ["kind", "varint"],
    7: ["startTimeUnixNano", "fixed64"],
    8: ["endTimeUnixNano", "fixed64"],
    9: ["attributes", "KeyValue", "list"],
    11: ["events", "Event", "list"],
    13: ["links", "Link", "list"],
    15: ["status", "Status"]
  },
  Event: { 1: ["timeUnixNano", "fixed64"], 2: ["name", "string"], 3: ["attributes", "KeyValue", "list"] },
  Link: { 1: ["traceId", "hex"], 2: ["spanId", "hex"], 4: ["attributes", "KeyValue", "list"] },
  Status: { 2: ["message", "string"], 3: ["code", "varint"] },
  Logs: exportOf("Logs", "ResourceLogs"),
  ResourceLogs: resourceOf("scopeLogs", "ScopeLogs"),
  ScopeLogs: scopeOf("logRecords", "LogRecord"),
  LogRecord: {
    1: ["timeUnixNano", "fixed64"],
    2: ["severityNumber", "varint"],
    3: ["severityText", "string"],
    5: ["body", "AnyValue"],
    6: ["attributes", "KeyValue", "list"],
    9: ["traceId", "hex"],
    10: ["spanId", "hex"],
    11: ["observedTimeUnixNano", "fixed64"]
  },
  Resource: { 1: ["attributes", "KeyValue", "list"] },
  Scope: { 1: ["name", "string"], 2: ["version", "string"] },
  KeyValue: { 1: ["key", "string"], 2: ["value", "AnyValue"] },
  AnyValue: {
    1: ["stringValue", "string"],
    2: ["boolValue", "bool"],
    3: ["intValue", "int64"],
    4: ["doubleValue", "double"],
    5: ["arrayValue", "Values"],
    6: ["kvlistValue", "Pairs"],
    7: ["bytesValue", "base64"]
  },
  Values: { 1: ["values", "AnyValue", "list"] },
  Pairs: { 1: ["values", "KeyValue", "list"] }
} as const satisfies Messages
