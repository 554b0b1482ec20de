/** Requests that are small to send and would be much work: each is a 400 in little time, logged once, in little memory. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gzipSync } from "node:zlib"
import { countProtobuf, protobufProblem } from "../../src/receiver/protobuf-scan.ts"
import { metricsRequest } from "../../src/receiver/otlp-requests.ts"
import { Receiver } from "../../src/receiver/receiver.ts"
import { largeRequest } from "./large-request.ts"
import { attribute, encode, gauge, histogram, json, messagesIn, point, post, protobuf, requestOf } from "./request.ts"

const many = 10_000_000

const repeated = (text: string, count: number): Buffer => Buffer.alloc(Buffer.byteLength(text) * count, text)

/** A JSON request with a text in the middle of it that is never a string of JavaScript. */
const around = (metric: object, middle: Uint8Array): Buffer => {
  const [before = "", after = ""] = requestOf(metric).split('"HERE"')
  return Buffer.concat([Buffer.from(before), middle, Buffer.from(after)])
}

const nested = (levels: number) => {
  let value: object = { stringValue: "x" }
  for (let level = 0; level < levels; level++) {
    value = { arrayValue: { values: [value] } }
  }
  return point({ attributes: [attribute("deep", value)] })
}

const nestedBytes = (levels: number): Buffer => {
  let text = '{"stringValue":"x"}'
  text = `${'{"arrayValue":{"values":['.repeat(levels)}${text}${"]}}".repeat(levels)}`
  return around(gauge(point({ attributes: [{ key: "deep", value: "HERE" }] })), Buffer.from(text))
}

/** `count` messages that hold the next, from the inside to the outside. */
const nestedMessages = (count: number): Uint8Array => {
  const parts: Array<Buffer> = []
  let length = 0
  for (let level = count; level > 0; level--) {
    const head = Buffer.from([level % 2 === 1 ? 0x2a : 0x0a, ...varint(length)])
    parts.push(head)
    length += head.length
  }
  return Buffer.concat(parts.reverse())
}

const varint = (value: number): Array<number> =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]

/** A field with a length, by its number. */
const field = (number: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(content.length)]), content])

/** The bytes within a number point's first attribute. */
const inAttribute = (value: Uint8Array): Buffer =>
  [2, 7, 1, 5, 2, 2, 1].reduce<Buffer>((content, number) => field(number, content), Buffer.from(value))

const digits = (count: number) => Buffer.concat([Buffer.from("1"), repeated("0", count - 1)])

const quoted = (text: Uint8Array) => Buffer.concat([Buffer.from('"'), text, Buffer.from('"')])

const inText = (metric: object, text: Uint8Array) => around(metric, quoted(text))

const largest = 10_000_000

const bodies: ReadonlyArray<readonly [title: string, make: () => Uint8Array, message: string, type?: object]> = [
  [
    "a number of ten million digits",
    () => around(gauge(point({ asDouble: "HERE" })), digits(many)),
    "a number has more"
  ],
  ["an integer of as many digits", () => around(gauge(point({ asInt: "HERE" })), digits(many)), "a number has more"],
  [
    "an integer of as many, as text",
    () => inText(gauge(point({ asInt: "HERE" })), digits(many)),
    "asInt: invalid value"
  ],
  [
    "a time of as many, as text",
    () => inText(gauge(point({ timeUnixNano: "HERE" })), digits(many)),
    "timeUnixNano: inv"
  ],
  ["a double of as many, as text", () => inText(gauge(point({ asDouble: "HERE" })), digits(many)), "asDouble: invalid"],
  [
    "a trace id of ten million characters and one that is not hex",
    () =>
      inText(
        gauge(point({ exemplars: [{ traceId: "HERE" }] })),
        Buffer.concat([repeated("ab", many / 2), Buffer.from("xx")])
      ),
    "traceId: invalid value"
  ],
  [
    "an unknown field with as many digits",
    () => Buffer.concat([Buffer.from('{"other":'), digits(many), Buffer.from("}")]),
    "a number has more"
  ],
  ["a thousand series that share a megabyte", () => sharing(1_000, 1_000_000), "share more than 134217728 characters"],
  ["three million empty messages", () => list("{}"), "has more than 1000000 messages"],
  ["three million lists", () => list("[]"), "has more than 1000000 messages"],
  ["five million numbers", () => list("1"), "has more than 4000000 values"],
  ["many numbers of 300 digits", () => list("1".repeat(300)), "has more than 4000000 values"],
  [
    "a million fields that OTLP does not have",
    () => {
      const names = Array.from({ length: 1_000_000 }, (_, index) => `"a${index}":1`)
      return Buffer.from(`{${names.join(",")}}`)
    },
    "more than 10000 fields that OTLP does not have"
  ],
  [
    "five million empty messages in protobuf",
    () => repeated("\n\0", largest / 2),
    "has more than 1000000 messages",
    protobuf
  ],
  ["as many, each with the wrong wire type", () => repeated("\r\0", largest / 2), "it is no message of OTLP", protobuf],
  [
    "five million empty texts in protobuf",
    () => field(1, field(2, repeated("\x1a\0", largest / 2))),
    "has more than 4000000 values",
    protobuf
  ],
  [
    "a group before five million empty messages",
    () => Buffer.concat([Buffer.from([0x1b, 0x1c]), repeated("\n\0", largest / 2)]),
    "it is no message of OTLP",
    protobuf
  ],
  [
    "a text that the decoder takes for longer than it is written",
    () => field(1, Buffer.concat([Buffer.from([0x18, 0x05]), repeated("\x12\0", 1_000_000)])),
    "it is no message of OTLP",
    protobuf
  ],
  [
    "a message that is longer than the one that holds it",
    () => Buffer.concat([Buffer.from([0x0a, 0x02, 0x12, 0x7f]), repeated("\n\0", 1_000_000)]),
    "it is no message of OTLP",
    protobuf
  ],
  ["attributes nested 2,000 times", () => nestedBytes(2_000), "it is nested more than 200"],
  ["attributes nested a million times", () => nestedBytes(1_000_000), "it is nested more than 200 levels"],
  ["lists in lists", () => repeated("[", largest), "it is nested more than 200 levels"],
  ["unknown objects in objects", () => repeated('{"a":', largest / 5), "it is nested more than 200 levels"],
  [
    "attributes nested 2,000 times in protobuf",
    () => inAttribute(nestedMessages(4_000)),
    "it is nested more",
    protobuf
  ],
  [
    "attributes nested a million times in protobuf",
    () => inAttribute(nestedMessages(200_000)),
    "it is nested more",
    protobuf
  ]
]

/** Metrics of a resource with a long attribute. */
const sharing = (metrics: number, length: number): Buffer => {
  const resource = { attributes: [attribute("a", { stringValue: "x".repeat(length) })] }
  const named = Array.from({ length: metrics }, (_, index) => ({ ...gauge(point()), name: `m${index}` }))
  return Buffer.from(JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: named }] }] }))
}

const list = (value: string): Buffer => {
  const count = Math.min(5_000_000, Math.floor(largest / (value.length + 1)))
  return Buffer.concat([Buffer.from('{"other":['), repeated(`${value},`, count), Buffer.from("1]}")])
}

describe("a request that is too much work", () => {
  for (const [title, make, message, type = json] of bodies) {
    it.scopedLive(`of ${title} is a 400 at once`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const body = gzipSync(make(), { level: 1 })
        const before = process.cpuUsage()
        const answer = yield* post(receiver.url, body, { ...type, "content-encoding": "gzip" })
        const { system, user } = process.cpuUsage(before)
        const requests = yield* receiver.requests
        expect({ status: answer.status, requests: requests.length }).toEqual({ status: 400, requests: 1 })
        expect(requests[0]?.message).toContain(message)
        expect(requests[0]?.message.length).toBeLessThan(300)
        // Nearly all of it is inflating.
        expect((user + system) / 1_000).toBeLessThan(1_000)
      })
    )
  }

  it.scopedLive("does not keep what it quotes, however often it comes", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const long = Buffer.alloc(1_000_000, "x")
      const body = gzipSync(inText(gauge(point({ asInt: "HERE" })), long))
      const name = gzipSync(around({ name: "HERE" }, quoted(long)))
      for (const one of [body, name]) {
        yield* Effect.repeatN(post(receiver.url, one, { ...json, "content-encoding": "gzip" }), 47)
      }
      const requests = yield* receiver.requests
      expect(requests.length).toBe(96)
      expect(JSON.stringify(requests).length).toBeLessThan(96 * 2_000)
    })
  )

  it.scopedLive("does not keep long attributes in its violations", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const long = { attributes: [attribute("a", { stringValue: "x".repeat(100_000) })] }
      yield* Effect.repeatN(post(receiver.url, requestOf(gauge(point(long), point(long), point(long)))), 4)
      const violations = yield* receiver.violations
      expect(violations.length).toBe(14)
      expect(JSON.stringify(violations).length).toBeLessThan(14 * 1_000)
    })
  )

  it.scopedLive("adds buckets that lie four billion apart, and reports them", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      for (const [offset, at] of [
        [-2_147_483_648, 1],
        [2_147_483_647, 2]
      ]) {
        const times = { startTimeUnixNano: `${at}000`, timeUnixNano: `${Number(at) + 1}000` }
        const buckets = { count: "1", scale: 0, positive: { offset, bucketCounts: ["1"] } }
        const exponentialHistogram = { aggregationTemporality: 1, dataPoints: [{ ...times, ...buckets }] }
        expect((yield* post(receiver.url, requestOf({ name: "far", exponentialHistogram }))).status).toBe(200)
      }
      expect((yield* receiver.violations).map(({ kind }) => kind)).toEqual(["out-of-range", "out-of-range"])
      expect((yield* receiver.find("far")).map(({ total }) => total)).toEqual([
        {
          count: 2,
          scale: -25,
          zeroCount: 0,
          zeroThreshold: 0,
          positive: { offset: -64, bucketCounts: [1, ...Array<number>(126).fill(0), 1] },
          negative: { offset: 0, bucketCounts: [] }
        }
      ])
    })
  )

  it.scopedLive("adds a small histogram to one of a million buckets as quickly as to others", () =>
    Effect.gen(function* () {
      for (const aggregationTemporality of [1, 2]) {
        const receiver = yield* Receiver.make()
        const times = (at: number) => ({ startTimeUnixNano: `${at}`, timeUnixNano: `${at + 1}` })
        const bucketCounts = Array<number>(1_000_000).fill(1)
        const large = { ...times(1), count: "1000000", scale: 20, positive: { offset: 0, bucketCounts } }
        // Cumulative ones start over once.
        const small = Array.from({ length: 5_000 }, (_, index) => ({
          ...times(index + 2),
          ...(aggregationTemporality === 2 ? { startTimeUnixNano: "2" } : {}),
          count: "1",
          scale: 20,
          positive: { offset: 7, bucketCounts: ["1"] }
        }))
        const exponentialHistogram = { aggregationTemporality, dataPoints: [large, ...small] }
        const body = requestOf({ name: "large", exponentialHistogram })
        const before = process.cpuUsage()
        expect((yield* post(receiver.url, body)).status).toBe(200)
        const { system, user } = process.cpuUsage(before)
        expect((user + system) / 1_000).toBeLessThan(2_000)
        const totals = (yield* receiver.series).map(({ total }) => (typeof total === "number" ? total : total.count))
        expect(totals).toEqual([aggregationTemporality === 1 ? 1_005_000 : 1_000_001])
      }
    })
  )
})

describe("a request within the limits", () => {
  const ofOneLength = Array.from({ length: 1_800 }, (_, index) => "x".repeat(17_000) + String(index).padStart(4, "0"))
  const bodies: ReadonlyArray<readonly [string, () => Uint8Array | string]> = [
    ["a thousand series of a long resource", () => sharing(1_000, 100_000)],
    [
      "many long names of one length",
      () =>
        JSON.stringify({
          resourceMetrics: [{ scopeMetrics: [{ metrics: ofOneLength.map((name) => ({ ...gauge(point()), name })) }] }]
        })
    ],
    [
      "many long attributes of one length",
      () => requestOf(gauge(...ofOneLength.map((a) => point({ attributes: [attribute("a", { stringValue: a })] }))))
    ]
  ]
  for (const [title, make] of bodies) {
    it.scopedLive(`may have ${title}, and takes the time of others`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const body = make()
        const before = process.cpuUsage()
        expect((yield* post(receiver.url, body)).status).toBe(200)
        const { system, user } = process.cpuUsage(before)
        expect((user + system) / 1_000).toBeLessThan(2_000)
      })
    )
  }

  it.scopedLive("may name a series by attributes of any length", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const texts = ["x".repeat(5_000), `${"x".repeat(4_999)}y`]
      const points = texts.map((a) => point({ attributes: [attribute("a", { stringValue: a })] }))
      for (let round = 0; round < 2; round++) {
        expect((yield* post(receiver.url, requestOf(gauge(...points)))).status).toBe(200)
      }
      expect((yield* receiver.series).map(({ attributes, points }) => ({ attributes, points }))).toEqual(
        texts.map((a) => ({ attributes: { a }, points: 2 }))
      )
      expect((yield* receiver.find("gauge", { a: texts[1] ?? "" })).length).toBe(1)
    })
  )

  it.scopedLive("may be nested, and its state can be encoded", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ control: true })
      expect((yield* post(receiver.url, requestOf(gauge(nested(60))))).status).toBe(200)
      const state = yield* Effect.promise(() => fetch(`${receiver.controlUrl}/state`))
      expect(state.status).toBe(200)
      expect(yield* Effect.promise(() => state.text())).toContain(`${"[".repeat(60)}"x"`)
    })
  )

  it.scopedLive("may have fields with the names of methods, which are ignored", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const named = ["hasOwnProperty", "toString", "__proto__", "constructor", "valueOf"].map((name) => `"${name}":1`)
      const body = `{${named.join(",")},${requestOf(gauge(point())).slice(1)}`
      expect((yield* post(receiver.url, body)).status).toBe(200)
      const inside = requestOf(gauge(point())).replace('"asDouble"', `${named.join(",")},"asDouble"`)
      expect((yield* post(receiver.url, inside)).status).toBe(200)
      expect((yield* receiver.series).length).toBe(1)
    })
  )

  it("counts in protobuf the messages that the decoder makes", () => {
    const metrics = [gauge(point()), histogram({ exemplars: [{ asDouble: 1 }] }), exponential, summary]
    const bodies = [
      encode({
        resourceMetrics: [{ resource: { attributes: [deep] }, scopeMetrics: [{ metrics: metrics.map(numbers) }] }]
      }),
      largeRequest(50).protobuf
    ]
    for (const body of bodies) {
      expect(protobufProblem(body)).toBe(null)
      expect(countProtobuf(body).messages).toBe(messagesIn(metricsRequest.decode(body)))
    }
  })
})

/** Times as numbers, as the encoder wants them. */
const numbers = (metric: object): object =>
  JSON.parse(JSON.stringify(metric).replace(/"(\d+)"/g, (_, digits: string) => digits.slice(0, 12)))

const deep = attribute("a", {
  kvlistValue: { values: [attribute("b", { arrayValue: { values: [{ intValue: 1 }, { bytesValue: "eA==" }] } })] }
})

const exponential = {
  name: "exponential",
  exponentialHistogram: {
    aggregationTemporality: 2,
    dataPoints: [
      {
        attributes: [deep],
        startTimeUnixNano: 1,
        timeUnixNano: 2,
        count: 2,
        scale: -3,
        zeroCount: 1,
        flags: 1,
        positive: { offset: -7, bucketCounts: [1, 300, 70_000] },
        negative: { offset: 1, bucketCounts: [] },
        exemplars: [{ asDouble: 1, timeUnixNano: 3, spanId: "", traceId: "", filteredAttributes: [deep] }],
        min: 1,
        max: 2,
        sum: 3,
        zeroThreshold: 0.5
      }
    ]
  }
}

const summary = {
  name: "summary",
  metadata: [deep],
  summary: {
    dataPoints: [
      { timeUnixNano: 1, count: 1, sum: 2, quantileValues: [{ quantile: 0.5, value: 1 }], attributes: [deep] }
    ]
  }
}
