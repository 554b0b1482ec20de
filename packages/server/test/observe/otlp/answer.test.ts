/** What is told of a receiver's answer: its words, in one line, without anything that is nobody's business. */
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import { describe as said, printable, secretsOf } from "../../../src/observe/otlp/answer.ts"
import type { Answer } from "../../../src/observe/otlp/connection.ts"
import { rejectionOf } from "../../../src/observe/otlp/partial-success.ts"

const answer = (status: number, body: string | Buffer, headers: Answer["headers"] = {}): Answer => ({
  status,
  statusText: status === 503 ? "Service Unavailable" : "Bad Request",
  headers,
  body: Buffer.from(body)
})

const words = "data refused due to high memory usage"

/** Field 1, a number, and field 2, a text. */
const status = (code: number, message: string) =>
  Buffer.concat([Buffer.from([0x08, code, 0x12, Buffer.byteLength(message)]), Buffer.from(message)])

describe("what is said of an answer", () => {
  const bodies: ReadonlyArray<readonly [string, Answer]> = [
    ["JSON", answer(503, JSON.stringify({ code: 14, message: words }), { "content-type": "application/json" })],
    ["a google.rpc.Status", answer(503, status(14, words), { "content-type": "application/x-protobuf" })],
    ["text", answer(503, words, { "content-type": "text/plain" })],
    ["gzip", answer(503, gzipSync(words), { "content-encoding": "gzip" })],
    ["deflate", answer(503, deflateSync(words), { "content-encoding": "deflate" })],
    ["deflate without its header", answer(503, deflateRawSync(words), { "content-encoding": "deflate" })],
    ["brotli", answer(503, brotliCompressSync(words), { "content-encoding": "br" })],
    ["a type in capitals", answer(503, status(14, words), { "content-type": "Application/X-Protobuf" })],
    ["UTF-16", answer(503, Buffer.from(words, "utf16le"), { "content-type": "text/plain; charset=UTF-16LE" })],
    ["a character set that is none", answer(503, words, { "content-type": "text/plain; charset=nonsense" })],
    ["JSON whose first text is empty", answer(503, JSON.stringify({ message: " ", error: words }))],
    [
      "a Status with fields that it has not yet",
      answer(503, Buffer.concat([Buffer.from([0x29, ...Array(8).fill(1), 0x35, 1, 2, 3, 4]), status(14, words)]), {
        "content-type": "application/x-protobuf"
      })
    ],
    [
      "gzip of a google.rpc.Status",
      answer(503, gzipSync(status(14, words)), { "content-type": "application/x-protobuf", "content-encoding": "GZIP" })
    ]
  ]
  for (const [form, one] of bodies) {
    it(`has the receiver's words from ${form}`, () => {
      expect(said(one, [])).toBe(`503 Service Unavailable: ${words}`)
    })
  }

  it("has what came of a compressed answer", () => {
    const body = JSON.stringify({ first: words, rest: Array.from({ length: 4_000 }, Math.random) })
    const compressed = { gzip: gzipSync(body), deflate: deflateSync(body), br: brotliCompressSync(body) }
    for (const [encoding, bytes] of Object.entries(compressed)) {
      const half = answer(503, bytes.subarray(0, bytes.length / 2), { "content-encoding": encoding })
      expect(said(half, [])).toContain(`503 Service Unavailable: {"first":"${words}"`)
    }
  })

  it("is the status alone where the message is a page, or no text", () => {
    const page = "<!DOCTYPE html><h1>503</h1>"
    const binary = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x00, 0x91, 0x03, 0xc8, 0xf0])
    for (const one of [
      answer(503, JSON.stringify({ message: page })),
      answer(503, JSON.stringify(page)),
      answer(503, `Sorry ${page}`, { "content-type": "Text/HTML" }),
      answer(503, Buffer.from(page, "utf16le"), { "content-type": "text/plain; charset=utf-16" }),
      answer(503, binary, { "content-encoding": "zstd" })
    ]) {
      expect(said(one, [])).toBe("503 Service Unavailable")
    }
  })

  it("says that a port speaks TLS, whoever says so", () => {
    for (const text of [
      "Client sent an HTTP request to an HTTPS server.\n",
      "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
      "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />"
    ]) {
      expect(said(answer(400, text), [])).toBe(
        "400 Bad Request: the port speaks TLS: is it https:// instead of http://?"
      )
    }
  })

  it("is the status alone where a proxy answers with a page, and where a body can't be read", () => {
    const html = "<!doctype html><h1>503</h1>"
    expect(said(answer(503, html, { "content-type": "text/html" }), [])).toBe("503 Service Unavailable")
    expect(said(answer(503, `\n ${html}`), [])).toBe("503 Service Unavailable")
    expect(said(answer(503, "no gzip", { "content-encoding": "gzip" }), [])).toBe("503 Service Unavailable")
    expect(said(answer(503, "{}"), [])).toBe("503 Service Unavailable")
  })

  it("takes an encoding that nobody knows for none, whatever its name", () => {
    for (const encoding of ["constructor", "__proto__", "toString", "zstd"]) {
      const headers = { "content-encoding": encoding, "content-type": "application/json" }
      expect(said(answer(503, '"words"', headers), [])).toBe("503 Service Unavailable: words")
      expect(rejectionOf(answer(200, "{}", headers), 1)).toEqual({ points: 0, message: "" })
    }
  })

  it("names where a redirect leads, and nothing that is secret in it", () => {
    const location = "https://me:password@other.example:8443/path/token?key=secret#x"
    expect(said({ ...answer(301, ""), statusText: "Moved", headers: { location } }, [])).toBe(
      "301 Moved: redirects are not followed; it leads to https://other.example:8443"
    )
    for (const other of ["/else", "data:text/html,x", "mailto:me", "//"]) {
      const moved = { ...answer(308, ""), statusText: "", headers: { location: other } }
      expect(said(moved, [])).toBe("308: redirects are not followed; it leads to another address")
    }
    const far = { ...answer(308, ""), headers: { location: `https://${"a.".repeat(5_000)}example` } }
    expect(said(far, []).length).toBeLessThan(300)
  })

  it("never has what is secret in our own address", () => {
    const secrets = secretsOf({}, new URL("http://me:pass%20word@host/?key=k3y-of-ours"))
    const echo = answer(400, `basic ${btoa("me:pass word")}, /?key=k3y-of-ours, k3y-of-ours, pass word, pass%20word`)
    expect(said(echo, secrets)).toBe("400 Bad Request: basic ***, /?***, ***, ***, ***")
  })

  it.each([
    ["http://s3cr3t-token@host/", "no user s3cr3t-token"],
    ["http://s3cr3t-token@host/", `no user ${btoa("s3cr3t-token:")}`],
    ["http://host/s3cr3t-token/v1/metrics", "404: /s3cr3t-token/v1/metrics is not here"],
    ["http://host/s3cr3t%20token/v1/metrics", "404: /s3cr3t token/v1/metrics is not here"],
    ["http://host/#s3cr3t-token", "http://host/#s3cr3t-token is not here"],
    ["http://host/?key=s3cr3t%2Btoken", "no key s3cr3t%2Btoken, which is s3cr3t+token"]
  ])("never has a token of %s", (address, text) => {
    expect(said(answer(400, text), secretsOf({}, new URL(address)))).not.toMatch(/s3cr3t|czNjcjN0/)
  })

  it("never has a part of what is secret, or its form in JSON or an address", () => {
    const token = 's3cr3t "token" of ours'
    const secrets = secretsOf({ authorization: token })
    expect(said(answer(400, JSON.stringify({ sent: { key: token } })), secrets)).toBe(
      '400 Bad Request: {"sent":{"key":"***"}}'
    )
    expect(said(answer(400, `?token=${encodeURIComponent(token)}`), secrets)).toBe("400 Bad Request: ?token=***")
    for (let before = 4_070; before < 4_100; before++) {
      expect(printable(`${" ".repeat(before)}${token}${token}`, secrets)).not.toMatch(/s3c|tok/)
    }
  })

  it("never has one of our own headers", () => {
    const secrets = secretsOf({ authorization: "Bearer s3cr3t-token", "x-key": "k3y-of-ours" })
    const echo = answer(400, "you sent Bearer s3cr3t-token and k3y-of-ours and s3cr3t-token")
    expect(said(echo, secrets)).not.toMatch(/s3cr3t|k3y/)
  })

  it("is one line of at most 200 characters that a terminal can be shown, whatever is sent", () => {
    const bad = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: "binary", maxLength: 600 }), (text) => {
        const line = printable(text, [])
        expect(bad.test(line)).toBe(false)
        expect(line.length).toBeLessThanOrEqual(200)
        expect(line.isWellFormed()).toBe(true)
      }),
      { numRuns: 2_000 }
    )
    expect(printable("a\r\n\u001b[31mb\u202ec\u0000", [])).toBe("a [31mb c")
    expect(printable("\ud800x", [])).toBe("\ufffdx")
    const long = printable("😀".repeat(5_000), [])
    expect([long.length <= 200, long.isWellFormed(), long.endsWith("…")]).toEqual([true, true, true])
  })
})

describe("a partial success", () => {
  const json = (rejectedDataPoints: unknown) =>
    answer(200, JSON.stringify({ partialSuccess: { rejectedDataPoints, errorMessage: "old" } }), {
      "content-type": "application/json"
    })
  const cases: ReadonlyArray<readonly [unknown, number]> = [
    [3, 3],
    ["4", 4],
    [-1, 0],
    ["9223372036854775807", 10],
    ["-9223372036854775808", 0],
    [1e300, 10],
    ["1e400", 10],
    ["-1e400", 0],
    ["", 0],
    [true, 0],
    ["many", 0],
    [null, 0],
    [{}, 0],
    [2.9, 2]
  ]
  for (const [given, points] of cases) {
    it(`of ${JSON.stringify(given)} points is of ${points} of ten`, () => {
      expect(rejectionOf(json(given), 10).points).toBe(points)
    })
  }

  it("is read whatever the letters of its type, and where it has none", () => {
    for (const type of ["Application/JSON", "application/json; charset=UTF-8", "text/plain", undefined]) {
      const headers = type === undefined ? {} : { "content-type": type }
      expect(rejectionOf({ ...json(3), headers }, 10)).toEqual({ points: 3, message: "old" })
      const marked = Buffer.concat([Buffer.from("\ufeff"), json(3).body])
      expect(rejectionOf({ ...json(3), headers, body: marked }, 10).points).toBe(3)
    }
  })

  it.each([
    ["-1", [255, 255, 255, 255, 255, 255, 255, 255, 255, 1], 0],
    ["the least there is", [128, 128, 128, 128, 128, 128, 128, 128, 128, 1], 0],
    ["the most there is", [255, 255, 255, 255, 255, 255, 255, 255, 127], 10],
    ["a number without an end", Array(60).fill(128), 0],
    ["four", [4], 4]
  ])("in protobuf of %s", (_, varint, points) => {
    const body = Buffer.from([0x0a, varint.length + 1, 0x08, ...varint])
    for (const headers of [{}, { "content-type": "application/x-protobuf" }]) {
      expect(rejectionOf(answer(200, body, headers), 10)).toEqual({ points, message: "" })
    }
  })

  it("is read where it is compressed, and is nothing where it can't be read", () => {
    const { body, headers } = json(3)
    expect(
      rejectionOf({ ...json(3), body: gzipSync(body), headers: { ...headers, "content-encoding": "gzip" } }, 10)
    ).toEqual({
      points: 3,
      message: "old"
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 60 }), (bytes) => {
        const { message, points } = rejectionOf(answer(200, Buffer.from(bytes)), 10)
        expect(points >= 0 && points <= 10 && typeof message === "string").toBe(true)
      })
    )
  })
})
