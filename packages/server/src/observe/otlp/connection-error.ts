/** Why there was no answer, in words that say what to look at. */
import { attempt } from "../catalogue/attempt.ts"
import { textOf } from "../catalogue/error-name.ts"
import { wordsOf } from "../catalogue/thrown.ts"
import type { TlsFiles } from "../config/tls.ts"
import { printable, secretsOf } from "./answer.ts"
import { tlsAdvice } from "./tls-error.ts"

/** The message of an error of a connection to this address, in one line; what to do names the variables of its files. */
export const explain = (error: unknown, url: URL, files?: TlsFiles): string =>
  said(error, url, (url.protocol === "https:" ? tlsAdvice(error, files) : undefined) ?? adviceFor(error, url))

/** The message of an error, and what to do about it. */
export const said = (error: unknown, url: URL, advice: string): string => {
  const secrets = secretsOf({}, url)
  const tried = addressesOf(error)
  const shown = (tried.length > 0 ? tried : [reasonOf(error)]).map((text) => printable(text, secrets))
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

/** Nothing listens at the address. */
export const isRefusedAtOnce = (error: unknown): boolean =>
  (error instanceof AggregateError ? error.errors : [error]).every((one) => codeOf(one) === "ECONNREFUSED")

const codeOf = (error: unknown): string => textOf(error, "code") ?? ""

const adviceFor = (error: unknown, { port, protocol }: URL): string => {
  const code = codeOf(error)
  // The parser's code where not even the first bytes are HTTP; its other codes are of HTTP that is malformed.
  if (code === "HPE_INVALID_CONSTANT") {
    return hintOf(firstBytes(error), port)
  }
  return ofCodes.get(code) ?? hintOfSilence(textOf(error, "message") ?? "", { port, protocol })
}

const isGrpc = "is this a gRPC port? OTLP over HTTP has port 4318"

/** A server that is spoken to in another protocol may close the connection without a word, as may one that ends. */
const hintOfSilence = (text: string, { port, protocol }: Pick<URL, "port" | "protocol">): string => {
  if (port === "4317" && /socket hang up|ECONNRESET|EPIPE/.test(text)) {
    return isGrpc
  }
  return protocol === "http:" && text === "socket hang up" ? "if the port speaks TLS, it is https://" : ""
}

/** What to ask where a name leads nowhere. */
export const hostQuestion = "is the name of the host right?"

const ofCodes: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", hostQuestion],
  ["EAI_AGAIN", hostQuestion]
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
