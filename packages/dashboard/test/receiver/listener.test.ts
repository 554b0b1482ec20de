/** Connections that end as they like, or never. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "node:net"
import { serveControl } from "../../src/receiver/control-endpoint.ts"
import { FailureMode, Receiver } from "../../src/receiver/receiver.ts"

const upgrade = [
  "GET /state HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  "\r\n"
].join("\r\n")

/** What comes back on a connection; it is reset after some milliseconds, or ends with the answer. */
const ask = (url: string, resetAfter?: number) =>
  Effect.async<string>((resume) => {
    let answer = ""
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.write(upgrade)
      if (resetAfter !== undefined) {
        setTimeout(() => socket.resetAndDestroy(), resetAfter)
      }
    })
    socket.on("data", (part) => {
      answer += part.toString()
      socket.end()
    })
    socket.on("error", () => undefined).on("close", () => resume(Effect.succeed(answer)))
  })

describe("a request for an upgrade", () => {
  it.scopedLive("is answered like other requests, and a reset during one ends nothing", () =>
    Effect.gen(function* () {
      const { controlUrl = "", url } = yield* Receiver.make({ control: true })
      for (const [at, status] of [[url, "404"] as const, [controlUrl, "200"] as const]) {
        for (let round = 0; round < 20; round++) {
          yield* ask(at, round % 5)
        }
        expect((yield* ask(at)).split(" ")[1]).toBe(status)
      }
    })
  )
})

describe("the state", () => {
  /** A caller that asks and reads nothing. */
  const deaf = (url: string) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.pause()
      socket.write("GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n")
    })
    return socket.on("error", () => undefined)
  }

  /** What a state that is read to its end has; 0 where a busy machine read it too slowly, and was cut. */
  const statusOf = (url: string) =>
    Effect.tryPromise(async () => {
      const response = await fetch(`${url}/state`, { headers: { connection: "close" } })
      await response.arrayBuffer()
      return response.status
    }).pipe(Effect.orElseSucceed(() => 0))

  const untilStatus = (url: string, wanted: number) =>
    Effect.iterate(0, {
      while: (status) => status !== wanted,
      body: () => Effect.delay(statusOf(url), "50 millis")
    })

  /** More than the buffers of a connection take. */
  const large = Array.from({ length: 8 }, (_, index) => "x".repeat(1_000_000) + String(index))

  it.scopedLive("is made for two callers at once, and one that does not read it is cut", () =>
    Effect.gen(function* () {
      const snapshot = {
        failureMode: FailureMode.none,
        series: [],
        requests: [],
        violations: large.map((message) => ({ kind: "gap" as const, name: "a", attributes: "", message, request: 0 }))
      }
      const target = {
        failureMode: Effect.succeed(FailureMode.none),
        setFailureMode: () => Effect.void,
        snapshot: Effect.succeed(snapshot),
        clear: Effect.void
      }
      const url = yield* serveControl(target, { port: 0, isReadOnly: true, patience: "1 second" })
      expect(yield* untilStatus(url, 200)).toBe(200)
      const callers = [deaf(url), deaf(url)]
      expect(yield* untilStatus(url, 503)).toBe(503)
      expect(yield* untilStatus(url, 200)).toBe(200)
      callers.forEach((socket) => socket.destroy())
    })
  )

  it.scopedLive("that is too long for one text is a 503", () =>
    Effect.gen(function* () {
      const target = {
        failureMode: Effect.succeed(FailureMode.none),
        setFailureMode: () => Effect.void,
        snapshot: Effect.sync((): never => {
          throw new RangeError("Invalid string length")
        }),
        clear: Effect.void
      }
      expect(yield* statusOf(yield* serveControl(target, { port: 0, isReadOnly: true }))).toBe(503)
    })
  )
})
