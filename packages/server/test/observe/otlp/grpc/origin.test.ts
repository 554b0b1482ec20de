/** Answers that no receiver of OTLP should give: what is known of a request then. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2"
import { loadGrpc } from "../../../../src/observe/otlp/grpc/load.ts"
import { makeSenderFactory } from "../../../../src/observe/otlp/sender.ts"
import { senderSettings } from "../tls-collector.ts"

const probe = { bytes: Buffer.alloc(0), headers: {} }
const body = { bytes: Buffer.from("ten bytes!"), headers: {} }

/** Sends to a server of HTTP/2 that answers so. */
const senderTo = (answer: (stream: ServerHttp2Stream) => void) =>
  Effect.gen(function* () {
    const grpc = yield* loadGrpc("grpc", "OTLP")
    const sessions = new Set<ServerHttp2Session>()
    const server = createServer().on("session", (session) => sessions.add(session))
    server.on("stream", (stream) =>
      stream
        .on("error", () => {})
        .resume()
        .once("end", () => answer(stream))
    )
    const port = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(Object(server.address()).port)))
      }),
      () =>
        Effect.sync(() => {
          sessions.forEach((session) => session.destroy())
          server.close()
        })
    )
    const url = new URL(`http://127.0.0.1:${port}`)
    const sender = yield* Effect.acquireRelease(
      Effect.sync(() => makeSenderFactory({ ...senderSettings, tls: {}, url, protocol: "grpc", grpc }, probe)(600)),
      (made) => made.cut("the test is over")
    )
    return sender.send({ body, points: 7, isRepeat: false, isDelta: false })
  })

/** What becomes of a request that is answered so. */
const failing = (answer: (stream: ServerHttp2Stream) => void) =>
  Effect.gen(function* () {
    const { isUnknown, message, reason } = yield* Effect.flip(yield* senderTo(answer))
    return { isUnknown, message, reason }
  })

const framed = (message: Buffer | string, isCompressed = false): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([Buffer.from([isCompressed ? 1 : 0]), length, Buffer.from(message)])
}

const head = { ":status": 200, "content-type": "application/grpc" }

/** Headers, bytes and trailers. */
const whole =
  (content: Buffer, trailers: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
  (stream: ServerHttp2Stream) => {
    stream.once("wantTrailers", () => stream.sendTrailers(trailers))
    stream.respond({ ...head, ...headers }, { waitForTrailers: true })
    stream.end(content)
  }

const page = (type: string, text: string) => (stream: ServerHttp2Stream) => {
  stream.respond({ ":status": 200, "content-type": type })
  stream.end(text)
}

const taken = { "grpc-status": "0" }

describe("an answer that can't be read", () => {
  const how = "it is compressed in another way than it says"
  it.scopedLive.each([
    ["in an unknown compression", whole(framed("x", true), taken, { "grpc-encoding": "zstd" }), how],
    ["compressed without saying how", whole(framed("x", true), taken), how],
    [
      "in a broken compression",
      whole(framed("x", true), taken, { "grpc-encoding": "gzip" }),
      "Failed to decompress gzip-encoded message"
    ],
    ["of 5 MB", whole(framed(Buffer.alloc(5_000_000)), taken), "Received message larger than max (5000000 vs 4194304)"],
    ["without a message", whole(Buffer.alloc(0), taken), "No message received"],
    ["without a status", whole(framed(""), { "x-other": "0" }), "Received HTTP status code 200"]
  ] as const)("%s says nothing of whether a request was taken", ([, answer, why]) =>
    Effect.gen(function* () {
      const message = `the answer can't be read: ${why}`
      expect(yield* failing(answer)).toEqual({ reason: "unavailable", isUnknown: true, message })
    })
  )

  it.scopedLive.each([
    ["is cut", (stream: ServerHttp2Stream) => setTimeout(() => stream.session?.destroy(), 20), "Connection dropped"],
    [
      "ends",
      (stream: ServerHttp2Stream) => setTimeout(() => stream.close(), 20),
      "Received RST_STREAM with code 0 (Call ended without gRPC status)"
    ],
    ["hangs", () => {}, "no answer within 600 ms"]
  ] as const)("because it %s before its status is no status", ([, after, message]) =>
    Effect.gen(function* () {
      const said = yield* failing((stream) => {
        stream.respond(head)
        after(stream)
      })
      expect(said).toEqual({ reason: "unavailable", isUnknown: true, message })
    })
  )
})

describe("a connection that has been used", () => {
  it.scopedLive("was not closed while it was idle where an answer has begun, which is no reason to send again", () =>
    Effect.gen(function* () {
      let requests = 0
      const taking = whole(framed(""), taken)
      const send = yield* senderTo((stream) =>
        requests++ === 0 ? taking(stream) : whole(framed("x", true), taken)(stream)
      )
      yield* send
      yield* Effect.flip(send)
      expect(requests).toBe(2)
    })
  )
})

describe("a server that knows nothing of gRPC", () => {
  it.scopedLive.each([
    ["a page", page("text/html", "<html>Welcome</html>")],
    ["JSON", page("application/json", "{}")],
    ["nothing", (stream: ServerHttp2Stream) => stream.respond({ ":status": 200 }, { endStream: true })]
  ] as const)("and answers 200 with %s has not taken anything", ([, answer]) =>
    Effect.gen(function* () {
      const asks = "is this a port of OTLP over HTTP? OTLP over gRPC has port 4317"
      const message = `UNKNOWN: Received HTTP status code 200; ${asks}`
      expect(yield* failing(answer)).toEqual({ reason: "all", isUnknown: false, message })
    })
  )
})
