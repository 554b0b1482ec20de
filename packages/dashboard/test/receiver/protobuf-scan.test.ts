/** The scan of protobuf reads what the decoder reads, whatever the bytes are. */
import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"
import { metricsRequest } from "../../src/receiver/otlp-requests.ts"
import { countProtobuf, protobufProblem } from "../../src/receiver/protobuf-scan.ts"
import { encode, messagesIn } from "./request.ts"

/** A number in more bytes than it needs. */
const padded = (value: number, length: number): Array<number> =>
  Array.from({ length }, (_, index) => (Math.floor(value / 128 ** index) % 128) + (index < length - 1 ? 128 : 0))

const repeat = (bytes: ReadonlyArray<number>, times: number) => Array.from({ length: times }, () => bytes).flat()

/** How many messages the decoder makes, or none where it refuses the bytes. */
const decoded = (body: Uint8Array): number => {
  try {
    return messagesIn(metricsRequest.decode(body))
  } catch {
    return 0
  }
}

const times = { startTimeUnixNano: 1, timeUnixNano: 2 }

const sample = encode({
  resourceMetrics: [
    {
      resource: { attributes: [{ key: "a", value: { intValue: -1 } }], droppedAttributesCount: 3 },
      scopeMetrics: [
        {
          scope: { name: "s" },
          metrics: [
            {
              name: "b",
              sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [{ ...times, asDouble: 1, flags: 0 }] }
            },
            {
              name: "c",
              exponentialHistogram: {
                aggregationTemporality: 1,
                dataPoints: [{ ...times, count: 1, scale: -3, positive: { offset: 1, bucketCounts: [1, 300] } }]
              }
            }
          ]
        }
      ]
    }
  ]
})

const parts = fc.oneof(
  fc.constantFrom([0x0a, 0], [0x0a, 0x0a], [0x12, 0], [0x7a], [0x78], [0x80], [0xff], [0x0b], [0x0c]),
  fc.tuple(fc.nat({ max: 200 }), fc.integer({ min: 1, max: 12 })).map(([value, length]) => padded(value, length)),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => [...bytes])
)

const composed = fc.array(parts, { maxLength: 30 }).map((list) => Uint8Array.from(list.flat()))

const changed = fc
  .tuple(fc.nat({ max: sample.length - 1 }), fc.nat({ max: 3 }), fc.array(parts, { maxLength: 3 }))
  .map(([start, removed, added]) =>
    Uint8Array.from([...sample.subarray(0, start), ...added.flat(), ...sample.subarray(start + removed)])
  )

/** A thousand messages in an unknown field, for who reads the number of six bytes before it as it is written. */
const hidden = Uint8Array.from([0x7a, ...padded(0, 6), 0x7a, ...padded(2_000, 3), ...repeat([0x0a, 0], 1_000)])

describe("the scan of protobuf", () => {
  it("counts at least the messages that the decoder makes", () => {
    fc.assert(
      fc.property(fc.oneof(composed, changed), (body) => {
        expect(protobufProblem(body) === null ? countProtobuf(body).messages : Infinity).toBeGreaterThanOrEqual(
          decoded(body)
        )
      }),
      { numRuns: 2_000, examples: [[hidden]] }
    )
  })

  // What the decoder takes for ten bytes: behind a tag, in place of one, as a length, and as a value of 32 bits.
  const places: ReadonlyArray<readonly [string, (length: number) => Array<number>]> = [
    ["a tag", (length) => padded(0x78, length)],
    ["the length of an unknown field", (length) => [0x7a, ...padded(0, length)]],
    ["the length of a message", (length) => [0x0a, ...padded(0, length)]],
    ["a number of 32 bits", (length) => [0x0a, length + 3, 0x0a, length + 1, 0x10, ...padded(1, length)]]
  ]
  for (const [title, bytesOf] of places) {
    it(`refuses ${title} in six to nine bytes, or in more than ten`, () => {
      for (const length of [6, 7, 8, 9, 11, 12]) {
        expect(protobufProblem(Uint8Array.from(bytesOf(length)))).toBe("it is no message of OTLP")
      }
    })
  }

  it("reads numbers of 64 bits in up to ten bytes", () => {
    const numbers = [1, -1, 2 ** 40, Number.MAX_SAFE_INTEGER].map((intValue) => ({ key: "a", value: { intValue } }))
    for (const attribute of numbers) {
      expect(protobufProblem(encode({ resourceMetrics: [{ resource: { attributes: [attribute] } }] }))).toBe(null)
    }
    expect(protobufProblem(Uint8Array.from([0x78, ...padded(0, 11)]))).toBe("it is no message of OTLP")
  })
})
