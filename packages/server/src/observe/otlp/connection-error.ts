/** Why there was no answer, in words that say what to look at. */
import { attempt } from "../catalogue/attempt.ts"
import { textOf } from "../catalogue/error-name.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import { printable, secretsOf } from "./answer.ts"

/** The message of an error of a connection to this address, in one line. */
export const explain = (error: unknown, url: URL): string => {
  const secrets = secretsOf({}, url)
  const tried = addressesOf(error)
  const shown = (tried.length > 0 ? tried : [reasonOf(error)]).map((text) => printable(text, secrets))
  const advice = adviceFor(error, url)
  return advice === "" ? shown.join(", ") : `${shown.join(", ")}; ${advice}`
}

/** A refused connection to a name with several addresses is an error of errors without a message of its own. */
const addressesOf = (error: unknown): ReadonlyArray<string> =>
  attempt(() => (error instanceof AggregateError ? error.errors.slice(0, 16).map(reasonOf) : [])) ?? []

/** OpenSSL's text has file names, line numbers and a line break: its reason is in the midst of them. */
const reasonOf = (error: unknown): string => {
  const message = typeof error === "string" ? error : (textOf(error, "message") ?? (codeOf(error) || wordsOf(error)))
  return /(?:^|\s)[0-9A-F]+:error:[0-9A-F]*:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1] ?? message
}

const codeOf = (error: unknown): string => textOf(error, "code") ?? ""

const adviceFor = (error: unknown, { port, protocol }: URL): string => {
  const code = codeOf(error)
  // The parser's code where not even the first bytes are HTTP; its other codes are of HTTP that is malformed.
  if (code === "HPE_INVALID_CONSTANT") {
    return hintOf(firstBytes(error), port)
  }
  const text = textOf(error, "message") ?? ""
  const ofTls = protocol === "https:" ? ofHandshake.find(([words]) => words.test(text)) : undefined
  return ofTls?.[1] ?? ofCodes.get(code) ?? hintOfSilence(text, { port, protocol })
}

const isGrpc = "is this a gRPC port? OTLP over HTTP has port 4318"

/** What OpenSSL says where a handshake fails; an alert is what the collector says. */
const ofHandshake: ReadonlyArray<readonly [RegExp, string]> = [
  [
    /wrong version number|packet length too long|record layer/i,
    "the port does not speak TLS: is it http:// instead of https://?"
  ],
  [
    /alert (.*certificate|unknown ca|access denied)/i,
    "the collector asks for another client certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY"
  ],
  [
    /alert handshake failure/i,
    "the collector asks for another client certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY, or takes other ciphers"
  ],
  [
    /before secure TLS connection/i,
    "is it http:// instead of https://, or does the collector ask for a client certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE?"
  ],
  [/unrecognized name/i, "use a name that the collector's certificate is for"],
  [/alert no application protocol/i, isGrpc],
  [/alert protocol version|unsupported protocol/i, "the collector takes other versions of TLS only"]
]

/** A server that is spoken to in another protocol may close the connection without a word, as may one that ends. */
const hintOfSilence = (text: string, { port, protocol }: Pick<URL, "port" | "protocol">): string => {
  if (port === "4317" && /socket hang up|ECONNRESET|EPIPE/.test(text)) {
    return isGrpc
  }
  return protocol === "http:" && text === "socket hang up" ? "if the port speaks TLS, it is https://" : ""
}

const authority = "name the authority's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE"
const validity = "is the clock of this machine right? If so, the collector needs another certificate"
const host = "is the name of the host right?"

const ofCodes: ReadonlyMap<string, string> = new Map([
  ["CERT_SIGNATURE_FAILURE", authority],
  ["CERT_UNTRUSTED", authority],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", authority],
  ["SELF_SIGNED_CERT_IN_CHAIN", authority],
  ["UNABLE_TO_GET_ISSUER_CERT", authority],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", authority],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", authority],
  ["CERT_HAS_EXPIRED", validity],
  ["CERT_NOT_YET_VALID", validity],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "use a name that the certificate is for"],
  ["ENOTFOUND", host],
  ["EAI_AGAIN", host]
])

const firstBytes = (error: unknown): Buffer =>
  attempt(() => {
    const bytes: unknown = Object(error).rawPacket
    return Buffer.isBuffer(bytes) ? bytes : undefined
  }) ?? Buffer.alloc(0)

/** TLS answers plain text with an alert, and a port of gRPC with frames of HTTP/2: settings, or that it goes away. */
const hintOf = (bytes: Buffer, port: string): string => {
  if (bytes[0] === 0x15 && bytes[1] === 0x03) {
    return "the port speaks TLS: is it https:// instead of http://?"
  }
  return port === "4317" || bytes[3] === 0x04 || bytes[3] === 0x07 ? isGrpc : "what answered does not speak HTTP"
}
