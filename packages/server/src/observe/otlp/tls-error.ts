/** What it means that a connection fails in TLS: whose certificate it is about, and which variable names it. */
import { textOf } from "../catalogue/error-name.ts"
import type { TlsFiles } from "../config/tls.ts"

/** What to do about an error of a connection over TLS; nothing where its words say all that is known. */
export const tlsAdvice = (error: unknown, files?: TlsFiles): string | undefined => {
  const code = textOf(error, "code") ?? ""
  const message = textOf(error, "message") ?? ""
  const advice = ofVerification.get(code) ?? ofHandshake.find(([words]) => words.test(message))?.[1]
  return typeof advice === "function" ? advice(files) : advice
}

/**
 * The collector refuses us in the handshake, which it ends after we have begun to send: what was sent is not read. Alerts
 * that can come later as well, such as one of a broken record, are not among these.
 */
export const isRefusal = (error: unknown): boolean => refusals.test(textOf(error, "message") ?? "")

const refusals =
  /alert (no certificate|bad certificate|unsupported certificate|certificate (revoked|expired|unknown|required)|unknown ca|access denied|decrypt error|handshake failure|insufficient security)/i

type Advice = string | ((files: TlsFiles | undefined) => string)

/** What a proxy that ends TLS itself has to say about our certificate in an answer, where others end the handshake. */
export const answerAdvice = (page: string, files?: TlsFiles): string | undefined => {
  if (/No required SSL certificate was sent/i.test(page)) {
    return missing(files)
  }
  return /The SSL certificate error/i.test(page) ? refused("the log of the proxy says why")(files) : undefined
}

const asked = "the collector asks for a client certificate"

const missing = (files: TlsFiles | undefined): string =>
  files?.client === undefined
    ? `${asked}: name it in OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and its key in OTEL_EXPORTER_OTLP_CLIENT_KEY`
    : `${asked} and was not shown that of ${files.client.certificate.name}: it may take other kinds of keys`

/** The collector has judged our certificate, or was shown none: some say the same of both. */
const refused =
  (why: string) =>
  (files: TlsFiles | undefined): string =>
    files?.client === undefined
      ? missing(files)
      : `the collector refuses our client certificate, the one of ${files.client.certificate.name}: ${why}`

const ciphers = (files: TlsFiles | undefined): string =>
  files?.client === undefined
    ? `${missing(files)}; or it takes other ciphers`
    : `the collector refuses our client certificate, the one of ${files.client.certificate.name}, or takes other ciphers`

/** We have judged the collector's certificate. */
const authority = (files: TlsFiles | undefined): string =>
  files?.authority === undefined
    ? "the collector's certificate is of an unknown authority; name the authority's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE"
    : `the collector's certificate is of another authority than those in the file of ${files.authority.name}, or comes without the certificates between`

const chain = (files: TlsFiles | undefined): string =>
  "an authority of the collector's certificate is none, or may not sign it: the collector needs another certificate" +
  (files?.authority === undefined ? "" : `, or ${files.authority.name} another authority`)

const validity = (files: TlsFiles | undefined): string =>
  "is the clock of this machine right? If so, the collector needs another certificate" +
  (files?.authority === undefined ? "" : `, or ${files.authority.name} another authority`)

const revoked = "the collector's certificate is revoked: the collector needs another one"
const revocations = "it is about the list of revocations that the agent was given"
const malformed = "the collector's certificate is malformed: the collector needs another one"
const otherName = "use a name that the certificate is for"
const versions = "the collector takes other versions of TLS only"
const weak = "the collector's certificate, its authority's or its key is too weak: the collector needs another one"
const itsLog = "the log of the collector says more"

/** Codes of Node for what OpenSSL finds in the collector's certificate. */
const ofVerification: ReadonlyMap<string, Advice> = new Map<string, Advice>([
  ["CERT_SIGNATURE_FAILURE", authority],
  ["CERT_UNTRUSTED", authority],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", authority],
  ["SELF_SIGNED_CERT_IN_CHAIN", authority],
  ["UNABLE_TO_GET_ISSUER_CERT", authority],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", authority],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", authority],
  ["CERT_CHAIN_TOO_LONG", chain],
  ["INVALID_CA", chain],
  ["PATH_LENGTH_EXCEEDED", chain],
  ["UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", chain],
  ["CERT_HAS_EXPIRED", validity],
  ["CERT_NOT_YET_VALID", validity],
  ["CERT_REJECTED", "the collector's certificate is not one for this use: the collector needs another one"],
  ["INVALID_PURPOSE", "the collector's certificate is not one of a server: the collector needs another one"],
  ["CERT_REVOKED", revoked],
  ["CRL_HAS_EXPIRED", revocations],
  ["CRL_NOT_YET_VALID", revocations],
  ["CRL_SIGNATURE_FAILURE", revocations],
  ["ERROR_IN_CRL_LAST_UPDATE_FIELD", revocations],
  ["ERROR_IN_CRL_NEXT_UPDATE_FIELD", revocations],
  ["UNABLE_TO_DECRYPT_CRL_SIGNATURE", revocations],
  ["UNABLE_TO_GET_CRL", revocations],
  ["ERROR_IN_CERT_NOT_AFTER_FIELD", malformed],
  ["ERROR_IN_CERT_NOT_BEFORE_FIELD", malformed],
  ["UNABLE_TO_DECRYPT_CERT_SIGNATURE", malformed],
  ["ERR_TLS_CERT_ALTNAME_FORMAT", malformed],
  ["ERR_TLS_CERT_ALTNAME_INVALID", otherName],
  ["HOSTNAME_MISMATCH", otherName],
  ["ERR_TLS_DH_PARAM_SIZE", weak]
])

/** What OpenSSL says where a handshake fails, the special before the general; an alert is what the collector says. */
const ofHandshake: ReadonlyArray<readonly [RegExp, Advice]> = [
  [
    /wrong version number|packet length too long|record layer/i,
    "the port does not speak TLS: is it http:// instead of https://?"
  ],
  [/alert (certificate required|no certificate)/i, missing],
  [/alert unknown ca/i, refused("it does not know its authority, or was not sent the certificates between")],
  [/alert certificate expired/i, refused("by the clock of the collector, it is expired or not valid yet")],
  [/alert certificate revoked/i, refused("it is revoked")],
  [/alert unsupported certificate/i, refused("its key or its purpose is not one of a client")],
  [/alert decrypt error/i, refused("its signature, or that of its key, is not right")],
  [/alert access denied/i, refused("it is valid, and not let in")],
  [/alert (bad certificate|certificate unknown)/i, refused("the log of the collector says why")],
  [/alert handshake failure/i, ciphers],
  [/alert insufficient security/i, "the collector takes stronger ciphers only"],
  [
    // The last are the words of gRPC's library for a connection that is closed before it is of use.
    /before secure TLS connection|^Failed to connect$/i,
    (files) =>
      files?.client === undefined
        ? "is it http:// instead of https://, or does the collector ask for a client certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE?"
        : `is it http:// instead of https://, or does the collector ask for another client certificate: ${files.client.certificate.name}?`
  ],
  [/unrecognized name/i, "use a name that the collector's certificate is for"],
  [/alert no application protocol/i, "is this a gRPC port? OTLP over HTTP has port 4318"],
  [/alert (protocol version|inappropriate fallback)|unsupported protocol|no protocols available/i, versions],
  [
    /no suitable signature algorithm|no shared signature algorithms|wrong signature type/i,
    (files) =>
      files?.client === undefined
        ? "the collector takes other kinds of keys only"
        : `the collector takes other kinds of keys than that of ${files.client.key.name}`
  ],
  [/(key|modulus) too small|(key|md|algorithm) too weak/i, weak],
  [/unsafe legacy renegotiation disabled/i, "the TLS of the collector is too old to be safe"],
  [/certificate verify failed/i, authority],
  // What OpenSSL finds in the collector's certificate, where its code is not told: gRPC's library passes on words alone.
  [/self-signed certificate|unable to (get (local )?issuer certificate|verify the first certificate)/i, authority],
  [/certificate (has expired|is not yet valid)/i, validity],
  [/does not match certificate's altnames/i, otherName],
  [/^certificate revoked/i, revoked],
  [/\b(alert|tlsv1 (unsupported extension|certificate unobtainable|bad certificate))\b/i, itsLog]
]
