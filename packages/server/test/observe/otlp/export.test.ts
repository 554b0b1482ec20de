/** What a collector may do to an export, and what it has afterwards. Every request is decoded by the collector's side. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { snapshot } from "../../../src/observe/testing.ts"
import { count, countEach, delta, enqueued, failuresOf, json, to } from "./exported.ts"
import { collector, ok, type Received } from "./collector.ts"
import { captureLog } from "./pipeline.ts"

const totalOf = (requests: ReadonlyArray<Received>) =>
  requests.flatMap(enqueued).reduce((sum, { value }) => sum + value, 0)

/** What a receiver has that adds up deltas, and knows one that it has already by its start and its time. */
const distinctTotalOf = (requests: ReadonlyArray<Received>) => {
  const taken = new Map(
    requests
      .flatMap(enqueued)
      .map((point) => [`${JSON.stringify(point.attributes)} ${point.startTimeUnixNano} ${point.timeUnixNano}`, point])
  )
  return [...taken.values()].reduce((sum, { value }) => sum + value, 0)
}

describe("a delta of which nobody knows whether it was taken", () => {
  const ways: Readonly<Record<string, (response: Parameters<typeof ok>[0]) => void>> = {
    "no answer came": () => {},
    "the connection was closed without one": (response) => response.socket?.destroy(),
    "a proxy answered 502": (response) => response.writeHead(502).end("<html>Bad Gateway</html>"),
    "a proxy answered 504": (response) => response.writeHead(504).end()
  }
  for (const [what, fail] of Object.entries(ways)) {
    it.scopedLive(`as ${what}, is sent again as it was, after a request that asks, and before what comes later`, () =>
      Effect.gen(function* () {
        let isWell = false
        const made = yield* collector((response) => (isWell ? ok(response) : fail(response)))
        yield* Effect.gen(function* () {
          yield* count(10)
          yield* Telemetry.flush
          yield* count(5)
          yield* Telemetry.flush
          isWell = true
          const failed = made.requests.length
          expect(yield* failuresOf).toEqual([])
          const [first] = made.requests
          const [probe, again, ...later] = made.requests.slice(failed)
          expect(probe?.points).toEqual([])
          expect(again?.body).toBe(first?.body)
          expect(later.map(totalOfOne)).toEqual([5])
          // While it does not answer, nothing that could be counted is sent.
          expect(made.requests.slice(1, failed).filter(({ points }) => points.length > 0)).toEqual([])
          yield* count(1)
          yield* Telemetry.flush
          expect(distinctTotalOf(made.requests)).toBe(16)
        }).pipe(Effect.provide(to(made, { ...delta, timeout: "300 millis" })))
      })
    )
  }

  const totalOfOne = (request: Received) => totalOf([request])

  it.scopedLive("is known again by 400 in answer to the request that asks, and goes out with the last export", () =>
    Effect.gen(function* () {
      const made = yield* collector((response, { points }, index) => {
        if (index === 0) {
          response.socket?.destroy()
        } else if (points.length === 0) {
          response.writeHead(400).end("empty")
        } else {
          ok(response)
        }
      })
      yield* Effect.zipRight(count(10), Telemetry.flush).pipe(
        Effect.provide(to(made, { ...delta, timeout: "300 millis" }))
      )
      expect(distinctTotalOf(made.requests)).toBe(10)
      expect(made.requests.map(totalOfOne)).toEqual([10, 0, 10, 0].slice(0, made.requests.length))
    })
  )

  it.scopedLive("does not exist where the answer says that it was not taken: it grows with the next interval", () =>
    Effect.gen(function* () {
      const made = yield* collector((response, _, index) =>
        index === 0 ? response.writeHead(503).end() : ok(response)
      )
      yield* Effect.gen(function* () {
        yield* count(10)
        yield* Telemetry.flush
        yield* count(5)
        yield* Telemetry.flush
        expect(made.requests.map(totalOfOne)).toEqual([10, 15])
      }).pipe(Effect.provide(to(made, { ...delta, timeout: "300 millis" })))
    })
  )

  it.scopedLive("is split where it is too large, and stays what it was", () =>
    Effect.gen(function* () {
      const made = yield* collector((response, { body }, index) => {
        if (index === 0) {
          response.socket?.destroy()
        } else if (body.length > 20_000) {
          response.writeHead(413).end()
        } else {
          ok(response)
        }
      })
      yield* Effect.gen(function* () {
        yield* countEach(300)
        yield* Telemetry.flush
        yield* countEach(300)
        expect(yield* failuresOf).toEqual([])
        expect(distinctTotalOf(made.requests)).toBe(600)
      }).pipe(Effect.provide(to(made, { ...delta, timeout: "500 millis" })))
    })
  )
})

describe("a connection that the other side closed while it was idle", () => {
  it.scopedLive("costs nothing: a new one is tried at once", () =>
    Effect.gen(function* () {
      let isClosing = false
      const made = yield* collector((response) => {
        if (isClosing) {
          isClosing = false
          response.socket?.destroy()
        } else {
          ok(response)
        }
      })
      yield* Effect.gen(function* () {
        yield* count(1)
        yield* Telemetry.flush
        isClosing = true
        const started = performance.now()
        expect(yield* failuresOf).toEqual([])
        expect(performance.now() - started).toBeLessThan(700)
        expect(made.requests.length).toBe(3)
      }).pipe(Effect.provide(to(made)))
    })
  )
})

/** `Sun Nov  6 08:49:37 1994`, in GMT. */
const cDate = (date: Date): string => {
  const [day = "", number = "", month, year, time] = date.toUTCString().split(" ")
  return `${day.replace(",", "")} ${month} ${number.replace(/^0/, " ")} ${time} ${year}`
}

describe("a pause that the collector asks for", () => {
  const asked: ReadonlyArray<readonly [string, (now: number) => string, boolean]> = [
    ["in seconds", () => "3", true],
    ["as a date", (now) => new Date(now + 4_000).toUTCString(), true],
    ["as a date as C writes it", (now) => cDate(new Date(now + 4_000)), true],
    ["that is empty", () => "", false],
    ["that is negative", () => "-5", false],
    ["of zero seconds", () => "0", false],
    ["in words", () => "soon", false],
    ["as a date that is over", () => "Wed, 21 Oct 2015 07:28:00 GMT", false]
  ]
  for (const [what, header, isPause] of asked) {
    it.scopedLive(`${what} ${isPause ? "is kept" : "is none: back-off it is"}`, () =>
      Effect.gen(function* () {
        let isWell = false
        const made = yield* collector((response) =>
          isWell ? ok(response) : response.writeHead(503, { "retry-after": header(Date.now()) }).end()
        )
        yield* Effect.gen(function* () {
          yield* Telemetry.flush
          isWell = true
          expect(made.requests.length).toBe(1)
          const [failure] = yield* failuresOf
          expect(made.requests.length).toBe(isPause ? 1 : 2)
          expect(failure).toEqual(
            isPause ? expect.stringMatching(/^503 .*it asked for a pause, [1-4] s of it are left/) : undefined
          )
        }).pipe(Effect.provide(to(made, { ...json, timeout: "600 millis" })))
        // The last export does not wait for the end of it.
        expect(made.requests.length).toBe(isPause ? 2 : 3)
      })
    )
  }

  it.scopedLive("is no longer than is allowed, and never holds up the end of a process", () =>
    Effect.gen(function* () {
      const made = yield* collector((response) => response.writeHead(429, { "retry-after": "3600" }).end())
      const started = performance.now()
      yield* Effect.gen(function* () {
        yield* Telemetry.flush
        const [failure] = yield* failuresOf
        expect(failure).toMatch(/^429 .*it asked for a pause, 1 s of it are left/)
      }).pipe(Effect.provide(to(made, { ...json, timeout: "2500 millis", maxRetryAfter: "1 second" })))
      expect(performance.now() - started).toBeLessThan(8_000)
    })
  )
})

describe("a limit on the size of requests", () => {
  it.scopedLive("of 256 KiB, known by 413, lets every export through, and is remembered", () =>
    Effect.gen(function* () {
      const isTooLarge = ({ body }: Received) => body.length > 256 * 1024
      const made = yield* collector((response, request) =>
        isTooLarge(request) ? response.writeHead(413).end() : ok(response)
      )
      yield* Effect.gen(function* () {
        yield* countEach(1_900)
        for (let time = 1; time <= 8; time++) {
          expect(yield* failuresOf).toEqual([])
          expect(totalOf(made.requests.filter((request) => !isTooLarge(request)))).toBe(time * 1_900)
        }
        // Requests grow as long as they are encoded in a moment, so that the first 413 may come late.
        const refused = made.requests.filter(isTooLarge).map(({ body }) => body.length)
        expect(refused.length).toBeLessThanOrEqual(3)
        expect(refused).toEqual([...refused].sort((one, other) => other - one))
      }).pipe(Effect.provide(to(made)))
    })
  )

  it.scopedLive("that is shown by a reset only does not hold anything up for ever", () =>
    Effect.gen(function* () {
      const made = yield* collector((response, { body }) =>
        body.length > 100_000 ? response.socket?.resetAndDestroy() : ok(response)
      )
      yield* Effect.gen(function* () {
        yield* countEach(1_900)
        const reports: Array<number> = []
        for (let time = 0; time < 6; time++) {
          reports.push((yield* failuresOf).length)
        }
        expect(reports.at(-1)).toBe(0)
      }).pipe(Effect.provide(to(made, { ...json, timeout: "900 millis" })))
    })
  )

  it.scopedLive("is 1 MiB as sent unless said otherwise, and a point that is larger goes alone", () =>
    Effect.gen(function* () {
      const made = yield* collector(ok)
      yield* Effect.gen(function* () {
        yield* countEach(9_000)
        expect(yield* failuresOf).toEqual([])
        expect(Math.max(...made.requests.map(({ body }) => body.length))).toBeLessThanOrEqual(1_048_576)
        expect(totalOf(made.requests)).toBe(9_000)
      }).pipe(Effect.provide(to(made, json, { maxPoints: 9_000 })))
      const tiny = yield* collector(ok)
      yield* Effect.zipRight(countEach(20), Telemetry.flush).pipe(
        Effect.provide(to(tiny, { ...json, maxRequestBytes: 10 }))
      )
      expect(Math.max(...tiny.requests.map(({ points }) => points.length))).toBe(1)
    })
  )
})

describe("one collection", () => {
  it.scopedLive("has one time in all of its requests, also where several go out side by side", () =>
    Effect.gen(function* () {
      const made = yield* collector(ok)
      yield* Effect.gen(function* () {
        yield* countEach(2_000)
        yield* Telemetry.flush
        expect(made.requests.length).toBeGreaterThan(10)
      }).pipe(Effect.provide(to(made, json, { maxPoints: 100 })))
      const times = new Set(made.requests.flatMap(({ points }) => points.map(({ timeUnixNano }) => timeUnixNano)))
      expect(times.size).toBe(2)
      const [first] = times
      expect(
        made.requests.flatMap(({ points }) => points).every((one) => one.startTimeUnixNano < one.timeUnixNano)
      ).toBe(true)
      expect(first).toBeDefined()
    })
  )

  it.scoped("is not stamped with a clock that was wrong for a moment, and no start comes after its time", () =>
    Effect.gen(function* () {
      const made = yield* collector(ok)
      const now = 1_700_000_000_000
      yield* TestClock.setTime(now)
      yield* Effect.gen(function* () {
        yield* count(1)
        yield* Telemetry.flush
        yield* TestClock.setTime(now + 365 * 86_400_000)
        yield* count(1, "born in another year")
        yield* Telemetry.flush
        yield* TestClock.setTime(now + 1_000)
        yield* Telemetry.flush
        yield* Telemetry.flush
        const points = made.requests.slice(-2).map(enqueued)
        for (const point of points.flat()) {
          expect(Number(point.timeUnixNano) / 1e6).toBeLessThan(now + 60_000)
          expect(point.startTimeUnixNano < point.timeUnixNano).toBe(true)
        }
        // A start that was corrected stays what it is.
        const starts = points.map((all) => all.map(({ startTimeUnixNano }) => startTimeUnixNano))
        expect(starts[1]).toEqual(starts[0])
      }).pipe(Effect.provide(to(made, json, { interval: "24 days" })))
    })
  )
})

describe("one bad series", () => {
  const isBad = ({ attributes }: { readonly attributes: Readonly<Record<string, string>> }) =>
    Object.keys(attributes).includes("{}") || attributes["job_type"] === "type-77"

  for (const status of [400, 422, 500]) {
    it.scopedLive(`that is answered with ${status} is found, counted and logged; all others arrive`, () =>
      Effect.gen(function* () {
        const { layer, lines } = captureLog()
        const made = yield* collector((response, { points }) =>
          points.some(isBad) ? response.writeHead(status).end('invalid name "__"') : ok(response)
        )
        yield* Effect.gen(function* () {
          yield* countEach(500)
          yield* Metric.increment(Metric.tagged((yield* MetricsService).jobs.replays, "{}", "x"))
          expect(yield* failuresOf).toEqual([])
          const taken = made.requests.filter(({ points }) => !points.some(isBad))
          const arrived = new Set(taken.flatMap(enqueued).map(({ attributes }) => attributes["job_type"]))
          expect(arrived.size).toBe(499)
          const searched = made.requests.length
          expect(searched).toBeLessThanOrEqual(34)
          expect(yield* failuresOf).toEqual([])
          expect(
            made.requests
              .slice(searched)
              .flatMap(({ points }) => points)
              .some(isBad)
          ).toBe(false)
          expect(Number((yield* snapshot)['telemetry_points_dropped_total{reason="refused"}'])).toBeGreaterThan(1)
        }).pipe(Effect.provide(to(made)), Effect.provide(layer))
        const said = lines.filter((line) => line.includes("is not exported") && line.includes("jobs_enqueued_total"))
        expect(said).toEqual([expect.stringMatching(/refuses a series of it, .*type-77.*: \d+ .*invalid name "__"/)])
      })
    )
  }

  it.scopedLive("metric of which every series is refused is found as a whole", () =>
    Effect.gen(function* () {
      const made = yield* collector((response, { points }) =>
        points.some(({ metric }) => metric === "jobs_enqueued_total")
          ? response.writeHead(400).end("no such name")
          : ok(response)
      )
      yield* Effect.gen(function* () {
        yield* countEach(500)
        expect(yield* failuresOf).toEqual([])
        expect(made.requests.length).toBeLessThan(20)
        const before = made.requests.length
        yield* Telemetry.flush
        expect(made.requests.slice(before).flatMap(enqueued)).toEqual([])
      }).pipe(Effect.provide(to(made)))
    })
  )

  it.scopedLive("is blamed for nothing when all is refused, and the next export has everything", () =>
    Effect.gen(function* () {
      let isWell = false
      const made = yield* collector((response) => (isWell ? ok(response) : response.writeHead(500).end("broken")))
      yield* Effect.gen(function* () {
        yield* countEach(200)
        expect(yield* failuresOf).toEqual([expect.stringMatching(/^500 .*broken/)])
        expect(made.requests.length).toBeLessThan(20)
        isWell = true
        const before = made.requests.length
        expect(yield* failuresOf).toEqual([])
        expect(totalOf(made.requests.slice(before))).toBe(200)
      }).pipe(Effect.provide(to(made)))
    })
  )

  for (const status of [401, 403, 404, 405, 415]) {
    it.scopedLive(`is not looked for where ${status} refuses the export as a whole`, () =>
      Effect.gen(function* () {
        const made = yield* collector((response) => response.writeHead(status).end())
        yield* Effect.gen(function* () {
          yield* countEach(50)
          expect(yield* failuresOf).toEqual([expect.stringMatching(new RegExp(`^${status} `))])
          expect(made.requests.length).toBe(1)
        }).pipe(Effect.provide(to(made)))
      })
    )
  }
})

describe("a partial success", () => {
  it.scopedLive("with a warning is logged once, another warning as well, and what is rejected is counted", () =>
    Effect.gen(function* () {
      const { layer, lines } = captureLog()
      let partial: Readonly<Record<string, unknown>> = { errorMessage: "use\n\u001b[31mv2" }
      const made = yield* collector((response) => {
        response.setHeader("content-type", "application/json").end(JSON.stringify({ partialSuccess: partial }))
      })
      yield* Effect.gen(function* () {
        yield* Telemetry.flush
        yield* Telemetry.flush
        partial = { errorMessage: "too old", rejectedDataPoints: "3" }
        yield* Telemetry.flush
        yield* Telemetry.flush
        expect(yield* snapshot).toMatchObject({ 'telemetry_points_dropped_total{reason="rejected"}': 6 })
        partial = {}
      }).pipe(Effect.provide(to(made)), Effect.provide(layer))
      const { url } = made
      expect(lines.filter((line) => line.startsWith("WARN"))).toEqual([
        `WARN ${url} accepted an export and warns: use [31mv2`,
        expect.stringMatching(/accepted an export and rejected 3 of \d+ points: too old$/)
      ])
    })
  )
})
