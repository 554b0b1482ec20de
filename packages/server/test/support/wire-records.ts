/** The names of spans and the texts of log records in a request of OTLP, read without the library: JSON or protobuf. */
import type { IncomingHttpHeaders } from "node:http"
import { gunzipSync } from "node:zlib"

/** The body as it was before it was compressed. */
export const bodyOf = (headers: IncomingHttpHeaders, body: Buffer): Buffer =>
  headers["content-encoding"] === "gzip" ? gunzipSync(body) : body

/** In the order in which they are written. */
export const recordNames = (body: Buffer, headers: IncomingHttpHeaders): ReadonlyArray<string> =>
  headers["content-type"]?.includes("json") === true ? jsonNames(body.toString("utf8")) : protobufNames(body)

interface Request {
  readonly resourceSpans?: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<{ readonly name: string }> }>
  }>
  readonly resourceLogs?: ReadonlyArray<{
    readonly scopeLogs: ReadonlyArray<{
      readonly logRecords: ReadonlyArray<{ readonly body?: { readonly stringValue?: string } }>
    }>
  }>
}

const jsonNames = (text: string): ReadonlyArray<string> => {
  const { resourceLogs = [], resourceSpans = [] }: Request = JSON.parse(text)
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans)
  const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords)
  return [...spans.map(({ name }) => name), ...records.map(({ body }) => body?.stringValue ?? "")]
}

/**
 * Both requests have the same shape: resources (1) of scopes (2) of records (2), of which field 5 is a span's name, or a
 * log record's body, whose text is field 1. No name of a span in these tests begins with the byte of that field's tag.
 */
const protobufNames = (body: Buffer): ReadonlyArray<string> =>
  within(within(within([body], 1), 2), 2)
    .flatMap((record) => within([record], 5))
    .map((named) => (named[0] === textTag ? (within([named], 1)[0] ?? named) : named).toString("utf8"))

const textTag = 0x0a

/** The fields of a number that have a length, of all messages. */
const within = (messages: ReadonlyArray<Buffer>, wanted: number): ReadonlyArray<Buffer> =>
  messages.flatMap((message) => {
    const found: Array<Buffer> = []
    const reader = new Reader(message)
    while (!reader.isAtEnd) {
      const { content, field } = reader.next()
      if (field === wanted && content !== undefined) {
        found.push(content)
      }
    }
    return found
  })

const lengthDelimited = 2

class Reader {
  private at = 0
  private readonly message: Buffer

  constructor(message: Buffer) {
    this.message = message
  }

  get isAtEnd(): boolean {
    return this.at >= this.message.length
  }

  /** The next field, and what is in it if it has a length. */
  next(): { readonly field: number; readonly content: Buffer | undefined } {
    const tag = this.varint()
    const field = Math.floor(tag / 8)
    if (tag % 8 === lengthDelimited) {
      return { field, content: this.skip(this.varint()) }
    }
    if (tag % 8 === 0) {
      this.varint()
    } else {
      this.skip(tag % 8 === 1 ? 8 : 4)
    }
    return { field, content: undefined }
  }

  private skip(length: number): Buffer {
    this.at += length
    return this.message.subarray(this.at - length, this.at)
  }

  private varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.message[this.at++] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) {
        return value
      }
    }
  }
}
