/**
 * Thousands of bodies against a receiver in a process of its own: valid, mutated and nested, as JSON and protobuf, plain
 * and gzip. None is answered with 5xx, none holds it up, and it does not grow.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { Agent, request as httpRequest } from "node:http"
import { gzipSync } from "node:zlib"
import { spawnReceiver } from "../../src/receiver/spawn.ts"
import { encode, json, protobuf } from "../receiver/request.ts"

const runs = 20_000

const scalar = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom("9".repeat(5_000), "NaN", "-Infinity", "1e400", "\u0000\u009b31m", "__proto__", "9223372036854775808")
)

const { value } = fc.letrec<{ readonly value: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: "large", withCrossShrink: true },
    fc.record({ stringValue: fc.string({ maxLength: 20 }) }),
    fc.record({ intValue: fc.integer() }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie("value"), { maxLength: 3 }) }) }),
    fc.record({
      kvlistValue: fc.record({
        values: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: tie("value") }), { maxLength: 3 })
      })
    })
  )
}))

const attributes = fc.array(
  fc.record({ key: fc.oneof(fc.constantFrom("a", "b", "c"), fc.string({ maxLength: 8 })), value }),
  { maxLength: 4 }
)

const times = {
  startTimeUnixNano: fc.constantFrom(1, 2, 3),
  timeUnixNano: fc.constantFrom(1, 2, 3, 4)
}

const number = fc.record({ ...times, attributes, asDouble: fc.double() })

const distribution = fc.record({
  ...times,
  attributes,
  count: fc.nat(),
  sum: fc.double(),
  bucketCounts: fc.array(fc.nat(), { maxLength: 5 }),
  explicitBounds: fc.array(fc.double(), { maxLength: 4 })
})

const buckets = fc.record({ offset: fc.integer(), bucketCounts: fc.array(fc.nat(), { maxLength: 5 }) })

const exponential = fc.record({
  ...times,
  attributes,
  count: fc.nat(),
  scale: fc.integer({ min: -10, max: 20 }),
  zeroCount: fc.nat(),
  positive: buckets,
  negative: buckets
})

const points = <A>(point: fc.Arbitrary<A>) => fc.array(point, { maxLength: 4 })

const aggregationTemporality = fc.constantFrom(1, 2)

/** Names are few, so that points meet points of before. */
const name = fc.constantFrom("a", "b", "c")

const metric = fc.oneof(
  fc.record({ name, gauge: fc.record({ dataPoints: points(number) }) }),
  fc.record({
    name,
    sum: fc.record({ aggregationTemporality, isMonotonic: fc.boolean(), dataPoints: points(number) })
  }),
  fc.record({ name, histogram: fc.record({ aggregationTemporality, dataPoints: points(distribution) }) }),
  fc.record({ name, exponentialHistogram: fc.record({ aggregationTemporality, dataPoints: points(exponential) }) })
)

const valid = fc.record({
  resourceMetrics: fc.array(
    fc.record({
      resource: fc.record({ attributes }),
      scopeMetrics: fc.array(fc.record({ metrics: fc.array(metric, { maxLength: 4 }) }), { maxLength: 2 })
    }),
    { maxLength: 2 }
  )
})

/** Puts something else in the place of one value, or adds a field. */
const changed = fc
  .tuple(valid, fc.nat(), fc.oneof(scalar, fc.jsonValue({ maxDepth: 6 })))
  .map(([body, place, other]) => {
    let at = 0
    const copy: unknown = JSON.parse(JSON.stringify(body), (key, one: unknown) => {
      at += 1
      return key !== "" && at === place % 60 ? other : one
    })
    return JSON.stringify(copy)
  })

const nested = fc
  .tuple(fc.constantFrom("[", '{"a":', '{"arrayValue":{"values":['), fc.integer({ min: 1, max: 20_000 }))
  .map(([open, levels]) => `{"resourceMetrics":[${open.repeat(levels)}1`)

/** Cuts bytes out, changes some, or repeats them. */
const mutated = (bytes: fc.Arbitrary<Uint8Array>) =>
  fc
    .tuple(bytes, fc.nat(), fc.nat(40), fc.uint8Array({ maxLength: 12 }), fc.constantFrom(0, 1, 2_000))
    .map(([body, place, removed, added, times]) => {
      const start = body.length === 0 ? 0 : place % body.length
      const middle = Array.from({ length: times }, () => added)
      return Buffer.concat([body.subarray(0, start), ...middle, body.subarray(start + removed)])
    })

const text = (bodies: fc.Arbitrary<unknown>) =>
  bodies.map((body) => Buffer.from(typeof body === "string" ? body : JSON.stringify(body)))

const inJson = fc.oneof(
  text(valid),
  text(changed),
  text(nested),
  mutated(text(valid)),
  fc.uint8Array({ maxLength: 50 })
)

const inProtobuf = fc.oneof(
  valid.map(encode),
  mutated(valid.map(encode)),
  mutated(valid.map(encode)),
  fc.uint8Array({ maxLength: 200 })
)

const body = fc.record({
  form: fc.oneof(
    inJson.map((bytes) => ({ bytes, headers: json })),
    inProtobuf.map((bytes) => ({ bytes, headers: protobuf }))
  ),
  isCompressed: fc.boolean()
})

type Body = typeof body extends fc.Arbitrary<infer One> ? One : never

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

const send = (url: string, { form, isCompressed }: Body): Promise<number> =>
  new Promise((resolve, reject) => {
    const payload = isCompressed ? gzipSync(form.bytes) : form.bytes
    const headers = { ...form.headers, ...(isCompressed ? { "content-encoding": "gzip" } : {}) }
    const sent = httpRequest(url, { method: "POST", headers, agent }, (response) => {
      response.resume().once("end", () => resolve(response.statusCode ?? 0))
    })
    sent.once("error", reject).end(payload)
  })

/** The processor time of a process in milliseconds, on Linux: on a busy machine the clock says nothing. */
const processorTimeOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** The memory of a process in megabytes, on Linux. */
const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024

describe("a receiver that is sent anything", () => {
  it.scopedLive(`answers ${runs} bodies without 5xx, without a stall and without growing`, () =>
    Effect.gen(function* () {
      const receiver = yield* spawnReceiver({ isReadOnly: true })
      const statuses = new Map<number, number>()
      const slow: Array<number> = []
      let before = 0
      let count = 0
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(body, async (one) => {
            const start = processorTimeOf(receiver.pid)
            const status = await send(receiver.url, one)
            const took = processorTimeOf(receiver.pid) - start
            count += 1
            statuses.set(status, (statuses.get(status) ?? 0) + 1)
            if (took > 200 && count > 100) {
              slow.push(took)
            }
            if (count === runs / 2) {
              before = memoryOf(receiver.pid)
            }
            return status === 200 || status === 400
          }),
          { numRuns: runs, endOnFailure: true }
        )
      )
      const { requests } = yield* receiver.state
      const grown = memoryOf(receiver.pid) - before
      expect([...statuses.values()].reduce((sum, one) => sum + one, 0)).toBe(runs)
      expect(statuses.get(200)).toBeGreaterThan(runs / 20)
      expect(statuses.get(400)).toBeGreaterThan(runs / 20)
      expect(requests.length).toBe(10_000)
      expect({ slow, hasGrown: grown > 150 }).toEqual({ slow: [], hasGrown: false })
      yield* Effect.logInfo(`${JSON.stringify([...statuses])}, ${Math.round(grown)} MB more after the second half`)
    })
  )
})
