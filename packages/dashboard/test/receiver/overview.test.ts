/** What a browser shows at the receiver's address. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { request } from "node:http"
import { Receiver } from "../../src/receiver/receiver.ts"
import { attribute, gauge, histogram, point, post, requestOf } from "./request.ts"

interface Shown {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

const open = (port: number, host: string): Effect.Effect<Shown> =>
  Effect.async((resume) => {
    request({ port, host: "127.0.0.1", path: "/", agent: false, headers: { host } }, (response) => {
      let text = ""
      response.on("data", (part: Buffer) => (text += part.toString()))
      response.on("end", () => resume(Effect.succeed({ status: response.statusCode, headers: response.headers, text })))
    }).end()
  })

describe("the address of the receiver", () => {
  it.scopedLive("says what to send where, and then what has arrived, as text that is read again", () =>
    Effect.gen(function* () {
      const { port, requests, url } = yield* Receiver
      const host = `127.0.0.1:${port}`
      expect((yield* open(port, host)).text).toBe("Nothing has arrived yet. Send metrics to /v1/metrics.\n\n")
      const labelled = point({ attributes: [attribute("a", { stringValue: "<script>\u001b" })], asDouble: 2 })
      yield* post(url, requestOf(gauge(labelled)))
      yield* post(url, requestOf(histogram()))
      const { headers, status, text } = yield* open(port, host)
      expect(text).toBe('2 series:\n\ngauge{a="<script>\\u001b"} 2\nhistogram{} count 3, sum 6\n')
      expect([status, headers["content-type"], headers["refresh"], headers["x-content-type-options"]]).toEqual([
        200,
        "text/plain; charset=utf-8",
        "5",
        "nosniff"
      ])
      // Looking is no request of a sender.
      expect((yield* requests).length).toBe(2)
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("shows a web page of somebody else nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* Receiver
      expect((yield* open(port, `evil.example:${port}`)).status).toBe(403)
    }).pipe(Effect.provide(Receiver.layer()))
  )

  it.scopedLive("shows 500 lines, and how many there are", () =>
    Effect.gen(function* () {
      const { port, url } = yield* Receiver
      const points = Array.from({ length: 600 }, (_, index) =>
        point({ attributes: [attribute("n", { intValue: index })] })
      )
      yield* post(url, requestOf(gauge(...points)))
      const lines = (yield* open(port, `127.0.0.1:${port}`)).text.split("\n")
      expect([lines[0], lines.length, lines[502]]).toEqual(["600 series:", 504, "and 100 more"])
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
