/** What is said where a connection over TLS is reset while much is written: the alert of the collector is lost with it. */
import { describe, expect, it } from "@effect/vitest"
import { authority, contentsOf, type Issued } from "@parametric-portal/receivers/authority"
import * as Effect from "effect/Effect"
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net"
import { createServer as createHttpServer } from "node:http"
import { createServer } from "node:https"
import { makeSenderFactory } from "../../../src/observe/otlp/sender.ts"
import { once, opensslServer, senderSettings } from "./tls-collector.ts"

const bodyOf = (bytes: number) => ({ bytes: Buffer.alloc(bytes), headers: {} })

const outgoing = { body: bodyOf(300_000), points: 1, isRepeat: false, isDelta: false }

/** Resets a connection in the middle of its first request, as a collector does that has judged our certificate by then. */
const resetting = (issued: Issued, next: (socket: Socket, count: number) => void) =>
  Effect.acquireRelease(
    Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
      const inner = createServer(contentsOf(issued))
      const raw = new Map<number, Socket>()
      inner.on("request", ({ socket }) => raw.get(socket.remotePort ?? 0)?.resetAndDestroy())
      let count = 0
      const server = createTcpServer((socket) => {
        socket.on("error", () => {})
        if ((count += 1) % 2 === 1) {
          raw.set(socket.remotePort ?? 0, socket)
          inner.emit("connection", socket)
        } else {
          next(socket, count)
        }
      })
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed({ port: (server.address() as AddressInfo).port, close: () => server.close() }))
      )
    }),
    ({ close }) => Effect.sync(close)
  )

describe("a connection over TLS that is reset while much is written", () => {
  it.scopedLive("is asked about with a request without points, whose alert says that it was our certificate", () =>
    Effect.gen(function* () {
      const own = yield* authority("own")
      const asking = yield* opensslServer(own, own, "-tls1_3")
      const { port } = yield* resetting(own.issue("collector"), (socket) => {
        const other = connect(asking.port, "127.0.0.1")
        other.on("error", () => {})
        socket.pipe(other).pipe(socket)
      })
      const url = new URL(`https://127.0.0.1:${port}/v1/traces`)
      const sender = makeSenderFactory({ ...senderSettings, url, tls: { ca: contentsOf(own).cert } }, bodyOf(0))(1_200)
      const { isReset, message } = yield* sender.send(outgoing).pipe(Effect.flip, once)
      expect({ isReset, message }).toEqual({
        isReset: false,
        message:
          "tlsv13 alert certificate required; the collector asks for a client certificate: name it in " +
          "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and its key in OTEL_EXPORTER_OTLP_CLIENT_KEY"
      })
      yield* sender.cut("the test is over")
    })
  )

  it.scopedLive("is one that was reset where the collector takes a request without points", () =>
    Effect.gen(function* () {
      const own = yield* authority("own")
      const taking = createServer(contentsOf(own.issue("collector")), (_, response) => response.end())
      const { port } = yield* resetting(own.issue("collector"), (socket) => taking.emit("connection", socket))
      const url = new URL(`https://127.0.0.1:${port}/v1/traces`)
      const sender = makeSenderFactory({ ...senderSettings, url, tls: { ca: contentsOf(own).cert } }, bodyOf(0))(1_200)
      const { isReset, message } = yield* sender.send(outgoing).pipe(Effect.flip, once)
      expect(isReset).toBe(true)
      expect(message).toMatch(/ECONNRESET|EPIPE|socket hang up/)
      yield* sender.cut("the test is over")
    })
  )
})

describe("the last request to an address where nothing listens", () => {
  const small = { ...outgoing, body: bodyOf(10) }

  /** How long a last request takes to fail, at most so many milliseconds. */
  const failing = (isAssumed: boolean, timeoutMs: number, answersFirst = false) =>
    Effect.gen(function* () {
      const server = createHttpServer((_, response) => response.end())
      yield* Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      })
      const { port } = server.address() as AddressInfo
      const url = new URL(`http://127.0.0.1:${port}/v1/metrics`)
      const makeSender = makeSenderFactory({ ...senderSettings, url, isAssumed, tls: {} }, bodyOf(0))
      if (answersFirst) {
        yield* makeSender(5_000).send(small)
      }
      yield* Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
      const started = performance.now()
      const { message } = yield* Effect.flip(makeSender(timeoutMs, true).send(small))
      expect(message).toContain("ECONNREFUSED")
      return performance.now() - started
    })

  it.live("is tried once more and no longer, where nobody gave the address", () =>
    Effect.gen(function* () {
      const ms = yield* failing(true, 60_000)
      expect(ms).toBeGreaterThan(400)
      expect(ms).toBeLessThan(10_000)
    })
  )

  it.live("is tried for as long as it may take, where the address was given, or has answered", () =>
    Effect.gen(function* () {
      const times = yield* Effect.all([failing(false, 2_500), failing(true, 2_500, true)], { concurrency: "unbounded" })
      // After a second or so, and again until the next wait would be too long.
      expect(times.filter((ms) => ms < 780)).toEqual([])
    })
  )
})
