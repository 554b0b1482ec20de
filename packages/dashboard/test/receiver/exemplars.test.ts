/** Exemplars arrive with their points, and a series keeps the newest of each bucket. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Series } from "../../src/receiver/model.ts"
import { newestExemplars } from "../../src/receiver/newest-exemplars.ts"
import { type Exemplar, Receiver } from "../../src/receiver/receiver.ts"
import { attribute, encode, gauge, histogram, json, point, post, protobuf, requestOf, sum } from "./request.ts"

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
const spanId = "00f067aa0ba902b7"

const inJson = (fields: object = {}) => ({ asDouble: 0.5, timeUnixNano: "7", traceId, spanId, ...fields })

const exponential = (at: number, fields: object) => ({
  name: "exponential",
  exponentialHistogram: {
    aggregationTemporality: 1,
    dataPoints: [{ startTimeUnixNano: `${at}`, timeUnixNano: `${at + 1}`, ...fields }]
  }
})

const exemplar = (value: number, time: number, filteredAttributes = {}): Exemplar => ({
  value,
  timeUnixNano: BigInt(time),
  filteredAttributes
})

/** The exemplars of the only series. */
const kept = (receiver: Effect.Effect.Success<ReturnType<typeof Receiver.make>>) =>
  Effect.map(receiver.series, (series) => series.map((one) => ("exemplars" in one ? one.exemplars : undefined)))

const summaryOf = (exemplars: ReadonlyArray<Exemplar> | undefined) =>
  exemplars?.map(({ timeUnixNano, value }) => [value, Number(timeUnixNano)])

describe("an exemplar", () => {
  const expected = { value: 0.5, timeUnixNano: 7n, traceId, spanId, filteredAttributes: { job_id: "9", tries: 2 } }
  const filteredAttributes = [attribute("tries", { intValue: 2 }), attribute("job_id", { stringValue: "9" })]
  const bytes = { traceId: Buffer.from(traceId, "hex"), spanId: Buffer.from(spanId, "hex") }
  const metrics = (exemplars: ReadonlyArray<object>): ReadonlyArray<readonly [string, object]> => [
    ["a gauge", gauge({ timeUnixNano: 9, asDouble: 1, exemplars })],
    ["a sum", sum({ startTimeUnixNano: 1, timeUnixNano: 9, asDouble: 1, exemplars })],
    ["a histogram", histogram({ startTimeUnixNano: 1, timeUnixNano: 9, count: 3, bucketCounts: [1, 2], exemplars })],
    [
      "an exponential histogram",
      exponential(1, { timeUnixNano: 9, count: 1, positive: { offset: -2, bucketCounts: [1] }, exemplars })
    ]
  ]
  for (const [index, [title]] of metrics([]).entries()) {
    it.scopedLive(`of ${title} is the same in JSON, in protobuf and in a snapshot`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const metricOf = (exemplar: object) => metrics([exemplar])[index]?.[1] ?? {}
        const bodies = [
          [requestOf(metricOf({ ...inJson(), filteredAttributes })), json],
          [
            encode({
              resourceMetrics: [
                {
                  scopeMetrics: [
                    { metrics: [metricOf({ asDouble: 0.5, timeUnixNano: 7, ...bytes, filteredAttributes })] }
                  ]
                }
              ]
            }),
            protobuf
          ]
        ] as const
        for (const [body, type] of bodies) {
          expect((yield* post(receiver.url, body, type)).status).toBe(200)
          expect(yield* kept(receiver)).toEqual([[expected]])
          expect(yield* receiver.violations).toEqual([])
          const text = Schema.parseJson(Schema.Array(Series))
          const series = yield* receiver.series
          expect(Schema.decodeSync(text)(Schema.encodeSync(text)(series))).toEqual(series)
          yield* receiver.clear
        }
      })
    )
  }

  const wrong: ReadonlyArray<readonly [string, object, string, unknown]> = [
    ["without a value", { asDouble: undefined }, "an exemplar has no value", undefined],
    ["of an infinite value", { asDouble: "Infinity" }, "an exemplar has the value Infinity", undefined],
    ["without a time", { timeUnixNano: "0" }, "an exemplar has no time", undefined],
    [
      "of a short trace id",
      { traceId: "abcd" },
      "an exemplar has a trace id of 2 bytes and a span id of 8, expected 16 and 8",
      [exemplar(0.5, 7)]
    ],
    [
      "of a span in no trace",
      { traceId: "" },
      "an exemplar has a trace id of 0 bytes and a span id of 8, expected 16 and 8",
      [exemplar(0.5, 7)]
    ],
    [
      "of an id that is a list",
      { traceId: Array(16).fill(1) },
      "an exemplar has a trace id of 0 bytes and a span id of 8, expected 16 and 8",
      [exemplar(0.5, 7)]
    ],
    ["of a span id of zeros", { spanId: "0".repeat(16) }, "an exemplar has a span id of zeros", [exemplar(0.5, 7)]],
    [
      "of an attribute that is there twice",
      { filteredAttributes: [attribute("a", { intValue: 1 }), attribute("a", { intValue: 2 })] },
      'an exemplar has attributes that are left out: duplicate attribute "a"',
      [{ ...exemplar(0.5, 7), traceId, spanId }]
    ],
    [
      "of long attributes",
      { filteredAttributes: [attribute("a", { stringValue: "x".repeat(10_000) })] },
      "an exemplar has attributes of 10008 characters as JSON, which are left out; expected at most 4096",
      [{ ...exemplar(0.5, 7), traceId, spanId }]
    ]
  ]
  for (const [title, fields, message, exemplars] of wrong) {
    it.scopedLive(`${title} is a violation, and its point is taken`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const body = requestOf(gauge(point({ exemplars: [inJson(fields)] })))
        expect((yield* post(receiver.url, body)).status).toBe(200)
        expect(yield* kept(receiver)).toEqual([exemplars])
        expect(yield* receiver.violations).toEqual([
          { kind: "exemplar", name: "gauge", attributes: "{}", message, request: 0 }
        ])
      })
    )
  }

  it.scopedLive("outside of a span has no ids", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const body = requestOf(gauge(point({ exemplars: [{ asInt: "3", timeUnixNano: "7", traceId: "", spanId: "" }] })))
      expect((yield* post(receiver.url, body)).status).toBe(200)
      expect(yield* kept(receiver)).toEqual([[exemplar(3, 7)]])
      expect(yield* receiver.violations).toEqual([])
    })
  )

  it.scopedLive("is nothing that a summary has, whatever is called so there", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const summary = {
        dataPoints: [{ startTimeUnixNano: "1", timeUnixNano: "9", count: "1", exemplars: [1, { traceId: 7 }] }]
      }
      expect((yield* post(receiver.url, requestOf({ name: "summary", summary }))).status).toBe(200)
      expect(yield* kept(receiver)).toEqual([undefined])
      expect(yield* receiver.violations).toEqual([])
    })
  )
})

describe("a series", () => {
  it.scopedLive("of a histogram keeps the newest exemplar of each bucket", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const send = (at: number, exemplars: ReadonlyArray<readonly [number, number]>) =>
        post(
          receiver.url,
          requestOf(
            histogram({
              timeUnixNano: `${at}`,
              startTimeUnixNano: "1",
              bucketCounts: ["1", "1", "1"],
              explicitBounds: [1, 2],
              exemplars: exemplars.map(([asDouble, time]) => ({ asDouble, timeUnixNano: `${time}` }))
            })
          )
        )
      yield* send(10, [
        [1, 8],
        [0.5, 9],
        [2, 3]
      ])
      expect(summaryOf((yield* kept(receiver))[0])).toEqual([
        [2, 3],
        [0.5, 9]
      ])
      yield* send(20, [])
      yield* send(30, [
        [1.5, 12],
        [0.75, 7],
        [100, 11]
      ])
      expect(summaryOf((yield* kept(receiver))[0])).toEqual([
        [0.5, 9],
        [100, 11],
        [1.5, 12]
      ])
      expect(yield* receiver.violations).toEqual([])
    })
  )

  it.scopedLive("of an exponential histogram keeps one for each bucket of its total, also when these join", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const exemplars = [1.1, 1.3, 1.9, 0, -1.9].map((asDouble, index) => ({ asDouble, timeUnixNano: `${index + 1}` }))
      const positive = { offset: 0, bucketCounts: ["2", "1"] }
      const fine = { count: "5", scale: 1, zeroCount: "1", positive, negative: { offset: 1, bucketCounts: ["1"] } }
      yield* post(receiver.url, requestOf(exponential(1, { ...fine, exemplars })))
      expect(summaryOf((yield* kept(receiver))[0])).toEqual([
        [1.3, 2],
        [1.9, 3],
        [0, 4],
        [-1.9, 5]
      ])
      const coarse = { count: "1", scale: 0, positive: { offset: 3, bucketCounts: ["1"] } }
      yield* post(receiver.url, requestOf(exponential(2, coarse)))
      expect(summaryOf((yield* kept(receiver))[0])).toEqual([
        [1.9, 3],
        [0, 4],
        [-1.9, 5]
      ])
    })
  )

  it.scopedLive("of a number keeps the newest eight, each once", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      for (let at = 1; at <= 12; at++) {
        const exemplars = [at, at, Math.max(1, at - 1)].map((time) => ({ asDouble: time, timeUnixNano: `${time}` }))
        const times = { startTimeUnixNano: "1", timeUnixNano: `${at}` }
        yield* post(receiver.url, requestOf(sum({ ...times, asDouble: at, exemplars })))
      }
      expect(summaryOf((yield* kept(receiver))[0])).toEqual([5, 6, 7, 8, 9, 10, 11, 12].map((at) => [at, at]))
    })
  )

  it.scopedLive("starts over with its exemplars when its kind changes", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const exemplars = [{ asDouble: 1, timeUnixNano: "1" }]
      yield* post(receiver.url, requestOf({ ...gauge(point({ exemplars })), name: "one" }))
      yield* post(receiver.url, requestOf({ ...sum(point()), name: "one" }))
      expect(yield* kept(receiver)).toEqual([undefined])
    })
  )

  it("keeps the same exemplars in whatever order they come, and in however many points", () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -40, max: 400 }), fc.nat()), { maxLength: 500 })
    const kinds = [
      3,
      { count: 0, bucketCounts: [], explicitBounds: Array.from({ length: 100 }, (_, index) => index * 3) },
      {
        count: 0,
        scale: 4,
        zeroCount: 0,
        zeroThreshold: 2,
        positive: { offset: 0, bucketCounts: [] },
        negative: { offset: 0, bucketCounts: [] }
      }
    ]
    fc.assert(
      fc.property(values, fc.constantFrom(...kinds), fc.nat(500), (values, value, cut) => {
        const all = values.map(([one], index) => exemplar(one, index))
        const expected = newestExemplars(all, value)
        const shuffled = all
          .map((one, index) => ({ one, order: values[index]?.[1] ?? 0 }))
          .sort((a, b) => a.order - b.order)
          .map(({ one }) => one)
        expect(newestExemplars(shuffled, value)).toEqual(expected)
        expect(newestExemplars([...newestExemplars(all.slice(0, cut), value), ...all.slice(cut)], value)).toEqual(
          expected
        )
        expect(expected.length).toBeLessThanOrEqual(typeof value === "number" ? 8 : 64)
      }),
      { numRuns: 60 }
    )
  })
})

describe("many exemplars", () => {
  const bounds = Array.from({ length: 300 }, (_, index) => index)
  const manyBuckets = (at: number, exemplars: ReadonlyArray<object>) => ({
    startTimeUnixNano: "1",
    timeUnixNano: `${at}`,
    count: "0",
    explicitBounds: bounds,
    bucketCounts: Array<string>(bounds.length + 1).fill("0"),
    exemplars
  })
  const ways: ReadonlyArray<readonly [string, () => object]> = [
    [
      "in one point",
      () =>
        histogram(
          manyBuckets(
            2,
            Array.from({ length: 100_000 }, (_, index) => ({ asDouble: index % 300, timeUnixNano: "1" }))
          )
        )
    ],
    [
      "of a number in one point",
      () =>
        gauge(point({ exemplars: Array.from({ length: 100_000 }, (_, at) => ({ asInt: at, timeUnixNano: `${at}` })) }))
    ],
    [
      "in as many points of a series that has all that it keeps",
      () => {
        const dataPoints = Array.from({ length: 30_000 }, (_, index) => ({
          startTimeUnixNano: "1",
          timeUnixNano: `${index + 2}`,
          scale: 3,
          exemplars: [{ asDouble: 2 ** (index % 64), timeUnixNano: `${index + 1}` }]
        }))
        return { name: "many", exponentialHistogram: { aggregationTemporality: 2, dataPoints } }
      }
    ],
    ["that are none in one point", () => gauge(point({ exemplars: Array(100_000).fill({}) }))]
  ]
  for (const [title, make] of ways) {
    it.scopedLive(`${title} take little time and little room`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const body = requestOf(make())
        const before = process.cpuUsage()
        expect((yield* post(receiver.url, body)).status).toBe(200)
        const { system, user } = process.cpuUsage(before)
        expect((user + system) / 1_000).toBeLessThan(3_000)
        expect(((yield* kept(receiver))[0] ?? []).length).toBeLessThanOrEqual(64)
        expect((yield* receiver.violations).length).toBeLessThanOrEqual(1)
      })
    )
  }

  it.scopedLive("fill a store", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ storeLimit: 256_000 })
      const filteredAttributes = [attribute("a", { stringValue: "x".repeat(4_000) })]
      const exemplars = bounds
        .slice(0, 40)
        .map((asDouble) => ({ asDouble, timeUnixNano: `${asDouble + 1}`, filteredAttributes }))
      const body = (at: number) => requestOf(histogram(manyBuckets(at, exemplars)))
      expect((yield* post(receiver.url, body(2))).status).toBe(200)
      // The same again replaces them, so that they count once; then the store was full.
      expect((yield* post(receiver.url, body(3))).status).toBe(503)
      yield* receiver.clear
      const fewer = (at: number) => requestOf(histogram(manyBuckets(at, exemplars.slice(0, 20))))
      for (let at = 2; at < 6; at++) {
        expect((yield* post(receiver.url, fewer(at))).status).toBe(200)
      }
    })
  )
})
