/** Spans and log records over HTTP, in JSON and protobuf: what is taken, what is rejected, what is refused. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { gzipSync } from "node:zlib"
import { logsRequest, tracesRequest } from "../../src/receiver/otlp-requests.ts"
import { schema } from "../../src/receiver/otlp-schema.ts"
import { countProtobuf, protobufProblem } from "../../src/receiver/protobuf-scan.ts"
import { type LogRecord, Receiver, type ReceiverOptions, type Span } from "../../src/receiver/receiver.ts"
import { type Answer, attribute, json, messagesIn, post, protobuf } from "./request.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const spanId = "00f067aa0ba902b7"
const otherId = "00f067aa0ba902b8"

/** A receiver, what it has handed on, and where the two signals go. */
const taking = (options: ReceiverOptions = {}) =>
  Effect.gen(function* () {
    const spans: Array<Span> = []
    const logRecords: Array<LogRecord> = []
    const receiver = yield* Receiver.make({
      ...options,
      records: {
        add: (records) => {
          spans.push(...records.spans)
          logRecords.push(...records.logRecords)
        }
      }
    })
    const { origin } = new URL(receiver.url)
    return { receiver, spans, logRecords, traces: `${origin}/v1/traces`, logs: `${origin}/v1/logs` }
  })

const resource = { attributes: [attribute("service.name", { stringValue: "jobs" })] }

const tracesOf = (...spans: ReadonlyArray<object>) => ({
  resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "hand" }, spans }] }]
})

const logsOf = (...logRecords: ReadonlyArray<object>) => ({
  resourceLogs: [{ resource, scopeLogs: [{ scope: { name: "hand" }, logRecords }] }]
})

const span = (fields: object = {}): object => ({
  traceId,
  spanId,
  name: "process digest",
  kind: 5,
  startTimeUnixNano: "1700000000000000001",
  endTimeUnixNano: "1700000001000000000",
  ...fields
})

const whole = span({
  parentSpanId: otherId,
  traceState: "a=b",
  flags: 257,
  attributes: [attribute("job.attempt", { intValue: "1" })],
  events: [
    { timeUnixNano: "1700000000500000000", name: "exception", attributes: [attribute("e", { boolValue: true })] }
  ],
  links: [{ traceId: "1".repeat(32), spanId: otherId, flags: 257, attributes: [attribute("l", { doubleValue: 0.5 })] }],
  status: { code: 2, message: "it failed" }
})

const readWhole: Span = {
  resource: { "service.name": "jobs" },
  traceId,
  spanId,
  parentSpanId: otherId,
  name: "process digest",
  kind: "consumer",
  startTimeUnixNano: 1_700_000_000_000_000_001n,
  endTimeUnixNano: 1_700_000_001_000_000_000n,
  status: { code: "error", message: "it failed" },
  attributes: { "job.attempt": 1 },
  events: [{ timeUnixNano: 1_700_000_000_500_000_000n, name: "exception", attributes: { e: true } }],
  links: [{ traceId: "1".repeat(32), spanId: otherId, attributes: { l: 0.5 } }]
}

const logRecord = (fields: object = {}): object => ({
  timeUnixNano: "1700000000000000001",
  observedTimeUnixNano: "1700000000000000002",
  severityNumber: 9,
  severityText: "INFO",
  body: { stringValue: "said" },
  traceId,
  spanId,
  flags: 1,
  eventName: "said",
  attributes: [attribute("jobId", { stringValue: "a" })],
  ...fields
})

const readRecord: LogRecord = {
  resource: { "service.name": "jobs" },
  traceId,
  spanId,
  timeUnixNano: 1_700_000_000_000_000_001n,
  severityNumber: 9,
  severityText: "INFO",
  body: "said",
  attributes: { jobId: "a" }
}

/** The same request as protobuf: ids are bytes there, and times numbers. */
const encoded = (request: object, signal: "trace" | "logs"): Uint8Array => {
  const inBytes: object = JSON.parse(JSON.stringify(request), (name, value: unknown) => {
    if (/^(?:traceId|spanId|parentSpanId)$/.test(name)) {
      return Buffer.from(String(value), "hex").toString("base64")
    }
    return value
  })
  const type =
    signal === "trace"
      ? schema.collector.trace.v1.ExportTraceServiceRequest
      : schema.collector.logs.v1.ExportLogsServiceRequest
  const fromObject: (message: object) => object = Reflect.get(type, "fromObject")
  return type.encode(fromObject(inBytes)).finish()
}

const partialOf = (answer: Answer, signal: "trace" | "logs"): unknown => {
  if (answer.headers["content-type"] === "application/json") {
    return JSON.parse(answer.text).partialSuccess
  }
  const responses = {
    trace: schema.collector.trace.v1.ExportTraceServiceResponse,
    logs: schema.collector.logs.v1.ExportLogsServiceResponse
  }
  return JSON.parse(JSON.stringify(responses[signal].decode(answer.body))).partialSuccess
}

const forms = [
  ["JSON", (request: object, _: "trace" | "logs") => JSON.stringify(request), json],
  ["protobuf", encoded, protobuf],
  ["gzip of JSON", (request: object) => gzipSync(JSON.stringify(request)), { ...json, "content-encoding": "gzip" }],
  [
    "gzip of protobuf",
    (request: object, signal: "trace" | "logs") => gzipSync(encoded(request, signal)),
    { ...protobuf, "content-encoding": "gzip" }
  ]
] as const

describe.each(forms)("as %s", (_, form, headers) => {
  it.scopedLive("a span is taken as it was sent", () =>
    Effect.gen(function* () {
      const { receiver, spans, traces } = yield* taking()
      const answer = yield* post(traces, form(tracesOf(whole), "trace"), headers)
      expect([answer.status, answer.headers["content-type"]]).toEqual([200, headers["content-type"]])
      expect(partialOf(answer, "trace") ?? null).toBe(null)
      expect(spans).toEqual([readWhole])
      // The log of requests is that of metrics.
      expect(yield* receiver.requests).toEqual([])
    })
  )

  it.scopedLive("a log record is taken as it was sent", () =>
    Effect.gen(function* () {
      const { logRecords, logs } = yield* taking()
      const answer = yield* post(logs, form(logsOf(logRecord()), "logs"), headers)
      expect([answer.status, partialOf(answer, "logs") ?? null]).toEqual([200, null])
      expect(logRecords).toEqual([readRecord])
    })
  )

  it.scopedLive("what is wrong with single spans rejects these", () =>
    Effect.gen(function* () {
      const { spans, traces } = yield* taking()
      const bad = [span({ traceId: "0".repeat(32) }), span({ spanId: "abcd" })]
      const answer = yield* post(traces, form(tracesOf(...bad, whole), "trace"), headers)
      expect(answer.status).toBe(200)
      expect(partialOf(answer, "trace")).toEqual({
        rejectedSpans: "2",
        errorMessage: "a span was rejected: its trace id is none; 1 more"
      })
      expect(spans).toEqual([readWhole])
    })
  )
})

const twice = [attribute("a", { intValue: 1 }), attribute("a", { intValue: 2 })]

describe("a span is rejected", () => {
  const wrong: ReadonlyArray<readonly [title: string, fields: object, problem: string]> = [
    ["without a trace id", { traceId: "" }, "its trace id is none"],
    ["with a span id of zeros", { spanId: "0".repeat(16) }, "its span id is none"],
    ["with an id that is a list", { spanId: Array(8).fill(1) }, "its span id is none"],
    ["with half an id of a parent", { parentSpanId: "abcd" }, "the span id of its parent is none"],
    ["without a start", { startTimeUnixNano: "0" }, "it has no start time"],
    ["without an end", { endTimeUnixNano: "0" }, "it has no end time"],
    ["with an attribute that is there twice", { attributes: twice }, 'duplicate attribute "a"'],
    ["with such an event", { events: [{ attributes: twice }] }, 'an event: duplicate attribute "a"'],
    ["with a link to nowhere", { links: [{ traceId }] }, "a link: its span id is none"]
  ]
  it.scopedLive.each(wrong)("%s", ([, fields, problem]) =>
    Effect.gen(function* () {
      const { spans, traces } = yield* taking()
      const answer = yield* post(traces, JSON.stringify(tracesOf(span(fields))))
      expect([answer.status, JSON.parse(answer.text)]).toEqual([
        200,
        { partialSuccess: { rejectedSpans: "1", errorMessage: `a span was rejected: ${problem}` } }
      ])
      expect(spans).toEqual([])
    })
  )

  it.scopedLive("but not where its parent is written in zeros, or it ends before it starts", () =>
    Effect.gen(function* () {
      const { spans, traces } = yield* taking()
      yield* post(traces, JSON.stringify(tracesOf(span({ parentSpanId: "0".repeat(16), endTimeUnixNano: "1" }))))
      expect(spans).toMatchObject([{ spanId, endTimeUnixNano: 1n }])
      expect(spans[0]).not.toHaveProperty("parentSpanId")
    })
  )
})

describe("a log record", () => {
  const read = (fields: object) =>
    Effect.gen(function* () {
      const { logRecords, logs } = yield* taking()
      const { status, text } = yield* post(logs, JSON.stringify(logsOf(logRecord(fields))))
      return { status, text, record: logRecords[0] }
    })

  it.scopedLive("belongs to the trace that its attribute names where it has no id of its own", () =>
    Effect.gen(function* () {
      const named = { attributes: [attribute("traceId", { stringValue: traceId })] }
      const { record } = yield* read({ traceId: "", spanId: "", ...named })
      expect([record?.traceId, record?.spanId]).toEqual([traceId, undefined])
      const other = { attributes: [attribute("traceId", { stringValue: "1".repeat(32) })] }
      expect((yield* read(other)).record?.traceId).toBe(traceId)
      const none = { traceId: "abcd", attributes: [attribute("traceId", { stringValue: "none" })] }
      expect((yield* read(none)).record).not.toHaveProperty("traceId")
    })
  )

  it.scopedLive("may have any body, and the time that somebody saw it", () =>
    Effect.gen(function* () {
      const list = { arrayValue: { values: [{ stringValue: "a" }, { intValue: 1 }] } }
      const { record } = yield* read({ body: list, timeUnixNano: "0" })
      expect(record).toMatchObject({ body: '["a",1]', timeUnixNano: 1_700_000_000_000_000_002n })
      expect((yield* read({ body: {} })).record?.body).toBe("")
    })
  )

  it.scopedLive("is rejected with an attribute that is there twice, in its body too", () =>
    Effect.gen(function* () {
      const { text } = yield* read({ attributes: twice })
      expect(JSON.parse(text).partialSuccess).toEqual({
        rejectedLogRecords: "1",
        errorMessage: 'a log record was rejected: duplicate attribute "a"'
      })
      const inBody = yield* read({ body: { kvlistValue: { values: twice } } })
      expect(JSON.parse(inBody.text).partialSuccess.rejectedLogRecords).toBe("1")
    })
  )
})

describe("a request is refused, and nothing of it is taken", () => {
  const bodies: ReadonlyArray<readonly [title: string, body: string | Uint8Array, message: string, headers?: object]> =
    [
      ["that is no JSON", "{", "the body is not JSON"],
      ["that is a list", "[]", "the body is not a JSON object"],
      ["of another shape", '{"resourceSpans":{}}', "resourceSpans: array expected"],
      ["with null", JSON.stringify(tracesOf(whole, span({ name: null }))), "name: null is not allowed"],
      [
        "with an id that is not hex",
        JSON.stringify(tracesOf(whole, span({ spanId: "xyz!" }))),
        "spanId: invalid value"
      ],
      [
        "with a time beyond 64 bits",
        JSON.stringify(tracesOf(span({ endTimeUnixNano: "9".repeat(20) }))),
        "invalid value"
      ],
      ["with a kind that is none", JSON.stringify(tracesOf(span({ kind: 99 }))), "kind: enum value expected"],
      ["with a name that is a number", JSON.stringify(tracesOf(span({ name: 1 }))), "name: string expected"],
      [
        "of a resource named twice",
        JSON.stringify({ resourceSpans: [{ resource: { attributes: twice } }] }),
        "resource: dup"
      ],
      ["nested too deep", `${'{"resourceSpans":['.repeat(300)}`, "nested more than 200 levels deep"],
      ["of many empty spans", `{"resourceSpans":[${"{},".repeat(1_100_000)}{}]}`, "more than 1000000 messages"],
      ["of bytes", Uint8Array.of(0x0a, 0xff, 0xff), "it is no message of OTLP", protobuf],
      ["with a flag of another type", Uint8Array.of(10, 7, 18, 5, 18, 3, 0x80, 1, 1), "it is no message", protobuf]
    ]
  it.scopedLive.each(bodies)("%s", ([, body, message, headers]) =>
    Effect.gen(function* () {
      const { spans, traces } = yield* taking()
      const answer = yield* post(traces, body, { ...json, ...headers })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain(message)
      expect(spans).toEqual([])
    })
  )

  it.scopedLive("by its method, type, encoding, length and caller", () =>
    Effect.gen(function* () {
      const { logRecords, logs, spans, traces } = yield* taking({ limit: 1_000 })
      const body = JSON.stringify(tracesOf(whole))
      const long = JSON.stringify(tracesOf(span({ name: "x".repeat(1_500) })))
      const statusOf = Effect.map(({ status }: { readonly status: number }) => status)
      const statuses = yield* Effect.all([
        statusOf(post(traces, body, { "content-type": "text/plain" })),
        statusOf(post(traces, body, { ...json, "content-encoding": "br" })),
        statusOf(post(traces, body, { ...json, "content-encoding": "gzip" })),
        statusOf(post(traces, long)),
        statusOf(post(traces, gzipSync(long), { ...json, "content-encoding": "gzip" })),
        statusOf(post(traces, body, { ...json, origin: "https://evil.example" })),
        statusOf(post(logs, body, { ...json, "sec-fetch-site": "cross-site" })),
        statusOf(Effect.promise(() => fetch(traces)))
      ])
      expect(statuses).toEqual([415, 415, 400, 413, 413, 403, 403, 405])
      expect([spans, logRecords]).toEqual([[], []])
    })
  )

  it.scopedLive("by a receiver that takes none", () =>
    Effect.gen(function* () {
      const { url } = yield* Receiver.make()
      expect((yield* post(url.replace("metrics", "traces"), JSON.stringify(tracesOf(whole)))).status).toBe(404)
    })
  )
})

describe("the scan of protobuf", () => {
  const samples = [
    { body: encoded(tracesOf(whole, span()), "trace"), type: tracesRequest },
    {
      body: encoded(logsOf(logRecord(), logRecord({ body: { kvlistValue: { values: twice } } })), "logs"),
      type: logsRequest
    }
  ]

  it("counts the messages that the decoders make", () => {
    for (const { body, type } of samples) {
      expect(protobufProblem(body, type.name)).toBe(null)
      expect(countProtobuf(body, type.name).messages).toBe(messagesIn(type.decode(body)))
    }
  })

  it("counts at least those, whatever the bytes are", () => {
    const changed = fc
      .tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(3), fc.uint8Array({ maxLength: 4 }))
      .map(([{ body, type }, at, removed, added]) => {
        const start = at % body.length
        return { type, bytes: Buffer.concat([body.subarray(0, start), added, body.subarray(start + removed)]) }
      })
    const decoded = (type: (typeof samples)[number]["type"], bytes: Uint8Array): number => {
      try {
        return messagesIn(type.decode(bytes))
      } catch {
        return 0
      }
    }
    fc.assert(
      fc.property(changed, ({ bytes, type }) => {
        const counted = protobufProblem(bytes, type.name) === null ? countProtobuf(bytes, type.name).messages : Infinity
        expect(counted).toBeGreaterThanOrEqual(decoded(type, bytes))
      }),
      { numRuns: 2_000 }
    )
  })
})

describe("whatever is sent", () => {
  it.scopedLive("is answered 200 or 400", () =>
    Effect.gen(function* () {
      const { logs, traces } = yield* taking()
      const requests = fc.constantFrom(
        { to: traces, request: tracesOf(whole), signal: "trace" as const },
        { to: logs, request: logsOf(logRecord()), signal: "logs" as const }
      )
      const inJson = fc
        .tuple(requests, fc.nat(), fc.jsonValue({ maxDepth: 4 }))
        .map(([{ request, to }, place, other]) => {
          let at = 0
          const copy: unknown = JSON.parse(JSON.stringify(request), (key, one: unknown) => {
            at += 1
            return key !== "" && at === place % 60 ? other : one
          })
          return { to, body: JSON.stringify(copy), headers: json }
        })
      const inProtobuf = fc
        .tuple(requests, fc.nat(), fc.nat(20), fc.uint8Array({ maxLength: 8 }))
        .map(([{ request, signal, to }, place, removed, added]) => {
          const bytes = encoded(request, signal)
          const start = place % bytes.length
          const body = Buffer.concat([bytes.subarray(0, start), added, bytes.subarray(start + removed)])
          return { to, body, headers: protobuf }
        })
      const statuses = new Set<number>()
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.oneof(inJson, inProtobuf), async ({ body, headers, to }) => {
            statuses.add((await Effect.runPromise(post(to, body, headers))).status)
          }),
          { numRuns: 600 }
        )
      )
      expect([...statuses].toSorted()).toEqual([200, 400])
    })
  )
})
