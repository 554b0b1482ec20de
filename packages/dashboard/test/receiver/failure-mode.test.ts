import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { connect } from "node:net"
import { FailureMode, Receiver, type ReceiverService } from "../../src/receiver/receiver.ts"
import { gauge, point, post, protobuf, encode, requestOf, sum } from "./request.ts"
import { recordEveryKind, source } from "./sdk.ts"

const good = requestOf(gauge(point()))

/** The responses in the log, and the number of series. */
const outcome = (receiver: ReceiverService) =>
  Effect.gen(function* () {
    const requests = yield* receiver.requests
    return {
      requests: requests.map(({ acknowledged, failureMode, points, status }) => ({
        acknowledged,
        failureMode,
        points,
        status
      })),
      series: (yield* receiver.series).length
    }
  })

const codeOf = (error: unknown): unknown => {
  if (!(error instanceof Error)) {
    return error
  }
  if ("code" in error) {
    return error.code
  }
  return "error" in error ? codeOf(error.error) : codeOf(error.cause)
}

describe("a receiver", () => {
  it.scopedLive("answers 400, 429 and 503 with a status, Retry-After on request, and stores nothing", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      for (const [status, code] of [
        [400, 3],
        [429, 8],
        [503, 14]
      ] as const) {
        yield* receiver.setFailureMode(FailureMode.status(status))
        const plain = yield* post(receiver.url, good)
        expect([plain.status, plain.headers["retry-after"], JSON.parse(plain.text)]).toEqual([
          status,
          undefined,
          { code, message: `answered ${status} on request` }
        ])
        yield* receiver.setFailureMode(FailureMode.status(status, { retryAfterSeconds: 7 }))
        const later = yield* post(receiver.url, good)
        expect([later.status, later.headers["retry-after"]]).toEqual([status, "7"])
      }
      const one = (status: number) => ({ acknowledged: 0, failureMode: "Status", points: 1, status })
      expect(yield* outcome(receiver)).toEqual({ requests: [400, 400, 429, 429, 503, 503].map(one), series: 0 })
    })
  )

  it.scopedLive("rejects a malformed request in every mode that answers", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      for (const mode of [FailureMode.none, FailureMode.slow(0), FailureMode.status(503), FailureMode.partial(1)]) {
        yield* receiver.setFailureMode(mode)
        expect((yield* post(receiver.url, "{")).status).toBe(400)
      }
    })
  )

  it.scopedLive("stores the points of a slow request only when it answers", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.slow("1 second"))
      const answer = yield* Effect.fork(Effect.timed(post(receiver.url, good)))
      yield* Effect.sleep("100 millis")
      expect(yield* receiver.series).toEqual([])
      const [elapsed, { status }] = yield* Fiber.join(answer)
      expect(status).toBe(200)
      expect(Duration.toMillis(elapsed)).toBeGreaterThanOrEqual(999)
      expect(yield* outcome(receiver)).toEqual({
        requests: [{ acknowledged: 1, failureMode: "Slow", points: 1, status: 200 }],
        series: 1
      })
    })
  )

  it.scoped("is slow by the clock of the fiber", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.slow("1 hour"))
      const arrived = yield* Effect.fork(Stream.runHead(receiver.arrivals))
      const answer = yield* Effect.fork(post(receiver.url, good))
      const wait = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
      while ((yield* receiver.requests).length === 0) {
        yield* wait
        yield* TestClock.adjust("10 minutes")
      }
      expect((yield* Fiber.join(answer)).status).toBe(200)
      yield* Fiber.interrupt(arrived)
    })
  )

  it.scopedLive("drops the points of a slow request when the sender disconnects first", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.slow("20 seconds"))
      const left = yield* Effect.either(Effect.timeout(post(receiver.url, good), "1 second"))
      expect(left._tag).toBe("Left")
      const { request } = yield* nextLogged(receiver)
      expect([request.status, request.message, request.acknowledged]).toEqual([0, "the sender disconnected", 0])
      expect(yield* receiver.series).toEqual([])
    })
  )

  it.scopedLive("hangs: it reads the request and never answers", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.hang)
      const answer = yield* Effect.fork(post(receiver.url, good))
      yield* nextLogged(receiver)
      const left = yield* Effect.either(Effect.timeout(Fiber.join(answer), "100 millis"))
      expect(left).toMatchObject({ _tag: "Left", left: { _tag: "TimeoutException" } })
      expect(yield* outcome(receiver)).toEqual({
        requests: [{ acknowledged: 0, failureMode: "Hang", points: 1, status: 0 }],
        series: 0
      })
    })
  )

  it.scopedLive("resets the connection in the middle of the body", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.reset)
      const seen = yield* Effect.async<{ readonly error: unknown; readonly answer: string }>((resume) => {
        let answer = ""
        const socket = connect(receiver.port, "127.0.0.1", () =>
          socket.write(
            "POST /v1/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
              "Content-Length: 1000000\r\n\r\n{"
          )
        )
        socket.on("data", (data) => (answer += data.toString()))
        socket.on("error", (error) => resume(Effect.succeed({ error: codeOf(error), answer })))
        socket.on("end", () => resume(Effect.succeed({ error: "ended", answer })))
      })
      expect(seen).toEqual({ error: "ECONNRESET", answer: "" })
      expect(yield* outcome(receiver)).toEqual({
        requests: [{ acknowledged: 0, failureMode: "Reset", points: 0, status: 0 }],
        series: 0
      })
    })
  )

  it.scopedLive("refuses connections, closes open ones, and listens again on the same port", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.hang)
      const hanging = yield* Effect.fork(Effect.flip(post(receiver.url, good)))
      yield* nextLogged(receiver)
      yield* receiver.setFailureMode(FailureMode.refuse)
      expect(codeOf(yield* Fiber.join(hanging))).toBe("UND_ERR_SOCKET")
      expect(codeOf(yield* Effect.flip(post(receiver.url, good)))).toBe("ECONNREFUSED")
      yield* receiver.setFailureMode(FailureMode.refuse)
      expect(codeOf(yield* Effect.flip(post(receiver.url, good)))).toBe("ECONNREFUSED")
      yield* receiver.setFailureMode(FailureMode.none)
      expect((yield* post(receiver.url, good)).status).toBe(200)
      expect(yield* receiver.failureMode).toEqual(FailureMode.none)
    })
  )

  it.scopedLive("reports that its port was taken when it cannot listen again", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.refuse)
      const error = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Receiver.make({ port: receiver.port })
          return yield* Effect.flip(receiver.setFailureMode(FailureMode.none))
        })
      )
      expect([error._tag, error.port]).toEqual(["PortInUse", receiver.port])
      yield* receiver.setFailureMode(FailureMode.none)
      expect((yield* post(receiver.url, good)).status).toBe(200)
    })
  )

  it.scopedLive("accepts some points and rejects the last ones, in JSON and in protobuf", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      yield* receiver.setFailureMode(FailureMode.partial(2, "too many"))
      const points = ["a", "b", "c"].map((value) =>
        point({ attributes: [{ key: "k", value: { stringValue: value } }] })
      )
      const inJson = yield* post(receiver.url, requestOf(gauge(...points)))
      expect([inJson.status, JSON.parse(inJson.text)]).toEqual([
        200,
        { partialSuccess: { rejectedDataPoints: "2", errorMessage: "too many" } }
      ])
      expect((yield* receiver.series).map(({ attributes }) => attributes)).toEqual([{ k: "a" }])
      const number = { startTimeUnixNano: 1, timeUnixNano: 2, asDouble: 1 }
      const metric = { name: "m", gauge: { dataPoints: [number] } }
      const bytes = encode({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] })
      const inBytes = yield* post(receiver.url, bytes, protobuf)
      // partial_success = 1 { rejected_data_points = 1: 1, error_message = 2: "too many" }
      const expected = [0x0a, 12, 0x08, 1, 0x12, 8, ...Buffer.from("too many")]
      expect([inBytes.status, [...inBytes.body]]).toEqual([200, expected])
      expect((yield* receiver.find("m")).length).toBe(0)
    })
  )

  for (const protocol of ["json", "protobuf"] as const) {
    it.scopedLive(`gets everything from the real exporter after a failure, in ${protocol}`, () =>
      Effect.gen(function* () {
        const receiver = yield* Receiver.make()
        const { flush, provider } = yield* source({ url: receiver.url, protocol })
        recordEveryKind(provider)
        yield* receiver.setFailureMode(FailureMode.status(400))
        yield* flush
        yield* receiver.setFailureMode(FailureMode.none)
        yield* flush
        expect(yield* outcome(receiver)).toEqual({
          requests: [
            { acknowledged: 0, failureMode: "Status", points: 5, status: 400 },
            { acknowledged: 5, failureMode: "None", points: 5, status: 200 }
          ],
          series: 5
        })
      })
    )
  }

  it.scopedLive("publishes each request when it is answered", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make()
      const arrivals = yield* Effect.fork(Stream.runCollect(Stream.take(receiver.arrivals, 2)))
      yield* Effect.sleep("20 millis")
      yield* post(receiver.url, requestOf(sum(point({ asDouble: 4 }))))
      yield* post(receiver.url, "{")
      const seen = [...(yield* Fiber.join(arrivals))]
      expect(seen.map(({ points, request }) => [request.status, points.map(({ value }) => value)])).toEqual([
        [200, [4]],
        [400, []]
      ])
    })
  )
})

describe("a port", () => {
  it.scopedLive("in use is an error with the port and a remedy", () =>
    Effect.gen(function* () {
      const { port } = yield* Receiver.make()
      const error = yield* Effect.flip(Receiver.make({ port }))
      expect({ ...error, _tag: error._tag, message: error.message }).toEqual({
        _tag: "PortInUse",
        port,
        message:
          `Port ${port} of 127.0.0.1 is in use. Stop the program that listens there (ss -ltnp "sport = :${port}" ` +
          "shows it), or use another port; 0 takes a free one."
      })
    })
  )

  it.scopedLive("that is not valid is an error, not a defect", () =>
    Effect.gen(function* () {
      for (const port of [-1, 65_536, 1.5, Number.NaN]) {
        expect((yield* Effect.flip(Receiver.make({ port })))._tag).toBe("ListenFailed")
      }
    })
  )

  it.scopedLive("is free again when the receiver's scope ends, even with a request that hangs", () =>
    Effect.gen(function* () {
      const port = yield* Effect.scoped(
        Effect.gen(function* () {
          const receiver = yield* Receiver.make()
          yield* receiver.setFailureMode(FailureMode.hang)
          yield* Effect.fork(Effect.ignore(post(receiver.url, good)))
          yield* nextLogged(receiver)
          return receiver.port
        })
      )
      const again = yield* Receiver.make({ port })
      expect((yield* post(again.url, good)).status).toBe(200)
    })
  )
})

const nextLogged = (receiver: ReceiverService) =>
  Effect.map(
    Effect.repeat(Effect.delay(receiver.requests, "10 millis"), { until: (requests) => requests.length > 0 }),
    (requests) => {
      const [request] = requests
      if (request === undefined) {
        throw new Error("nothing was logged")
      }
      return { request }
    }
  )
