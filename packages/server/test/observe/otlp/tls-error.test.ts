/** Errors of TLS: whose certificate is meant, and which variable, for each that Node and OpenSSL know. */
import { describe, expect, it } from "@effect/vitest"
import { authority, contentsOf, type Issued } from "@parametric-portal/receivers/authority"
import * as Effect from "effect/Effect"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import type { Tls, TlsFiles } from "../../../src/observe/config/tls.ts"
import { describe as describeAnswer, isOfTls } from "../../../src/observe/otlp/answer.ts"
import { explain } from "../../../src/observe/otlp/connection-error.ts"
import { makeConnection } from "../../../src/observe/otlp/connection.ts"
import { opensslServer } from "./tls-collector.ts"

const files: TlsFiles = {
  authority: { name: "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", value: "/tls/ca.crt" },
  client: {
    certificate: { name: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", value: "/tls/tls.crt" },
    key: { name: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", value: "/tls/tls.key" },
    passphrase: undefined
  }
}

const collector = new URL("https://collector:4318/v1/traces")

const asks =
  "the collector asks for a client certificate: name it in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and its key in " +
  "OTEL_EXPORTER_OTLP_CLIENT_KEY"
const refuses = "the collector refuses our client certificate, the one of OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE"
const unknown =
  "the collector's certificate is of an unknown authority; name the authority's certificate in " +
  "OTEL_EXPORTER_OTLP_CERTIFICATE"
const another =
  "the collector's certificate is of another authority than those in the file of OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE, " +
  "or comes without the certificates between"
const needs = "the collector needs another one"
const orAuthority = ", or OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE another authority"
const clock = "is the clock of this machine right? If so, the collector needs another certificate"
const chain =
  "an authority of the collector's certificate is none, or may not sign it: the collector needs another certificate"
const revocations = "it is about the list of revocations that the agent was given"
const malformed = `the collector's certificate is malformed: ${needs}`
const log = "the log of the collector says more"
const versions = "the collector takes other versions of TLS only"
const weak = `the collector's certificate, its authority's or its key is too weak: ${needs}`

/** What OpenSSL says, and the advice: without files, and with all of them where that is another. */
const handshake: ReadonlyArray<readonly [reason: string, plain: string, named?: string]> = [
  [
    "tlsv13 alert certificate required",
    asks,
    "the collector asks for a client certificate and was not shown that of OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: it may take other kinds of keys"
  ],
  [
    "sslv3 alert no certificate",
    asks,
    "the collector asks for a client certificate and was not shown that of OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: it may take other kinds of keys"
  ],
  ["sslv3 alert bad certificate", asks, `${refuses}: the log of the collector says why`],
  ["ssl/tls alert bad certificate", asks, `${refuses}: the log of the collector says why`],
  ["sslv3 alert certificate unknown", asks, `${refuses}: the log of the collector says why`],
  ["sslv3 alert unsupported certificate", asks, `${refuses}: its key or its purpose is not one of a client`],
  ["sslv3 alert certificate revoked", asks, `${refuses}: it is revoked`],
  [
    "sslv3 alert certificate expired",
    asks,
    `${refuses}: by the clock of the collector, it is expired or not valid yet`
  ],
  [
    "tlsv1 alert unknown ca",
    asks,
    `${refuses}: it does not know its authority, or was not sent the certificates between`
  ],
  ["tlsv1 alert access denied", asks, `${refuses}: it is valid, and not let in`],
  ["tlsv1 alert decrypt error", asks, `${refuses}: its signature, or that of its key, is not right`],
  ["sslv3 alert handshake failure", `${asks}; or it takes other ciphers`, `${refuses}, or takes other ciphers`],
  ["tlsv1 alert insufficient security", "the collector takes stronger ciphers only"],
  ["tlsv1 alert protocol version", versions],
  ["tlsv1 alert inappropriate fallback", versions],
  ["unsupported protocol", versions],
  ["no protocols available", versions],
  ["tlsv1 unrecognized name", "use a name that the collector's certificate is for"],
  ["tlsv1 alert no application protocol", "is this a gRPC port? OTLP over HTTP has port 4318"],
  ["wrong version number", "the port does not speak TLS: is it http:// instead of https://?"],
  ["packet length too long", "the port does not speak TLS: is it http:// instead of https://?"],
  [
    "no suitable signature algorithm",
    "the collector takes other kinds of keys only",
    "the collector takes other kinds of keys than that of OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY"
  ],
  ["dh key too small", weak],
  ["ee key too small", weak],
  ["ca md too weak", weak],
  ["unsafe legacy renegotiation disabled", "the TLS of the collector is too old to be safe"],
  ["certificate verify failed", unknown, another],
  ...[
    "sslv3 alert unexpected message",
    "sslv3 alert bad record mac",
    "tlsv1 alert decryption failed",
    "tlsv1 alert record overflow",
    "sslv3 alert decompression failure",
    "sslv3 alert illegal parameter",
    "tlsv1 alert decode error",
    "tlsv1 alert export restriction",
    "tlsv1 alert internal error",
    "tlsv1 alert user cancelled",
    "tlsv1 alert no renegotiation",
    "tlsv13 alert missing extension",
    "tlsv1 unsupported extension",
    "tlsv1 certificate unobtainable",
    "tlsv1 bad certificate status response",
    "tlsv1 bad certificate hash value",
    "tlsv1 alert unknown psk identity"
  ].map((reason) => [reason, log] as const)
]

/** The codes of Node for what is wrong with the collector's certificate. */
const verification: ReadonlyArray<readonly [code: string, plain: string, named?: string]> = [
  ...[
    "CERT_SIGNATURE_FAILURE",
    "CERT_UNTRUSTED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
  ].map((code) => [code, unknown, another] as const),
  ...["CERT_CHAIN_TOO_LONG", "INVALID_CA", "PATH_LENGTH_EXCEEDED", "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY"].map(
    (code) => [code, chain, `${chain}${orAuthority}`] as const
  ),
  ...["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"].map((code) => [code, clock, `${clock}${orAuthority}`] as const),
  ["CERT_REJECTED", `the collector's certificate is not one for this use: ${needs}`],
  ["INVALID_PURPOSE", `the collector's certificate is not one of a server: ${needs}`],
  ["CERT_REVOKED", `the collector's certificate is revoked: ${needs}`],
  ...[
    "CRL_HAS_EXPIRED",
    "CRL_NOT_YET_VALID",
    "CRL_SIGNATURE_FAILURE",
    "ERROR_IN_CRL_LAST_UPDATE_FIELD",
    "ERROR_IN_CRL_NEXT_UPDATE_FIELD",
    "UNABLE_TO_DECRYPT_CRL_SIGNATURE",
    "UNABLE_TO_GET_CRL"
  ].map((code) => [code, revocations] as const),
  ...[
    "ERROR_IN_CERT_NOT_AFTER_FIELD",
    "ERROR_IN_CERT_NOT_BEFORE_FIELD",
    "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_FORMAT"
  ].map((code) => [code, malformed] as const),
  ["ERR_TLS_CERT_ALTNAME_INVALID", "use a name that the certificate is for"],
  ["HOSTNAME_MISMATCH", "use a name that the certificate is for"],
  ["ERR_TLS_DH_PARAM_SIZE", weak]
]

describe("what is said of an error of TLS", () => {
  it.each(handshake)("that ends the handshake: %s", (reason, plain, named = plain) => {
    const text = `C0B7A5F7:error:0A000415:SSL routines:ssl3_read_bytes:${reason}:../deps/rec.c:1590:SSL alert number 1\n`
    const error = Object.assign(new Error(text), { code: "ERR_SSL_ANY" })
    expect(explain(error, collector)).toBe(`${reason}; ${plain}`)
    expect(explain(error, collector, files)).toBe(`${reason}; ${named}`)
  })

  it.each(verification)("that Node finds in the collector's certificate: %s", (code, plain, named = plain) => {
    const error = Object.assign(new Error("words of OpenSSL"), { code })
    expect(explain(error, collector)).toBe(`words of OpenSSL; ${plain}`)
    expect(explain(error, collector, files)).toBe(`words of OpenSSL; ${named}`)
  })

  it("that has no code of its own", () => {
    for (const words of ["EE certificate key too weak", "CA signature digest algorithm too weak"]) {
      expect(explain(Object.assign(new Error(words), { code: "UNSPECIFIED" }), collector)).toBe(`${words}; ${weak}`)
    }
  })

  it("of a proxy that ends TLS and answers, which is about the connection and not about what was sent", () => {
    const page = (words: string) => ({
      status: 400,
      statusText: "Bad Request",
      headers: { "content-type": "text/html" },
      body: Buffer.from(
        `<html><head><title>400 ${words}</title></head><center><h1>400 Bad Request</h1></center></html>`
      )
    })
    const none = page("No required SSL certificate was sent")
    expect(describeAnswer(none, [])).toBe(`400 Bad Request: ${asks}`)
    const bad = page("The SSL certificate error")
    expect(describeAnswer(bad, [], files)).toBe(`400 Bad Request: ${refuses}: the log of the proxy says why`)
    const plain = page("The plain HTTP request was sent to HTTPS port")
    expect([none, bad, plain].map(isOfTls)).toEqual([true, true, true])
    expect([page("Request Header Or Cookie Too Large"), { ...none, status: 200 }].map(isOfTls)).toEqual([false, false])
  })
})

/** What becomes of a request to this port. */
const refusalOf = (port: number, tls: Tls) =>
  Effect.gen(function* () {
    const url = new URL(`https://127.0.0.1:${port}/v1/traces`)
    const connection = makeConnection({ url, tls, headers: {}, agent: undefined })
    const { error, fate } = yield* Effect.flip(connection.post({ bytes: Buffer.from("{}"), headers: {} }, 5_000))
    connection.close("the test is over")
    return { fate, said: explain(error, url, tls.cert === undefined ? undefined : files) }
  })

const authorities = Effect.gen(function* () {
  return { own: yield* authority("own"), other: yield* authority("other") }
})

describe("a server of OpenSSL that asks for a client certificate", () => {
  for (const version of ["-tls1_3", "-tls1_2"]) {
    it.scopedLive(`is told apart by what it says, and has taken nothing: ${version}`, () =>
      Effect.gen(function* () {
        const { other, own } = yield* authorities
        const { port } = yield* opensslServer(own, own, version)
        const ca = contentsOf(own).cert
        const none = yield* refusalOf(port, { ca })
        expect(none).toEqual({
          fate: "unsent",
          said:
            version === "-tls1_3"
              ? `tlsv13 alert certificate required; ${asks}`
              : `sslv3 alert handshake failure; ${asks}; or it takes other ciphers`
        })
        expect(yield* refusalOf(port, { ca, ...contentsOf(other.issue("app")) })).toEqual({
          fate: "unsent",
          said: `tlsv1 alert unknown ca; ${refuses}: it does not know its authority, or was not sent the certificates between`
        })
        const expired = own.issue("app", { from: "20250101000000Z", to: "20250201000000Z" })
        expect(yield* refusalOf(port, { ca, ...contentsOf(expired) })).toEqual({
          fate: "unsent",
          said: `sslv3 alert certificate expired; ${refuses}: by the clock of the collector, it is expired or not valid yet`
        })
      })
    )
  }
})

describe("a server of Node whose certificate is not good", () => {
  const listening = (issued: Issued) =>
    Effect.acquireRelease(
      Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
        const server = createServer(contentsOf(issued), (_, response) => response.end())
        server.listen(0, "127.0.0.1", () =>
          resume(Effect.succeed({ port: (server.address() as AddressInfo).port, close: () => server.close() }))
        )
      }),
      ({ close }) => Effect.sync(close)
    )

  it.scopedLive("is told apart", () =>
    Effect.gen(function* () {
      const { other, own } = yield* authorities
      const ca = contentsOf(own).cert
      const { port } = yield* listening(other.issue("collector"))
      expect((yield* refusalOf(port, {})).said).toBe(`unable to verify the first certificate; ${unknown}`)
      const named = yield* refusalOf(port, { ca, ...contentsOf(own.issue("app")) })
      expect(named.said).toBe(`unable to get local issuer certificate; ${another}`)
      const old = yield* listening(own.issue("collector", { from: "20250101000000Z", to: "20250201000000Z" }))
      expect((yield* refusalOf(old.port, { ca })).said).toBe(`certificate has expired; ${clock}`)
      const early = yield* listening(own.issue("collector", { from: "20990101000000Z", to: "20990201000000Z" }))
      expect((yield* refusalOf(early.port, { ca })).said).toBe(`certificate is not yet valid; ${clock}`)
    })
  )
})
