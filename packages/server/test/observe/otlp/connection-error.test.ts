/** Connections that fail in the ways that an operator causes, and what is said of each. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer as createHttpServer } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { type AddressInfo, createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { explain } from "../../../src/observe/otlp/connection-error.ts"
import { makeConnection } from "../../../src/observe/otlp/connection.ts"

const listening = (server: Server) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => server.close())
  )

/** What is said of a request to this address. */
const saidOf = (address: string, tls: Readonly<Record<string, Buffer>> = {}) =>
  Effect.gen(function* () {
    const url = new URL(address)
    const connection = makeConnection({ url, tls, headers: {}, agent: undefined })
    const { error } = yield* Effect.flip(connection.post({ bytes: Buffer.from("{}"), headers: {} }, 5_000))
    connection.close("the test is over")
    return explain(error, url)
  })

/** A certificate that nobody trusts, and its key. */
const certificate = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "certificate-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
).pipe(
  Effect.map((folder) => {
    const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")]
    const made = spawnSync("openssl", [
      ..."req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=elsewhere".split(" "),
      "-keyout",
      key,
      "-out",
      cert
    ])
    expect(made.status).toBe(0)
    return { key: readFileSync(key), cert: readFileSync(cert) }
  })
)

describe("what is said of a connection", () => {
  it.scopedLive("that is refused: every address that was tried", () =>
    Effect.gen(function* () {
      const port = yield* Effect.scoped(listening(createServer()))
      expect(yield* saidOf(`http://127.0.0.1:${port}/`)).toBe(`connect ECONNREFUSED 127.0.0.1:${port}`)
      expect(yield* saidOf(`http://localhost:${port}/`)).toContain(`connect ECONNREFUSED 127.0.0.1:${port}`)
      const both = new AggregateError([
        new Error("connect ECONNREFUSED ::1:1"),
        new Error("connect ECONNREFUSED 127.0.0.1:1")
      ])
      expect(explain(both, new URL("http://localhost:1/"))).toBe(
        "connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1"
      )
    })
  )

  it.scopedLive("of https to a plain port, and of http to one of TLS", () =>
    Effect.gen(function* () {
      const plain = yield* listening(createHttpServer((_, response) => response.end()))
      expect(yield* saidOf(`https://127.0.0.1:${plain}/`)).toMatch(/^[^:]*; the port does not speak TLS: is it http:/)
      const tls = yield* listening(createHttpsServer(yield* certificate))
      expect(yield* saidOf(`http://127.0.0.1:${tls}/`)).toMatch(/the port speaks TLS.* https:/)
      expect(yield* saidOf(`https://127.0.0.1:${tls}/`)).toMatch(
        /; name the authority's certificate in OTEL_EXPORTER_OTLP_CERTI/
      )
      const { cert } = yield* certificate
      expect(yield* saidOf(`https://127.0.0.1:${tls}/`, { ca: cert })).not.toMatch(/\n/)
    })
  )

  it.scopedLive("to a port of gRPC, and to one that speaks something else", () =>
    Effect.gen(function* () {
      const settings = Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 64, 0])
      const grpc = yield* listening(createServer((socket) => void socket.on("error", () => {}).write(settings)))
      expect(yield* saidOf(`http://127.0.0.1:${grpc}/`)).toMatch(/is this a gRPC port\? OTLP over HTTP has port 4318/)
      const ssh = yield* listening(
        createServer((socket) => void socket.on("error", () => {}).write("SSH-2.0-x\r\n\r\n"))
      )
      expect(yield* saidOf(`http://127.0.0.1:${ssh}/`)).toMatch(/what answered does not speak HTTP/)
    })
  )

  it.scopedLive("that wants a client certificate: one line that names the setting", () =>
    Effect.gen(function* () {
      const own = yield* certificate
      const server = createHttpsServer({ ...own, requestCert: true, rejectUnauthorized: true, ca: [own.cert] })
      const port = yield* listening(server)
      const text = yield* saidOf(`https://127.0.0.1:${port}/`, { ca: own.cert })
      expect(text).not.toMatch(/[\r\n]|\.c:\d/)
    })
  )

  it("that OpenSSL ended: its reason alone", () => {
    const text =
      "C0B7A5F7FF7F0000:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1590:SSL alert number 116\n"
    const error = Object.assign(new Error(text), { code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED" })
    expect(explain(error, new URL("https://collector:4318/"))).toBe(
      "tlsv13 alert certificate required; the collector asks for a client certificate: name it in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and its key in OTEL_EXPORTER_OTLP_CLIENT_KEY"
    )
  })

  const collector = new URL("https://collector:4318/")
  const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more)

  it.each([
    ["sslv3 alert certificate expired", /CLIENT_CERTIFICATE/],
    ["sslv3 alert bad certificate", /CLIENT_CERTIFICATE/],
    ["sslv3 alert unsupported certificate", /CLIENT_CERTIFICATE/],
    ["tlsv1 alert unknown ca", /CLIENT_CERTIFICATE/],
    ["sslv3 alert handshake failure", /CLIENT_CERTIFICATE.*ciphers/],
    ["tlsv1 alert protocol version", /versions of TLS/],
    ["tlsv1 unrecognized name", /name that the collector's certificate is for/],
    ["tlsv1 alert no application protocol", /gRPC port/],
    ["wrong version number", /http:\/\/ instead of https/]
  ])("that OpenSSL ended with %s, and what it is about", (reason, advice) => {
    const text = `write EPROTO C0B7:error:0A000415:SSL routines:ssl3_read_bytes:${reason}:../deps/rec.c:1590:SSL alert\n`
    expect(explain(failure(text, { code: "EPROTO" }), collector)).toMatch(new RegExp(`^${reason}; .*${advice.source}`))
  })

  it.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])("with a certificate of another time: %s", (code) => {
    expect(explain(failure("certificate", { code }), collector)).toMatch(/^certificate; is the clock of this machine/)
  })

  it("whose answer is malformed HTTP, and so is HTTP", () => {
    for (const code of ["HPE_HEADER_OVERFLOW", "HPE_INVALID_CHUNK_SIZE", "HPE_INVALID_HEADER_TOKEN"]) {
      const rawPacket = Buffer.from("HTTP/1.1 200 OK\r\n")
      expect(explain(failure("Parse Error: it", { code, rawPacket }), collector)).toBe("Parse Error: it")
    }
  })

  it("to a port of gRPC that goes away or closes it without a word", () => {
    const rawPacket = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0])
    const parse = failure("Parse Error: Expected HTTP/", { code: "HPE_INVALID_CONSTANT", rawPacket })
    expect(explain(parse, new URL("http://collector/"))).toMatch(/is this a gRPC port/)
    const closed = failure("socket hang up", { code: "ECONNRESET" })
    expect(explain(closed, new URL("http://collector:4317/"))).toMatch(/is this a gRPC port/)
    expect(explain(closed, collector)).toBe("socket hang up")
  })

  it.scopedLive("that a port of another protocol closes without a word", () =>
    Effect.gen(function* () {
      const server = createServer((socket) => void socket.on("error", () => {}).once("data", () => socket.end()))
      const port = yield* listening(server)
      expect(yield* saidOf(`http://127.0.0.1:${port}/`)).toBe("socket hang up; if the port speaks TLS, it is https://")
      expect(yield* saidOf(`https://127.0.0.1:${port}/`)).toMatch(
        /; is it http:\/\/ instead of https:\/\/, or .* a client certificate/
      )
    })
  )

  it("to a name with many addresses: each of them", () => {
    const addresses = Array.from(
      { length: 8 },
      (_, index) => `connect ECONNREFUSED 2001:db8:85a3:1:2:8a2e:370:${index}:4318`
    )
    expect(explain(new AggregateError(addresses.map((text) => new Error(text))), collector)).toBe(addresses.join(", "))
  })

  it("that fails with whatever an agent throws, and no secret of the address in it", () => {
    const { proxy, revoke } = Proxy.revocable(new Error("x"), {})
    revoke()
    const cyclic = new AggregateError([])
    cyclic.errors.push(cyclic)
    const odd = [Symbol("s"), null, undefined, Object.create(null), proxy, cyclic, new AggregateError([proxy])]
    const more = [failure("x", { message: { a: 1 } }), Object.assign(new AggregateError([]), { errors: 5 })]
    for (const thrown of [...odd, ...more]) {
      expect(explain(thrown, collector)).toMatch(/^.{1,200}$/)
    }
    const address = new URL("http://token-1@collector/token-2?key=token-3")
    expect(explain(failure(`no way to ${address.href}`), address)).toBe("no way to http://***@collector/***?***")
  })

  it("that fails with something that is no error", () => {
    expect(explain("broken\nhere", new URL("http://collector/"))).toBe("broken here")
    expect(explain(Object.assign(new Error(""), { code: "EPIPE" }), new URL("http://collector/"))).toBe("EPIPE")
  })
})
