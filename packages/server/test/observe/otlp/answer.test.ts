/** What is told of a receiver's answer: its words, in one line, without anything that is nobody's business. */
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib"
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
    ["brotli", answer(503, brotliCompressSync(words), { "content-encoding": "br" })],
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
    expect(said({ ...answer(308, ""), statusText: "", headers: { location: "/else" } }, [])).toMatch(/another address/)
  })

  it("never has what is secret in our own address", () => {
    const secrets = secretsOf({}, new URL("http://me:pass%20word@host/?key=k3y-of-ours"))
    const echo = answer(400, `basic ${btoa("me:pass word")}, /?key=k3y-of-ours, k3y-of-ours, pass word, pass%20word`)
    expect(said(echo, secrets)).toBe("400 Bad Request: basic ***, /?***, ***, ***, ***")
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
    [1e300, 10],
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
