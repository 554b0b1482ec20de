import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { connect } from "node:net"
import { request as httpRequest } from "node:http"
import { callerProblem, visitorProblem } from "../../src/receiver/caller.ts"
import { Receiver } from "../../src/receiver/receiver.ts"
import { gauge, json, point, post, requestOf } from "./request.ts"

const names = ["localhost", "LOCALHOST:1", "a.localhost:80", "localhost.:80", "127.0.0.1:4318", "127.9.8.7", "[::1]:1"]

const others = [
  undefined,
  "",
  "a",
  "example.com:4318",
  "localhost.example.com",
  "127.0.0.1.nip.io",
  "0.0.0.0:1",
  "10.0.0.1",
  "localhost:1:2",
  "[::2]",
  "user@localhost",
  "127.0.0.1, evil.test"
]

const good = requestOf(gauge(point()))

/** The status of a request with these headers, which `fetch` would not send. */
const statusOf = (url: string, method: string, headers: Record<string, string>) =>
  Effect.async<number | undefined>((resume) => {
    const sent = httpRequest(url, { method, headers, agent: false }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode))
    })
    sent.end(method === "GET" ? undefined : good)
  })

describe("a caller", () => {
  for (const host of names) {
    it(`of ${host} is one of this machine`, () => {
      expect(callerProblem({ host })).toBe(null)
    })
  }

  for (const host of others) {
    it(`of ${JSON.stringify(host)} is refused`, () => {
      expect(callerProblem({ host })).toContain("Host")
    })
  }

  it("may be a page of the server itself, and no other page", () => {
    const host = "localhost:4318"
    const headers: ReadonlyArray<readonly [Record<string, string>, boolean]> = [
      [{ origin: "http://localhost:4318", "sec-fetch-site": "same-origin" }, true],
      [{ "sec-fetch-site": "none" }, true],
      [{ origin: "http://localhost:4319" }, false],
      [{ origin: "https://localhost:4318" }, false],
      [{ origin: "http://evil.test" }, false],
      [{ origin: "null" }, false],
      [{ origin: "" }, false],
      [{ "sec-fetch-site": "cross-site" }, false],
      [{ "sec-fetch-site": "same-site" }, false]
    ]
    expect(headers.map(([given]) => callerProblem({ host, ...given }) === null)).toEqual(headers.map(([, ok]) => ok))
  })
})

describe("a person", () => {
  const link = {
    host: "localhost",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document"
  }

  it("may come by a link on a page from elsewhere, and that page may do nothing else", () => {
    const requests: ReadonlyArray<readonly [string, Record<string, string>, boolean]> = [
      ["GET", link, true],
      ["GET", { ...link, "sec-fetch-site": "same-site" }, true],
      ["GET", { host: "localhost" }, true],
      ["POST", link, false],
      ["HEAD", link, false],
      ["GET", { ...link, host: "rebound.test" }, false],
      ["GET", { ...link, origin: "http://evil.test" }, false],
      ["GET", { ...link, origin: "null" }, false],
      ["GET", { ...link, "sec-fetch-dest": "iframe" }, false],
      ["GET", { ...link, "sec-fetch-dest": "object" }, false],
      ["GET", { ...link, "sec-fetch-dest": "empty" }, false],
      ["GET", { ...link, "sec-fetch-mode": "no-cors" }, false],
      ["GET", { ...link, "sec-fetch-mode": "cors" }, false]
    ]
    const taken = requests.map(([method, headers]) => visitorProblem({ method, headers }) === null)
    expect(taken).toEqual(requests.map(([, , isTaken]) => isTaken))
    expect(callerProblem(link)).not.toBe(null)
  })
})

describe("the ports of a receiver", () => {
  const foreign = [
    { host: "rebound.test" },
    { host: "localhost", origin: "http://evil.test" },
    { host: "localhost", "sec-fetch-site": "cross-site" }
  ]

  it.scopedLive("refuse what a web page sends, and log it once", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ control: true })
      for (const headers of foreign) {
        expect(yield* statusOf(receiver.url, "POST", { ...json, ...headers })).toBe(403)
        expect(yield* statusOf(`${receiver.controlUrl}/state`, "GET", headers)).toBe(403)
        expect(yield* statusOf(`${receiver.controlUrl}/failure-mode`, "PUT", headers)).toBe(403)
        expect(yield* statusOf(`${receiver.controlUrl}/clear`, "POST", headers)).toBe(403)
      }
      expect((yield* receiver.requests).map(({ status }) => status)).toEqual([403, 403, 403])
      expect(yield* statusOf(receiver.url, "POST", { ...json, host: "localhost" })).toBe(200)
    })
  )

  it.scopedLive("open the page by a link from elsewhere, and answer nothing else that comes so", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ control: true })
      const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
      const page = new URL("/", receiver.url).href
      expect(yield* statusOf(page, "GET", link)).toBe(200)
      expect(yield* statusOf(`${page}?a=b`, "POST", link)).toBe(403)
      expect(yield* statusOf(receiver.url, "POST", { ...json, ...link })).toBe(403)
      expect(yield* statusOf(receiver.url, "GET", link)).toBe(403)
      expect(yield* statusOf(`${receiver.controlUrl}/state`, "GET", link)).toBe(403)
      expect(yield* statusOf(`${receiver.controlUrl}/`, "GET", link)).toBe(403)
    })
  )

  it.scopedLive("show no header and no path in which an exporter may send a secret", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ control: true })
      const secret = "s3cret-of-an-exporter"
      const headers = { ...json, authorization: `Bearer ${secret}`, "x-team-key": secret, "dd-api": secret }
      yield* post(`${receiver.url}?token=${secret}`, good, headers)
      for (const path of [`/${secret}/v1/metrics`, `/v1/metrics/${secret}`, `//user:${secret}@host/v1/metrics`]) {
        expect((yield* post(receiver.url.replace("/v1/metrics", path), good)).text).not.toContain(secret)
      }
      const [request] = yield* receiver.requests
      expect(request?.headers).toMatchObject({ authorization: `Bearer ${secret}` })
      const text = yield* Effect.promise(() => fetch(`${receiver.controlUrl}/state`).then((state) => state.text()))
      expect(text).toContain('"x-team-key":"(not shown)"')
      expect(text).toContain('"content-type":"application/json"')
      expect(text).not.toContain(secret)
    })
  )

  it.scopedLive("change nothing where failure modes are not asked for", () =>
    Effect.gen(function* () {
      const { controlUrl } = yield* Receiver.make({ control: true, isReadOnly: true })
      const local = { host: "localhost" }
      expect(yield* statusOf(`${controlUrl}/state`, "GET", local)).toBe(200)
      expect(yield* statusOf(`${controlUrl}/failure-mode`, "GET", local)).toBe(404)
      expect(yield* statusOf(`${controlUrl}/failure-mode`, "PUT", local)).toBe(404)
      expect(yield* statusOf(`${controlUrl}/clear`, "POST", local)).toBe(404)
    })
  )
})

describe("a body that never ends", () => {
  const head = "POST /v1/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

  /** Sends a head, then pieces for as long as it may; what was answered when the connection closed. */
  const endless = (port: number, text: string, piece: string) =>
    Effect.async<string>((resume) => {
      let answer = ""
      const socket = connect(port, "127.0.0.1")
      const write = () => {
        while (!socket.destroyed && piece !== "" && socket.write(piece)) {
          // On and on.
        }
      }
      socket.on("connect", () => {
        socket.write(text)
        write()
      })
      socket.on("drain", write)
      socket.on("data", (data) => (answer += data.toString()))
      socket.on("error", () => undefined)
      socket.on("close", () => resume(Effect.succeed(answer)))
    })

  it.scopedLive("is cut when it is twice as long as it may be", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ limit: 1_000_000 })
      const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`
      yield* endless(receiver.port, `${head}Transfer-Encoding: chunked\r\n\r\n`, chunk)
      expect((yield* receiver.requests).map(({ status }) => status)).toEqual([413])
    })
  )

  it.scopedLive("is cut when it takes longer than it may", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ bodyTimeout: "100 millis" })
      const answer = yield* endless(receiver.port, `${head}Content-Length: 100\r\n\r\n{`, "")
      expect(answer).toMatch(/^HTTP\/1\.1 408 /)
      expect((yield* receiver.requests).map(({ status }) => status)).toEqual([408])
    })
  )

  it.scopedLive("takes its part of the room for eight, and the ninth is answered 503 at once", () =>
    Effect.gen(function* () {
      const receiver = yield* Receiver.make({ limit: 1_000, bodyTimeout: "500 millis" })
      const text = `${head}Content-Length: 1000\r\n\r\n${"x".repeat(990)}`
      yield* Effect.all(
        Array.from({ length: 9 }, () => endless(receiver.port, text, "")),
        { concurrency: "unbounded" }
      )
      const statuses = (yield* receiver.requests).map(({ status }) => status)
      expect(statuses).toEqual([503, ...Array.from({ length: 8 }, () => 408)])
      // The room of those that were cut is free again.
      expect((yield* post(receiver.url, good, json)).status).toBe(200)
    })
  )
})
