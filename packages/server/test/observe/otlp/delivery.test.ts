/** What becomes of deltas whose requests are refused, split or given up half-way: each counts once. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { countEach, delta, enqueued, failuresOf, json, to } from "./exported.ts"
import { collector, ok, type Received, type WirePoint } from "./collector.ts"

/** What a receiver has that adds up all that it takes. */
const taking = () => {
  const totals = new Map<string, number>()
  return {
    take: (request: Received) =>
      enqueued(request).forEach(({ attributes: { job_type: jobType = "" }, value }) =>
        totals.set(jobType, (totals.get(jobType) ?? 0) + value)
      ),
    totals,
    total: () => [...totals.values()].reduce((sum, one) => sum + one, 0)
  }
}

/** A receiver as `deltatocumulative` is: it knows a delta that it has already, and takes nothing that overlaps. */
const comparing = () => {
  const totals = new Map<string, number>()
  const seen = new Set<string>()
  const starts = new Map<string, string>()
  const overlaps: Array<WirePoint> = []
  return {
    totals,
    overlaps,
    total: () => [...totals.values()].reduce((sum, one) => sum + one, 0),
    take: (request: Received) =>
      enqueued(request).forEach((point) => {
        const jobType = point.attributes["job_type"] ?? ""
        const id = `${jobType} ${point.startTimeUnixNano} ${point.timeUnixNano} ${point.value}`
        if (seen.has(id)) {
          return
        }
        seen.add(id)
        if ((starts.get(jobType) ?? "") > point.startTimeUnixNano) {
          overlaps.push(point)
        }
        starts.set(jobType, point.timeUnixNano)
        totals.set(jobType, (totals.get(jobType) ?? 0) + point.value)
      })
  }
}

const isNamed = (name: string) => (request: Received) =>
  enqueued(request).some(({ attributes }) => attributes["job_type"] === name)

describe("a delta that was taken", () => {
  it.scopedLive("in one half of a request is not sent again where the other half is refused", () =>
    Effect.gen(function* () {
      const { take, total, totals } = taking()
      const made = yield* collector((response, request) => {
        if (request.body.length > 30_000) {
          response.writeHead(413).end()
        } else if (isNamed("type-399")(request)) {
          response.writeHead(400).end("bad series")
        } else {
          take(request)
          ok(response)
        }
      })
      yield* Effect.gen(function* () {
        yield* countEach(400)
        yield* Telemetry.flush
        expect([...totals].filter(([, value]) => value !== 1)).toEqual([])
        yield* Telemetry.flush
        expect([...totals].filter(([, value]) => value !== 1)).toEqual([])
        expect(total()).toBe(399)
      }).pipe(Effect.provide(to(made, delta)))
    })
  )

  for (const { answers, limit } of [
    { answers: ["closed", 503], limit: "500 millis" },
    { answers: ["closed", 413, 503], limit: "600 millis" },
    { answers: ["closed", 500, 503], limit: "600 millis" },
    { answers: [502, 400, 503, 503], limit: "1800 millis" },
    { answers: [502, 413, 503, 503], limit: "1800 millis" },
    { answers: [502, 500, 503, 503], limit: "1800 millis" }
  ] as const) {
    it.scopedLive(`without an answer for it stays what it was: ${answers.join(", ")}`, () =>
      Effect.gen(function* () {
        const { take, total, overlaps } = comparing()
        const left: Array<"closed" | number> = [...answers]
        const made = yield* collector((response, request) => {
          const answer = request.points.length === 0 ? undefined : left.shift()
          if (answer === undefined || left.length === answers.length - 1) {
            take(request)
          }
          if (answer === "closed") {
            response.socket?.destroy()
          } else if (answer === undefined) {
            ok(response)
          } else {
            response.writeHead(answer).end()
          }
        })
        yield* Effect.gen(function* () {
          for (let time = 0; time < 3; time++) {
            yield* countEach(20)
            yield* Telemetry.flush
          }
          yield* Telemetry.flush
          expect({ left, total: total(), overlaps }).toEqual({ left: [], total: 60, overlaps: [] })
        }).pipe(Effect.provide(to(made, { ...delta, timeout: limit })))
      })
    )
  }
})

describe("a request that asks whether the receiver is there", () => {
  for (const status of [413, 422, 500]) {
    it.scopedLive(`says nothing of points when it is answered ${status}`, () =>
      Effect.gen(function* () {
        const made = yield* collector((response, { points }, index) =>
          index === 0 || points.length === 0 ? response.writeHead(index === 0 ? 504 : status).end("no") : ok(response)
        )
        yield* Effect.gen(function* () {
          yield* countEach(100)
          yield* Telemetry.flush
          const before = made.requests.length
          expect(yield* failuresOf).toEqual([expect.stringMatching(new RegExp(`^${status}`))])
          expect(made.requests.length - before).toBe(1)
        }).pipe(Effect.provide(to(made, { ...delta, timeout: "600 millis" })))
      })
    )
  }
})

describe("a search", () => {
  it.scopedLive("that does not come to its end finds something every time", () =>
    Effect.gen(function* () {
      const bad = new Set(Array.from({ length: 6 }, (_, index) => `type-${100 + index * 130}`))
      const made = yield* collector((response, request) =>
        enqueued(request).some(({ attributes: { job_type: jobType = "" } }) => bad.has(jobType))
          ? response.writeHead(400).end("bad")
          : ok(response)
      )
      yield* Effect.gen(function* () {
        yield* countEach(900)
        for (let time = 0; time < 6; time++) {
          const before = made.requests.length
          yield* Telemetry.flush
          expect(made.requests.length - before).toBeLessThanOrEqual(36)
        }
        expect(yield* failuresOf).toEqual([])
      }).pipe(Effect.provide(to(made)))
    })
  )

  it.scopedLive("finds a series that is alone in its request", () =>
    Effect.gen(function* () {
      const made = yield* collector((response, request) =>
        isNamed("type-3")(request) ? response.writeHead(400).end("bad") : ok(response)
      )
      yield* Effect.gen(function* () {
        yield* countEach(10)
        yield* Telemetry.flush
        yield* Telemetry.flush
        expect(yield* failuresOf).toEqual([])
      }).pipe(Effect.provide(to(made, json, { maxPoints: 1 })))
    })
  )
})

describe("a delta that is frozen and refused", () => {
  it.scopedLive("holds nothing else back, and is found", () =>
    Effect.gen(function* () {
      const { take, totals } = comparing()
      let isFirst = true
      const made = yield* collector((response, request) => {
        if (isNamed("type-3")(request)) {
          response.writeHead(isFirst ? 504 : 400).end("bad")
          isFirst = false
        } else {
          take(request)
          ok(response)
        }
      })
      yield* Effect.gen(function* () {
        yield* countEach(10)
        yield* Telemetry.flush
        yield* countEach(10)
        expect(yield* failuresOf).toEqual([])
        expect([...totals]).toEqual(Array.from({ length: 10 }, (_, index) => [`type-${index}`, 2]).toSpliced(3, 1))
      }).pipe(Effect.provide(to(made, { ...delta, timeout: "300 millis" }, { maxPoints: 1 })))
    })
  )
})

describe("a receiver with another reason each time", () => {
  it.scopedLive("has a few of them told", () =>
    Effect.gen(function* () {
      const made = yield* collector((response, _, index) => response.writeHead(400).end(`reason ${index}`))
      yield* Effect.gen(function* () {
        yield* countEach(50)
        expect((yield* failuresOf).length).toBeLessThanOrEqual(4)
      }).pipe(Effect.provide(to(made, json, { maxPoints: 1 })))
    })
  )
})

describe("a limit on the size of requests", () => {
  it.scopedLive("that nothing passes costs few requests, and is forgotten", () =>
    Effect.gen(function* () {
      let isWell = false
      const made = yield* collector((response) => (isWell ? ok(response) : response.writeHead(413).end("no")))
      yield* Effect.gen(function* () {
        yield* countEach(500)
        expect(yield* failuresOf).toEqual([expect.stringMatching(/^413/)])
        expect(made.requests.length).toBeLessThan(60)
        isWell = true
        yield* Telemetry.flush
        const before = made.requests.length
        expect(yield* failuresOf).toEqual([])
        expect(made.requests.length - before).toBeLessThan(100)
      }).pipe(Effect.provide(to(made)))
    })
  )
})
