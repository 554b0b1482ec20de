import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gzipSync } from "node:zlib"
import { Receiver } from "../../src/receiver/receiver.ts"
import { largeRequest } from "../receiver/large-request.ts"
import { json, post, protobuf } from "../receiver/request.ts"

// Processor time and not time on the clock: the latter tripled when other tests ran beside this one. About 1.2 s is usual.
describe("a request of 20 MB", () => {
  it.scopedLive(
    "costs less than four seconds of processor time, sender included, in every form, with the same result",
    () =>
      Effect.gen(function* () {
        const points = 55_000
        const large = largeRequest(points)
        expect(Math.min(large.json.length, large.protobuf.length)).toBeGreaterThan(18_000_000)
        const receiver = yield* Receiver.make()
        const forms = [
          [large.json, json],
          [gzipSync(large.json), { ...json, "content-encoding": "gzip" }],
          [large.protobuf, protobuf]
        ] as const
        for (const [body, headers] of forms) {
          const before = process.cpuUsage()
          const answer = yield* post(receiver.url, body, headers)
          const { system, user } = process.cpuUsage(before)
          expect(answer.status).toBe(200)
          expect((user + system) / 1_000).toBeLessThan(4_000)
          expect(yield* receiver.violations).toEqual([])
          const series = yield* receiver.series
          expect(series.length).toBe(points)
          expect(series.at(-1)).toMatchObject({
            attributes: { job_type: `type-${points - 1}`, operation: "process" },
            startTimeUnixNano: 1_700_000_000_000_000_000n,
            timeUnixNano: 1_700_000_001_000_000_000n,
            value: { count: 15, sum: (points - 1) / 7, min: 0, max: points - 1 }
          })
          yield* receiver.clear
        }
      }),
    60_000
  )
})
