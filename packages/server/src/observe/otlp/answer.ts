/** What an answer says: the status for the one who is woken, and what the receiver has to say about it. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Zlib from "node:zlib"
import { decoded } from "../config/format.ts"
import { hiddenSegments } from "../config/shown-address.ts"
import type { TlsFiles } from "../config/tls.ts"
import type { Answer } from "./connection.ts"
import { fieldsOf } from "./protobuf.ts"
import { answerAdvice } from "./tls-error.ts"

/** `503 Service Unavailable: data refused due to high memory usage`, safe to be logged. */
export const describe = (answer: Answer, secrets: ReadonlyArray<string>, files?: TlsFiles): string => {
  const status = `${answer.status} ${printable(answer.statusText, secrets)}`.trim()
  const isRedirection = answer.status >= 300 && answer.status < 400
  const words = printable(isRedirection ? redirection(answer) : messageOf(answer, files), secrets)
  return words === "" ? status : `${status}: ${words}`
}

/** Text from outside in one line: nothing that a terminal obeys, none of our own headers, at most 200 characters. */
export const printable = (text: string, secrets: ReadonlyArray<string>): string => {
  const line = withoutSecrets(text, secrets).toWellFormed().replace(unprintable, " ").replace(/ {2,}/g, " ").trim()
  return line.length <= longest ? line : `${Array.from(line.slice(0, longest)).slice(0, -1).join("").toWellFormed()}…`
}

/** Cut before it is searched: what is left out of a long text is never read, and what may be half a secret is none. */
const withoutSecrets = (text: string, secrets: ReadonlyArray<string>): string => {
  const hidden = secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text.slice(0, searched))
  return text.length <= searched ? hidden : hidden.slice(0, -Math.max(1, ...secrets.map(({ length }) => length)))
}

const searched = 4_096

const longest = 200

/** Controls, line and paragraph separators, and what turns the direction of text. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]+/gu

/** The values of headers and of an address, and their parts, that may not come back in a message. */
export const secretsOf = (headers: Readonly<Record<string, string>>, url?: URL): ReadonlyArray<string> =>
  [...Object.entries(headers).flatMap(wordsOfHeader), ...(url === undefined ? [] : secretsIn(url))]
    .flatMap((value) => [value, ...value.split(/[\s,;=]+/)])
    .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())])
    .filter((value) => value.length >= 6)
    .sort((one, other) => other.length - one.length)

/** Over gRPC, a receiver has the bytes that base64 stands for. */
const wordsOfHeader = ([name, value]: readonly [string, string]): ReadonlyArray<string> =>
  /-bin$/i.test(name) ? [value, Buffer.from(value, "base64").toString("utf8")] : [value]

/** Node makes a header of user and password; a token stands in the place of either, in the query or in the path. */
const secretsIn = (url: URL): ReadonlyArray<string> => {
  const { hash, password, search, searchParams, username } = url
  const [user, word] = [decodedOrAsIs(username), decodedOrAsIs(password)]
  const basic = Buffer.from(`${user}:${word}`).toString("base64")
  const path = hiddenSegments(url)
  return [
    basic,
    user,
    word,
    password,
    search.slice(1),
    hash.slice(1),
    ...searchParams.values(),
    ...path,
    ...path.map(decodedOrAsIs)
  ]
}

/** Percent-encoded text as what it stands for, where it can be decoded. */
export const decodedOrAsIs = (text: string): string => decoded(text) ?? text

/** Where it leads, without what a query may hold. Redirects are not followed: our headers are for one address. */
const redirection = ({ headers: { location } }: Answer): string => {
  const origin = location !== undefined && URL.canParse(location) ? new URL(location).origin : "null"
  return `redirects are not followed; it leads to ${origin === "null" ? "another address" : origin}`
}

/** It is about the connection and not about what was sent: a proxy that ends TLS answers 400 to every request then. */
export const isOfTls = (answer: Answer): boolean => answer.status === 400 && tlsMessage(textOf(answer)) !== undefined

const tlsMessage = (text: string, files?: TlsFiles): string | undefined =>
  ofTlsPort.test(text) ? "the port speaks TLS: is it https:// instead of http://?" : answerAdvice(text, files)

/** Where it is OTLP's, the message in it; a page of a proxy says nothing, and neither does what is no text. */
const messageOf = (answer: Answer, files: TlsFiles | undefined): string => {
  const type = typeOf(answer)
  if (type.includes("protobuf")) {
    // A `google.rpc.Status`: field 2 is the message.
    const message = fieldsOf(plainBody(answer)).get(2)
    return Buffer.isBuffer(message) ? message.toString("utf8") : ""
  }
  const text = textOf(answer)
  const ofTls = tlsMessage(text, files)
  if (ofTls !== undefined) {
    return ofTls
  }
  const message = textIn(Option.getOrUndefined(parseJson(text))) ?? (text === "{}" ? "" : text)
  return type.includes("html") || isPage.test(message) || isBinary(message) ? "" : message
}

/** What nginx, Go and Apache answer to a request that is not encrypted. */
const ofTlsPort = /HTTP request (was sent )?to (an )?HTTPS|speaking plain HTTP to an SSL/i

const isPage = /^\s*</

const isBinary = (text: string): boolean => text.includes("\ufffd") && /(?!\s)\p{Cc}/u.test(text)

const textIn = (value: unknown): string | undefined =>
  firstText(value, "message") ?? firstText(value, "error") ?? (Predicate.isString(value) ? value : undefined)

const firstText = (value: unknown, key: string): string | undefined => {
  const found = Predicate.hasProperty(value, key) ? value[key] : undefined
  return Predicate.isString(found) && found.trim() !== "" ? found : undefined
}

/** The type of a body, whose letters may have any case. */
export const typeOf = ({ headers }: Answer): string => headers["content-type"]?.toLowerCase() ?? ""

/** A body as text, in the character set that it says it has. */
export const textOf = (answer: Answer): string => {
  const [, charset = "utf-8"] = /charset="?([^\s;"]+)/.exec(typeOf(answer)) ?? []
  return Option.getOrElse(decoderOf(charset), () => new TextDecoder()).decode(plainBody(answer))
}

const decoderOf = Option.liftThrowable((charset: string) => new TextDecoder(charset))

/** A text as JSON, if it is. */
export const parseJson = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** The body as it was before it was compressed, as far as it came. */
export const plainBody = ({ body, headers }: Answer): Buffer => {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? ""
  const unpack = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  return unpack === undefined ? body : Option.getOrElse(unpack(body), () => Buffer.alloc(0))
}

const maxOutputLength = 256 * 1024
const limits = { maxOutputLength, finishFlush: Zlib.constants.Z_SYNC_FLUSH }
const brotliLimits = { maxOutputLength, finishFlush: Zlib.constants.BROTLI_OPERATION_FLUSH }
const gunzip = Option.liftThrowable((body: Buffer) => Zlib.gunzipSync(body, limits))
const inflate = Option.liftThrowable((body: Buffer) => Zlib.inflateSync(body, limits))
const inflateRaw = Option.liftThrowable((body: Buffer) => Zlib.inflateRawSync(body, limits))

const decoders: Readonly<Record<string, ((body: Buffer) => Option.Option<Buffer>) | undefined>> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  // Many servers leave out the header that HTTP asks for.
  deflate: (body) => Option.orElse(inflate(body), () => inflateRaw(body)),
  br: Option.liftThrowable((body: Buffer) => Zlib.brotliDecompressSync(body, brotliLimits))
}
