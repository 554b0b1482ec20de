import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { byteFields, doubleFields, fromJson, integerFields, messageFields } from "../../src/receiver/otlp-json.ts"
import { metricsRequest } from "../../src/receiver/otlp-requests.ts"
import { type ExportRequest, makeToBigInt, schema, toBigInt, toNumber } from "../../src/receiver/otlp-schema.ts"
import { encode } from "./request.ts"

type Messages = (typeof schema)["metrics"]["v1"]

/** Messages that are declared within others. */
const nestedIn = (messages: Messages, ...paths: ReadonlyArray<readonly [string, string]>) =>
  paths.flatMap(([outer, inner]) => {
    const type = messages[outer]
    return type === undefined ? [] : [Reflect.get(type, inner)]
  })

/** Every message that a request can hold. */
const messages = [
  ...["AnyValue", "ArrayValue", "KeyValue", "KeyValueList", "InstrumentationScope"].map(
    (name) => schema.common.v1[name]
  ),
  ...["ResourceMetrics", "ScopeMetrics", "Metric", "Gauge", "Sum", "Histogram", "ExponentialHistogram", "Summary"].map(
    (name) => schema.metrics.v1[name]
  ),
  ...["NumberDataPoint", "HistogramDataPoint", "ExponentialHistogramDataPoint", "SummaryDataPoint", "Exemplar"].map(
    (name) => schema.metrics.v1[name]
  ),
  ...["ResourceSpans", "ScopeSpans", "Span", "Status"].map((name) => schema.trace.v1[name]),
  ...["ResourceLogs", "ScopeLogs", "LogRecord"].map((name) => schema.logs.v1[name])
]

const nested = [
  ...nestedIn(schema.metrics.v1, ["ExponentialHistogramDataPoint", "Buckets"], ["SummaryDataPoint", "ValueAtQuantile"]),
  ...nestedIn(schema.trace.v1, ["Span", "Event"], ["Span", "Link"])
]
/** The fields of all messages that the schema's `verify` expects to be of one type, found by giving them another. */
const fieldsOfType = (expected: string): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const message of [...messages, ...nested]) {
    if (message === undefined) {
      continue
    }
    for (const name of Object.keys(message.prototype)) {
      for (const probe of [Symbol("probe"), [Symbol("probe")]]) {
        const problem: string | null = message.verify({ [name]: probe })
        if (problem?.startsWith(`${name}: ${expected}`) || problem?.startsWith(`${name}.${expected}`)) {
          names.add(name)
        }
      }
    }
  }
  return [...names].sort()
}

describe("the lists of fields", () => {
  it.effect("are held against every message", () => Effect.sync(() => expect(messages).not.toContain(undefined)))

  it.effect("name exactly the 64-bit integers of the schema", () =>
    Effect.sync(() => expect(fieldsOfType("integer|Long")).toEqual([...integerFields.keys()].sort()))
  )

  it.effect("name exactly the doubles of the schema", () =>
    Effect.sync(() => expect(fieldsOfType("number")).toEqual([...doubleFields].sort()))
  )

  it.effect("name exactly the bytes of the schema", () =>
    Effect.sync(() => expect(fieldsOfType("buffer")).toEqual([...byteFields.keys()].sort()))
  )

  it.effect("name exactly the fields of the schema that are one message", () =>
    Effect.sync(() => {
      const lists = fieldsOfType("array expected")
      const single = fieldsOfType("object expected").filter((name) => !lists.includes(name))
      expect(single).toEqual([...messageFields].sort())
    })
  )
})

describe("a 64-bit integer", () => {
  const edges: ReadonlyArray<readonly [name: string, digits: string]> = [
    ["asInt", "-9223372036854775808"],
    ["asInt", "9223372036854775807"],
    ["asInt", "-1"],
    ["asInt", "0"],
    ["timeUnixNano", "18446744073709551615"],
    ["timeUnixNano", "9223372036854775808"],
    ["timeUnixNano", "1700000000000000001"],
    ["count", "4294967296"]
  ]
  for (const [name, digits] of edges) {
    it.effect(`of ${digits} is read exactly`, () =>
      Effect.sync(() => {
        const body: Record<string, number> = {}
        Reflect.set(body, name, digits)
        expect(fromJson(body)).toBe(null)
        expect(toBigInt(body[name])).toBe(BigInt(digits))
        expect(toNumber(body[name])).toBe(Number(digits))
      })
    )
  }

  for (const [field, digits] of [
    ["asInt", "-9223372036854775808"],
    ["asInt", "9223372036854775807"],
    ["asInt", "-9007199254740992"],
    ["asInt", "-1"],
    ["timeUnixNano", "18446744073709551615"],
    ["timeUnixNano", "9007199254740993"],
    ["timeUnixNano", "9007199254740991"],
    ["timeUnixNano", "4294967296"]
  ] as const) {
    it.effect(`of ${digits} is read exactly from protobuf, as ${field}`, () =>
      Effect.sync(() => {
        const dataPoint: Record<string, number> = {}
        Reflect.set(dataPoint, field, digits)
        expect(fromJson(dataPoint)).toBe(null)
        const metric = { name: "a", gauge: { dataPoints: [dataPoint] } }
        const request: ExportRequest = metricsRequest.decode(
          encode({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })
        )
        const read = request.resourceMetrics?.[0]?.scopeMetrics?.[0]?.metrics?.[0]?.gauge?.dataPoints?.[0]
        expect([toBigInt(read?.[field]), toNumber(read?.[field])]).toEqual([BigInt(digits), Number(digits)])
        const remember = makeToBigInt()
        expect([remember(read?.[field]), remember(read?.[field]), remember(undefined)]).toEqual([
          BigInt(digits),
          BigInt(digits),
          0n
        ])
      })
    )
  }

  for (const digits of ["", "1.0", "0x1", " 1", "1e3", "+1", "01", "--1", "18446744073709551616", "-1"]) {
    it.effect(`is not ${JSON.stringify(digits)}, unsigned`, () =>
      Effect.sync(() => expect(fromJson({ count: digits })).toBe(`count: invalid value ${JSON.stringify(digits)}`))
    )
  }
})
