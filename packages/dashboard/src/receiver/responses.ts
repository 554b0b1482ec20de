/** The answers of OTLP over HTTP, in the encoding of the request. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { RequestType } from "./otlp-requests.ts"
import { encodeStatus } from "./otlp-schema.ts"
import type { ContentType } from "./request-body.ts"

/** What of a request was rejected, under the name that its signal has for it, and why. */
export type PartialSuccess = { readonly errorMessage: string } & {
  readonly [name in "rejectedDataPoints" | "rejectedSpans" | "rejectedLogRecords"]?: number
}

/** 200, as a partial success if anything was rejected. */
export const successResponse = <A extends object>(
  contentType: ContentType,
  type: RequestType<A>,
  partial?: PartialSuccess
): HttpServerResponse.HttpServerResponse =>
  contentType === "application/x-protobuf"
    ? HttpServerResponse.uint8Array(type.encodeResponse(partial), { contentType })
    : HttpServerResponse.text(JSON.stringify(partial === undefined ? {} : { partialSuccess: inJson(partial) }), {
        contentType
      })

/** Numbers of 64 bits are digits in JSON. */
const inJson = (partial: PartialSuccess): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(partial).map(([name, value]) => [name, String(value)]))

/** The gRPC codes of a `Status`, which has them over HTTP too. */
const grpcCodes: Readonly<Record<number, number>> = {
  400: 3,
  403: 7,
  404: 12,
  405: 12,
  408: 4,
  413: 8,
  429: 8,
  503: 14
}

/** An error as a `Status`. */
export const statusResponse = (
  type: ContentType,
  answer: { readonly status: number; readonly message: string; readonly retryAfterSeconds?: number | undefined }
): HttpServerResponse.HttpServerResponse => {
  const { message, retryAfterSeconds, status } = answer
  const body = { code: grpcCodes[status] ?? 2, message }
  const headers: Record<string, string> = {}
  if (retryAfterSeconds !== undefined) {
    headers["retry-after"] = String(retryAfterSeconds)
  }
  Object.assign(headers, headersOf(status))
  return type === "application/x-protobuf"
    ? HttpServerResponse.uint8Array(encodeStatus(body), { status, headers, contentType: type })
    : HttpServerResponse.text(JSON.stringify(body), { status, headers, contentType: type })
}

/** An error for who sent neither JSON nor protobuf. */
export const textResponse = (status: number, message: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(message, { status, headers: headersOf(status) })

/** What is left of a body that was not read to its end would be taken for the next request. */
const headersOf = (status: number): Record<string, string> => {
  if (status === 405) {
    return { allow: "POST" }
  }
  return status === 408 || status === 413 ? { connection: "close" } : {}
}
