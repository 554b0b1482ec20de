/** Why there was no answer, in words that say what to look at. */
import * as Predicate from "effect/Predicate"
import { printable } from "./answer.ts"

/** The message of an error of a connection to this address, in one line. */
export const explain = (error: unknown, url: URL): string => {
  const tried = addressesOf(error)
  const text = printable(tried.length > 0 ? tried.join(", ") : textOf(error), [])
  const advice = adviceFor(error, url)
  return advice === "" ? text : `${text}; ${advice}`
}

/** A refused connection to a name with two addresses is an error of errors without a message of its own. */
const addressesOf = (error: unknown): ReadonlyArray<string> =>
  error instanceof AggregateError ? error.errors.map(textOf) : []

/** OpenSSL's text has file names, line numbers and a line break: its reason is in the midst of them. */
const textOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const reason = /(?:^|\s)[0-9A-F]+:error:[0-9A-F]*:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1]
  return (reason ?? message) || codeOf(error)
}

const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : ""

const adviceFor = (error: unknown, { port, protocol }: URL): string => {
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : ""
  if (code === "EPROTO" && /wrong version number|packet length too long|record layer/i.test(text)) {
    return "the port does not speak TLS: is it http:// instead of https://?"
  }
  if (code.startsWith("HPE_")) {
    return hintOf(firstBytes(error), port)
  }
  if (
    protocol === "https:" &&
    /alert (certificate required|bad certificate|handshake failure|unknown ca)/i.test(text)
  ) {
    return "the collector asks for another client certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY"
  }
  if (untrusted.has(code)) {
    return "name the authority's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE"
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return "use a name that the certificate is for"
  }
  return code === "ENOTFOUND" || code === "EAI_AGAIN" ? "is the name of the host right?" : ""
}

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

const firstBytes = (error: unknown): Buffer =>
  Predicate.hasProperty(error, "rawPacket") && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : Buffer.alloc(0)

/** TLS answers plain text with an alert, and a port of gRPC with the settings of HTTP/2. */
const hintOf = (bytes: Buffer, port: string): string => {
  if (bytes[0] === 0x15 && bytes[1] === 0x03) {
    return "the port speaks TLS: is it https:// instead of http://?"
  }
  return port === "4317" || bytes[3] === 0x04
    ? "is this a gRPC port? OTLP over HTTP has port 4318"
    : "what answered does not speak HTTP"
}
