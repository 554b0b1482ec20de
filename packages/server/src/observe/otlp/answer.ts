/** What an answer says: the status for the one who is woken, and what the receiver has to say about it. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Zlib from "node:zlib"
import type { Answer } from "./connection.ts"
import { fieldsOf } from "./protobuf.ts"

/** `503 Service Unavailable: data refused due to high memory usage`, safe to be logged. */
export const describe = (answer: Answer, secrets: ReadonlyArray<string>): string => {
  const status = `${answer.status} ${printable(answer.statusText, secrets)}`.trim()
  const words =
    answer.status >= 300 && answer.status < 400 ? redirection(answer) : printable(messageOf(answer), secrets)
  return words === "" ? status : `${status}: ${words}`
}

/** Text from outside in one line: nothing that a terminal obeys, none of our own headers, at most 200 characters. */
export const printable = (text: string, secrets: ReadonlyArray<string>): string => {
  // Cut before it is searched: what is left out of a long text is never read.
  const hidden = secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text.slice(0, 4_096))
  const line = hidden.toWellFormed().replace(unprintable, " ").replace(/ {2,}/g, " ").trim()
  return line.length <= longest ? line : `${Array.from(line.slice(0, longest)).slice(0, -1).join("").toWellFormed()}…`
}

const longest = 200

/** Controls, line and paragraph separators, and what turns the direction of text. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]+/gu

/** The values of headers and of an address, and their parts, that may not come back in a message. */
export const secretsOf = (headers: Readonly<Record<string, string>>, url?: URL): ReadonlyArray<string> =>
  [...Object.values(headers), ...(url === undefined ? [] : secretsIn(url))]
    .flatMap((value) => [value, ...value.split(/[\s,;=]+/)])
    .filter((value) => value.length >= 6)
    .sort((one, other) => other.length - one.length)

/** Node makes a header of user and password. */
const secretsIn = ({ password, search, searchParams, username }: URL): ReadonlyArray<string> => {
  const [user, word] = [decoded(username), decoded(password)]
  const basic = word === "" ? "" : Buffer.from(`${user}:${word}`).toString("base64")
  return [basic, word, password, search.slice(1), ...searchParams.values()]
}

const decoded = (text: string): string => Option.getOrElse(decode(text), () => text)

const decode = Option.liftThrowable(decodeURIComponent)

/** Where it leads, without what a query may hold. Redirects are not followed: our headers are for one address. */
const redirection = ({ headers: { location } }: Answer): string => {
  const to = location !== undefined && URL.canParse(location) ? new URL(location).origin : "another address"
  return `redirects are not followed; it leads to ${to}`
}

/** Where it is OTLP's, the message in it; a page of a proxy says nothing. */
const messageOf = (answer: Answer): string => {
  const body = plainBody(answer)
  const type = answer.headers["content-type"] ?? ""
  if (type.includes("protobuf")) {
    // A `google.rpc.Status`: field 2 is the message.
    const message = fieldsOf(body).get(2)
    return Buffer.isBuffer(message) ? message.toString("utf8") : ""
  }
  const text = body.toString("utf8")
  if (type.includes("html") || /^\s*</.test(text)) {
    return ""
  }
  const parsed = Option.getOrUndefined(parse(text))
  const message =
    firstText(parsed, "message") ?? firstText(parsed, "error") ?? (Predicate.isString(parsed) ? parsed : undefined)
  return message ?? (text === "{}" ? "" : text)
}

const firstText = (value: unknown, key: string): string | undefined => {
  const found = Predicate.hasProperty(value, key) ? value[key] : undefined
  return Predicate.isString(found) ? found : undefined
}

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

/** The body as it was before it was compressed, as far as it came. */
export const plainBody = ({ body, headers }: Answer): Buffer => {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? ""
  const unpack = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
  return unpack === undefined ? body : Option.getOrElse(unpack(body), () => Buffer.alloc(0))
}

const limits = { maxOutputLength: 256 * 1024, finishFlush: Zlib.constants.Z_SYNC_FLUSH }
const gunzip = Option.liftThrowable((body: Buffer) => Zlib.gunzipSync(body, limits))

const decoders: Readonly<Record<string, ((body: Buffer) => Option.Option<Buffer>) | undefined>> = {
  gzip: gunzip,
  "x-gzip": gunzip,
  deflate: Option.liftThrowable((body: Buffer) => Zlib.inflateSync(body, limits)),
  br: Option.liftThrowable((body: Buffer) =>
    Zlib.brotliDecompressSync(body, { maxOutputLength: limits.maxOutputLength })
  )
}
