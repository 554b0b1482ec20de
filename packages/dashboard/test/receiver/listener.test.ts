/** Connections that end as they like. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "node:net"
import { Receiver } from "../../src/receiver/receiver.ts"

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
  it.scopedLive("is answered as any other, and a reset during one ends nothing", () =>
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
