/** Single attempts over a socket: what counts as an answer, and what is known of a request that got none. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { Agent, createServer as createHttpServer } from "node:http"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { makeConnection } from "../../../src/observe/otlp/connection.ts"

interface Tcp {
  readonly url: URL
  readonly received: () => string
  readonly connections: () => number
  readonly close: () => void
}

/** Raw bytes in, raw bytes out. */
const tcp = (onData: (socket: Socket, text: string) => void) =>
  Effect.acquireRelease(
    Effect.async<Tcp>((resume) => {
      let received = ""
      let connections = 0
      const sockets = new Set<Socket>()
      const server = createServer((socket) => {
        connections += 1
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("data", (part) => {
          received += part.toString()
          onData(socket, received)
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const url = new URL(`http://127.0.0.1:${port}/v1/metrics`)
        resume(
          Effect.succeed({
            url,
            received: () => received,
            connections: () => connections,
            close: () => {
              server.close()
              sockets.forEach((socket) => socket.destroy())
            }
          })
        )
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** A server in a process of its own; it prints its port. */
const elsewhere = (program: string) =>
  Effect.acquireRelease(
    Effect.async<{ readonly child: ChildProcess; readonly url: URL }>((resume) => {
      const child = spawn(process.execPath, ["--eval", program], { stdio: ["ignore", "pipe", "inherit"] })
      child.stdout.once("data", (port) => {
        resume(Effect.succeed({ child, url: new URL(`http://127.0.0.1:${String(port).trim()}/v1/metrics`) }))
      })
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const settings = { headers: {}, tls: {}, agent: undefined }
const body = { bytes: Buffer.from("ten bytes!"), headers: { "content-type": "text/plain" } }

describe("an attempt", () => {
  it.scopedLive("is answered by a head of 200 whose body never ends, within a second", () =>
    Effect.gen(function* () {
      const { url } = yield* tcp((socket) => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
      })
      const connection = makeConnection({ ...settings, url })
      const started = performance.now()
      const answer = yield* connection.post(body, 5_000)
      expect(answer.status).toBe(200)
      expect(answer.body.toString()).toBe("{")
      expect(performance.now() - started).toBeLessThan(3_000)
      const late = yield* connection.post(body, 200)
      expect(late.status).toBe(200)
      connection.close("the test is over")
    })
  )

  it.scopedLive("is answered by 101, which nobody asked for", () =>
    Effect.gen(function* () {
      const { url } = yield* tcp((socket) => {
        socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n")
      })
      const connection = makeConnection({ ...settings, url })
      const started = performance.now()
      expect((yield* connection.post(body, 5_000)).status).toBe(101)
      expect(performance.now() - started).toBeLessThan(2_000)
      connection.close("the test is over")
    })
  )

  it.scopedLive("fails with what an agent throws, whatever it is", () =>
    Effect.gen(function* () {
      const thrown: unknown = Object.create(null)
      const agent = Object.assign(new Agent(), {
        addRequest: () => {
          throw thrown
        }
      })
      const connection = makeConnection({ ...settings, agent, url: new URL("http://127.0.0.1:1/") })
      const { error, fate } = yield* Effect.flip(connection.post(body, 5_000))
      expect({ fate, message: error.message }).toEqual({ fate: "unsent", message: "something that can't be shown" })
      connection.close("the test is over")
    })
  )

  it.scopedLive("says how long it is", () =>
    Effect.gen(function* () {
      const { received, url } = yield* tcp((socket) => {
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
      })
      const connection = makeConnection({ ...settings, url })
      yield* connection.post(body, 5_000)
      expect(received().toLowerCase()).toContain("content-length: 10\r\n")
      expect(received().toLowerCase()).not.toContain("transfer-encoding")
      connection.close("the test is over")
    })
  )

  it.scopedLive("that was given up before it had a connection is never written", () =>
    Effect.gen(function* () {
      const { received, url } = yield* tcp(() => {})
      const agent = new Agent()
      // The connection is there 150 ms after it was waited for.
      Object.assign(agent, {
        createConnection: (_: unknown, done: (error: Error | null, socket: Socket) => void) => {
          setTimeout(() => {
            const socket = connect(Number(url.port), "127.0.0.1", () => done(null, socket))
          }, 200)
        }
      })
      const connection = makeConnection({ ...settings, agent, url })
      const failed = yield* Effect.flip(connection.post(body, 50))
      expect(failed).toMatchObject({ fate: "unsent", isLate: true })
      yield* Effect.sleep("500 millis")
      expect(received()).toBe("")
      connection.close("the test is over")
    })
  )

  it.scopedLive("reads an answer that came while the event loop was blocked for longer than the limit", () =>
    Effect.gen(function* () {
      // In a process of its own: this one is blocked.
      const { child, url } = yield* elsewhere(`
        require("node:http").createServer((request, response) => {
          request.resume().on("end", () => setTimeout(() => response.end("{}"), 100))
        }).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`)
      const connection = makeConnection({ ...settings, url })
      setTimeout(() => {
        const until = performance.now() + 600
        while (performance.now() < until) {
          // Blocked.
        }
      }, 50)
      const answer = yield* connection.post(body, 300)
      expect(answer.status).toBe(200)
      connection.close("the test is over")
      child.kill()
    })
  )

  it.scopedLive("knows that a body which was not written whole was not taken", () =>
    Effect.gen(function* () {
      const { url } = yield* tcp((socket) => socket.pause())
      const connection = makeConnection({ ...settings, url })
      const large = { ...body, bytes: Buffer.alloc(64 * 1024 * 1024) }
      expect(yield* Effect.flip(connection.post(large, 500))).toMatchObject({ fate: "incomplete", isLate: true })
      expect(yield* Effect.flip(connection.post(body, 200))).toMatchObject({ fate: "unknown", isLate: true })
      connection.close("the test is over")
      expect(yield* Effect.flip(connection.post(body, 200))).toMatchObject({ fate: "unsent", isLate: false })
    })
  )

  it.scopedLive("says that its connection had been used before, when the other side closes it without an answer", () =>
    Effect.gen(function* () {
      let requests = 0
      const { connections, url } = yield* tcp((socket) => {
        requests += 1
        if (requests === 2) {
          socket.destroy()
        } else {
          socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        }
      })
      const connection = makeConnection({ ...settings, url })
      yield* connection.post(body, 5_000)
      expect(yield* Effect.flip(connection.post(body, 5_000))).toMatchObject({ isReused: true, isLate: false })
      yield* connection.post(body, 5_000)
      expect(connections()).toBe(2)
      connection.close("the test is over")
    })
  )

  it.scopedLive("ends at once when its connection is closed, and when it is interrupted", () =>
    Effect.gen(function* () {
      const { url } = yield* tcp(() => {})
      const connection = makeConnection({ ...settings, url })
      const started = performance.now()
      expect(yield* Effect.timeoutOption(connection.post(body, 20_000), "100 millis")).toMatchObject({ _tag: "None" })
      yield* Effect.fork(
        Effect.delay(
          Effect.sync(() => connection.close("the process ends")),
          "100 millis"
        )
      )
      const failed = yield* Effect.flip(connection.post(body, 20_000))
      expect(failed.error.message).toBe("the process ends")
      expect(performance.now() - started).toBeLessThan(5_000)
    })
  )

  it.scopedLive("takes an answer that comes before all of the body was read", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createHttpServer>>((resume) => {
          const made = createHttpServer((request, response) => {
            request.once("data", () => {
              response.writeHead(413, { connection: "close" }).end("too large")
              request.resume()
            })
          }).listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
        }),
        (made) => Effect.sync(() => made.closeAllConnections())
      )
      const { port } = server.address() as AddressInfo
      const connection = makeConnection({ ...settings, url: new URL(`http://127.0.0.1:${port}/`) })
      const answer = yield* connection.post({ ...body, bytes: Buffer.alloc(8 * 1024 * 1024) }, 10_000)
      expect(answer.status).toBe(413)
      connection.close("the test is over")
    })
  )
})
