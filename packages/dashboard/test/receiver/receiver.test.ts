import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Receiver, type Series } from "../../src/receiver/receiver.ts"
import { recordEveryKind, resource, source } from "./sdk.ts"

const identity = ({ startTimeUnixNano: _start, timeUnixNano: _time, ...rest }: Series) => rest

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)

const common = { resource, scope: { name: "every-kind", version: "1.2.3" }, description: "", points: 1, resets: 0 }

const expected = (temporality: "cumulative" | "delta") => {
  const histogram = {
    count: 4,
    sum: 103.25,
    min: 0.25,
    max: 100,
    bucketCounts: [1, 1, 1, 1],
    explicitBounds: [0.5, 1, 5]
  }
  const exponential = {
    count: 4,
    sum: 7,
    min: 0,
    max: 4,
    scale: 3,
    zeroCount: 1,
    zeroThreshold: 0,
    positive: { offset: -1, bucketCounts: [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1] },
    negative: { offset: 0, bucketCounts: [] }
  }
  return [
    {
      ...common,
      name: "counter",
      kind: "sum",
      isMonotonic: true,
      temporality,
      unit: "{job}",
      description: "Jobs.",
      attributes: { a: "one", b: "two" },
      value: 3,
      total: 3
    },
    {
      ...common,
      name: "updown",
      kind: "sum",
      isMonotonic: false,
      temporality: "cumulative",
      unit: "{job}",
      attributes: { flag: true, list: ["x", "y"], number: 7 },
      value: -2.5,
      total: -2.5
    },
    { ...common, name: "gauge", kind: "gauge", unit: "By", attributes: {}, value: -0.125, total: -0.125 },
    {
      ...common,
      name: "histogram",
      kind: "histogram",
      temporality,
      unit: "s",
      attributes: { type: "digest" },
      value: histogram,
      total: histogram
    },
    {
      ...common,
      name: "exponential",
      kind: "exponentialHistogram",
      temporality,
      unit: "s",
      attributes: {},
      value: exponential,
      total: exponential
    }
  ]
}

describe("what the real exporters send", () => {
  for (const protocol of ["json", "protobuf"] as const) {
    for (const compression of ["none", "gzip"] as const) {
      for (const temporality of ["cumulative", "delta"] as const) {
        it.scopedLive(`arrives equal over ${protocol}, ${compression}, ${temporality}`, () =>
          Effect.gen(function* () {
            const receiver = yield* Receiver.make()
            const { flush, provider } = yield* source({ url: receiver.url, protocol, compression, temporality })
            recordEveryKind(provider)
            yield* flush

            const series = yield* receiver.series
            expect(series.map(identity).sort(byName)).toEqual(expected(temporality).sort(byName))
            for (const { startTimeUnixNano, timeUnixNano } of series) {
              expect(startTimeUnixNano).toBeGreaterThan(1_600_000_000_000_000_000n)
              expect(timeUnixNano).toBeGreaterThanOrEqual(startTimeUnixNano)
            }
            expect(yield* receiver.violations).toEqual([])
            const requests = yield* receiver.requests
            expect(requests.map(({ acknowledged, points, status }) => ({ acknowledged, points, status }))).toEqual([
              { acknowledged: 5, points: 5, status: 200 }
            ])
          })
        )
      }
    }
  }
})
