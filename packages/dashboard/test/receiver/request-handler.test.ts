import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gzipSync } from "node:zlib"
import protobufjs from "protobufjs/minimal.js"
import { Receiver } from "../../src/receiver/receiver.ts"
import { attribute, encode, gauge, histogram, json, point, post, protobuf, requestOf, sum } from "./request.ts"

const text = (value: string) => ({ stringValue: value })

const wrongBodies: ReadonlyArray<readonly [title: string, body: string | Uint8Array, message: string]> = [
  [
    "text that is not JSON",
    "{",
    "the body is not JSON: SyntaxError: Expected property name or '}' in JSON at position 1"
  ],
  ["a list", "[]", "the body is not a JSON object"],
  ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "the body is not JSON: TypeError"],
  ["a list where a message should be", '{"resourceMetrics":[[]]}', "resourceMetrics: a list in a list is not allowed"],
  ["a list as a message", requestOf({ name: "a", gauge: [] }), "gauge: a list is not allowed"],
  ["a message where a list should be", '{"resourceMetrics":{}}', "resourceMetrics: array expected"],
  ["null", '{"resourceMetrics":null}', "resourceMetrics: null is not allowed"],
  ["asDouble: null", requestOf(gauge(point({ asDouble: null }))), "asDouble: null is not allowed"],
  ["a sum: null", requestOf(histogram({ sum: null })), "sum: null is not allowed"],
  ["a null boundary", requestOf(histogram({ explicitBounds: [null] })), "explicitBounds: null is not allowed"],
  ["asDouble: text", requestOf(gauge(point({ asDouble: "1,5" }))), 'asDouble: invalid value "1,5"'],
  ["asDouble: true", requestOf(gauge(point({ asDouble: true }))), "asDouble: number expected"],
  ["two values", requestOf(gauge(point({ asInt: "1" }))), "value: multiple values"],
  ["no value", requestOf(gauge(point({ asDouble: undefined }))), 'metric "gauge": a point has no value'],
  [
    "a fraction as an integer",
    requestOf(gauge(point({ asDouble: undefined, asInt: "1.5" }))),
    'asInt: invalid value "1.5"'
  ],
  ["2^63 as a signed integer", requestOf(gauge(point({ asDouble: undefined, asInt: "9223372036854775808" }))), "asInt"],
  ["a negative count", requestOf(histogram({ count: "-1" })), 'count: invalid value "-1"'],
  ["a negative bucket", requestOf(histogram({ bucketCounts: [-1, 2] })), "bucketCounts: invalid value -1"],
  ["a bucket too few", requestOf(histogram({ bucketCounts: ["3"] })), "it has 1 boundaries and 1 buckets"],
  ["a negative time", requestOf(gauge(point({ timeUnixNano: "-1" }))), 'timeUnixNano: invalid value "-1"'],
  ["no time", requestOf(gauge(point({ timeUnixNano: undefined }))), 'metric "gauge": a point has no time'],
  ["unknown flags", requestOf(gauge(point({ flags: 2 }))), 'metric "gauge": unknown flags 2'],
  ["flags that are text", requestOf(gauge(point({ flags: "1" }))), "flags: integer expected"],
  [
    "a value and the flag that says there is none",
    requestOf(gauge(point({ flags: 1 }))),
    "a point has a value, but its flag"
  ],
  [
    "a duplicate attribute",
    requestOf(
      gauge(point({ attributes: [attribute("a", text("x")), attribute("b", text("")), attribute("a", text("y"))] }))
    ),
    'metric "gauge": duplicate attribute "a"'
  ],
  [
    "a duplicate resource attribute",
    requestOf(gauge(point()), [attribute("a", text("x")), attribute("a", text("x"))]),
    'resource: duplicate attribute "a"'
  ],
  ["an attribute without a name", requestOf(gauge(point({ attributes: [{ value: text("x") }] }))), "has no name"],
  [
    "an unknown kind of value",
    requestOf(gauge(point({ attributes: [attribute("a", { dateValue: "x" })] }))),
    'value: unknown kind "dateValue"'
  ],
  [
    "an unknown kind of value in a list",
    requestOf(gauge(point({ attributes: [attribute("a", { arrayValue: { values: [{ dateValue: "x" }] } })] }))),
    'value: unknown kind "dateValue"'
  ],
  [
    "an attribute value of two kinds",
    requestOf(gauge(point({ attributes: [attribute("a", { stringValue: "x", boolValue: true })] }))),
    "value: multiple values"
  ],
  [
    "an attribute value of the wrong type",
    requestOf(gauge(point({ attributes: [attribute("a", { stringValue: 1 })] }))),
    "stringValue: string expected"
  ],
  [
    "an exemplar's trace id that is not hex",
    requestOf(gauge(point({ exemplars: [{ timeUnixNano: "1", asDouble: 1, traceId: "xyz" }] }))),
    'traceId: invalid value "xyz"'
  ],
  ["a metric without a name", requestOf({ gauge: { dataPoints: [] } }), 'metric "": it has no name'],
  ["a metric without data", requestOf({ name: "empty" }), 'metric "empty": it has no data'],
  ["a metric of two kinds", requestOf({ ...gauge(point()), ...sum(point()) }), "data: multiple values"],
  ["a sum without temporality", requestOf({ name: "s", sum: { dataPoints: [] } }), "is neither delta nor cumulative"],
  [
    "a temporality that does not exist",
    requestOf({ name: "s", sum: { dataPoints: [], aggregationTemporality: 3 } }),
    "aggregationTemporality: enum value expected"
  ],
  [
    "a temporality by its name",
    requestOf({ name: "s", sum: { dataPoints: [], aggregationTemporality: "AGGREGATION_TEMPORALITY_DELTA" } }),
    "aggregationTemporality: enum value expected"
  ]
]

const number = { startTimeUnixNano: 1, timeUnixNano: 2, asDouble: 1 }
const inProtobuf = (metric: object) => encode({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })

const wrongProtobuf: ReadonlyArray<readonly [title: string, body: Uint8Array, message: string]> = [
  ["bytes that are no message", new Uint8Array([0x0f, 0xff, 0xff]), "the body is not an OTLP request in protobuf"],
  [
    "a message cut short",
    inProtobuf({ name: "a", gauge: { dataPoints: [number] } }).slice(0, -3),
    "the body is not an OTLP request"
  ],
  [
    "a duplicate attribute",
    inProtobuf({
      name: "a",
      gauge: { dataPoints: [{ ...number, attributes: [attribute("a", text("x")), attribute("a", text("y"))] }] }
    }),
    'metric "a": duplicate attribute "a"'
  ],
  ["no value", inProtobuf({ name: "a", gauge: { dataPoints: [{ timeUnixNano: 2 }] } }), "a point has no value"],
  ["two kinds", inProtobuf({ name: "a", gauge: {}, sum: {} }), "data: multiple values"]
]

const statusOf = (bytes: Uint8Array) => {
  const reader = protobufjs.Reader.create(bytes)
  const status = { code: 0, message: "" }
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === 8) {
      status.code = reader.int32()
    } else if (tag === 18) {
      status.message = reader.string()
    } else {
      reader.skipType(tag & 7)
    }
  }
  return status
}

describe("a malformed request", () => {
  for (const [title, body, message] of wrongBodies) {
    it.scopedLive(`with ${title} is answered 400 in JSON, and changes nothing`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const answer = yield* post(receiver.url, body)
        expect({ status: answer.status, type: answer.headers["content-type"] }).toEqual({
          status: 400,
          type: "application/json"
        })
        expect(JSON.parse(answer.text)).toEqual({ code: 3, message: expect.stringContaining(message) })
        expect(yield* receiver.series).toEqual([])
      })
    )
  }

  for (const [title, body, message] of wrongProtobuf) {
    it.scopedLive(`with ${title} is answered 400 in protobuf, and changes nothing`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const answer = yield* post(receiver.url, body, protobuf)
        expect({ status: answer.status, type: answer.headers["content-type"] }).toEqual({
          status: 400,
          type: "application/x-protobuf"
        })
        expect(statusOf(answer.body)).toEqual({ code: 3, message: expect.stringContaining(message) })
        expect(yield* receiver.series).toEqual([])
      })
    )
  }

  it.scopedLive("with one bad point among good ones is rejected as a whole", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const bad = point({ asDouble: undefined, attributes: [attribute("a", text("x"))] })
      const answer = yield* post(receiver.url, requestOf(gauge(point(), bad)))
      expect(answer.status).toBe(400)
      expect(yield* receiver.series).toEqual([])
    })
  )
})

describe("a request with a wrong path, method or encoding", () => {
  const good = requestOf(gauge(point()))

  it.scopedLive("is answered 404, 405, 415 or 400, and logged", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const get = yield* Effect.tryPromise(() => fetch(receiver.url, { headers: { connection: "close" } }))
      expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"])
      const elsewhere = yield* post(receiver.url.replace("metrics", "traces"), good)
      expect(elsewhere.status).toBe(404)
      const plain = yield* post(receiver.url, good, { "content-type": "text/plain" })
      expect(plain.status).toBe(415)
      const brotli = yield* post(receiver.url, good, { ...json, "content-encoding": "br" })
      expect(brotli.status).toBe(415)
      const notGzip = yield* post(receiver.url, good, { ...json, "content-encoding": "gzip" })
      expect(notGzip.status).toBe(400)
      const cut = yield* post(receiver.url, gzipSync(good).subarray(0, 40), { ...json, "content-encoding": "gzip" })
      expect(cut.status).toBe(400)
      expect((yield* receiver.requests).map(({ status }) => status)).toEqual([405, 404, 415, 415, 400, 400])
    })
  )

  it.scopedLive("is answered 413 when the body is too long, as sent or inflated", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ limit: 10_000 })
      const long = good + " ".repeat(20_000)
      expect((yield* post(receiver.url, long)).status).toBe(413)
      const gzipped = gzipSync(long)
      expect(gzipped.length).toBeLessThan(1_000)
      expect((yield* post(receiver.url, gzipped, { ...json, "content-encoding": "gzip" })).status).toBe(413)
      expect((yield* post(receiver.url, good)).status).toBe(200)
    })
  )

  it.scopedLive("is answered 413 when it is too long and does not say how long it is", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ limit: 10_000 })
      const chunks = async function* () {
        for (let index = 0; index < 50; index++) {
          yield Buffer.alloc(65_536, 32)
        }
      }
      const answer = yield* Effect.tryPromise(() =>
        fetch(receiver.url, { method: "POST", headers: json, body: chunks(), duplex: "half" })
      )
      expect(answer.status).toBe(413)
    })
  )
})

describe("an unusual request that is allowed", () => {
  it.scopedLive("is accepted: unknown fields, integers of every width, NaN by name, empty values", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const attributes = [
        attribute("array", { arrayValue: { values: [{ intValue: "1" }, { stringValue: "x" }] } }),
        attribute("bool", { boolValue: false }),
        attribute("bytes", { bytesValue: "AQID" }),
        attribute("double", { doubleValue: "-Infinity" }),
        attribute("empty", {}),
        attribute("int", { intValue: "9007199254740993" }),
        attribute("list", {
          kvlistValue: { values: [attribute("b", { intValue: 2 }), attribute("a", { intValue: 1 })] }
        })
      ]
      const exemplars = [{ timeUnixNano: "1", asInt: "-1", spanId: "00f067aa0ba902b7", traceId: "0".repeat(32) }]
      const extra = { attributes, exemplars, flags: 0, fromTheFuture: { value: 1 } }
      const answer = yield* post(receiver.url, requestOf(gauge(point({ asDouble: undefined, asInt: "-5", ...extra }))))
      expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([200, "{}", "application/json"])
      const series = yield* receiver.series
      expect(series).toEqual([
        {
          resource: {},
          scope: { name: "hand", version: "1" },
          name: "gauge",
          description: "",
          unit: "",
          kind: "gauge",
          exemplars: [{ value: -1, timeUnixNano: 1n, filteredAttributes: {} }],
          attributes: {
            array: [1, "x"],
            bool: false,
            bytes: "AQID",
            double: "-Infinity",
            empty: null,
            int: "9007199254740993",
            list: { a: 1, b: 2 }
          },
          startTimeUnixNano: 1_700_000_000_000_000_000n,
          timeUnixNano: 1_700_000_001_000_000_000n,
          value: -5,
          total: -5,
          points: 1,
          resets: 0
        }
      ])
      expect((yield* receiver.violations).map(({ kind, message }) => [kind, message])).toEqual([
        ["exemplar", "an exemplar has a trace id of zeros"]
      ])
    })
  )

  it.scopedLive("is a point whose flag says that it has no value: it is ignored and reported", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const stale = { ...point({ asDouble: undefined, flags: 1, attributes: [attribute("a", text("x"))] }) }
      expect((yield* post(receiver.url, requestOf(gauge(stale, point())))).status).toBe(200)
      expect((yield* receiver.series).map(({ attributes }) => attributes)).toEqual([{}])
      expect(yield* receiver.violations).toEqual([
        {
          kind: "no-recorded-value",
          name: "gauge",
          attributes: '{"a":"x"}',
          message: "it has no value and is ignored",
          request: 0
        }
      ])
    })
  )

  it.scopedLive("is an integer that a number does not hold exactly: it is reported", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const large = point({ asDouble: undefined, asInt: "9007199254740993" })
      expect((yield* post(receiver.url, requestOf(gauge(large)))).status).toBe(200)
      expect((yield* receiver.violations).map(({ kind }) => kind)).toEqual(["imprecise"])
    })
  )

  it.scopedLive("is a summary, which no SDK sends any more, in both forms", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const quantileValues = [
        { quantile: 0.5, value: 2 },
        { quantile: 0.9, value: 8 }
      ]
      const dataPoints = [{ startTimeUnixNano: 1, timeUnixNano: 2, count: 4, sum: 12.5, quantileValues }]
      yield* post(receiver.url, requestOf({ name: "a", summary: { dataPoints } }))
      yield* post(receiver.url, inProtobuf({ name: "b", summary: { dataPoints } }), protobuf)
      const series = yield* receiver.series
      const value = { count: 4, sum: 12.5, quantiles: quantileValues }
      expect(series.map(({ kind, name, total, value }) => ({ kind, name, total, value }))).toEqual(
        ["a", "b"].map((name) => ({ kind: "summary", name, total: value, value }))
      )
    })
  )

  it.scopedLive("is an empty request, in both forms", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const inJson = yield* post(receiver.url, "{}")
      expect([inJson.status, inJson.text]).toEqual([200, "{}"])
      const inBytes = yield* post(receiver.url, new Uint8Array(), protobuf)
      expect([inBytes.status, inBytes.body.length, inBytes.headers["content-type"]]).toEqual([
        200,
        0,
        "application/x-protobuf"
      ])
    })
  )
})
