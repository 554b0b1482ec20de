/**
 * Whose a status is: the receiver's, that of a server which does not speak gRPC, or one that the library makes of what
 * happens to a connection or of an answer that it can't read. The last says nothing of whether a request was taken.
 */
import type { Metadata, ServiceError } from "@grpc/grpc-js"

/** The end of a call. Of an answer in a compression that it doesn't know, the library tells with nothing else. */
export type Told = Partial<Pick<ServiceError, "code" | "details" | "metadata">>

/** A status that says what became of a request. */
export type Status = Pick<ServiceError, "code" | "details" | "metadata">

/** The status of what answered. Undefined where the library made it. `begun` is what came before it. */
export const statusOf = (told: Told, begun: Metadata | undefined): Status | undefined => {
  const { code, details, metadata } = told
  const head = begun ?? (metadata !== undefined && isFilled(metadata) ? metadata : undefined)
  if (code === undefined || details === undefined || metadata === undefined || head === undefined) {
    return undefined
  }
  const http = httpStatusIn(details)
  const isOfLibrary = begun === undefined ? details === noMessage : unreadable.test(details) || cut.test(details)
  if (http === undefined ? !isOfLibrary : http !== 200) {
    return { code, details, metadata }
  }
  const isGrpc = String(head.get("content-type")[0]).startsWith("application/grpc")
  return isGrpc ? undefined : { code: unknown, details: `${ofHttp}200`, metadata }
}

const isFilled = (metadata: Metadata): boolean => Object.keys(metadata.getMap()).length > 0

/** The library makes a status of HTTP's where an answer is not one of gRPC. */
export const httpStatusIn = (details: string): number | undefined => {
  const status = details.startsWith(ofHttp) ? details.slice(ofHttp.length) : ""
  return /^\d{3}$/.test(status) ? Number(status) : undefined
}

const ofHttp = "Received HTTP status code "

const unknown = 2

const noMessage = "No message received"

/** What the library says of an answer that it can't read. Servers that say the same of a request answer with nothing else. */
export const unreadable = new RegExp(
  `^(${noMessage}|${ofHttp}200$|Too many responses received|Failed to decompress |Received message that decompresses |` +
    "Received message larger than max \\(\\d+ vs \\d+\\)$)"
)

/** What it says of one that ends before its status. */
const cut = new RegExp(
  "^(Connection dropped$|Deadline exceeded after |Received RST_STREAM with code \\d|Stream refused by server$|" +
    "Call cancelled$|Bandwidth exhausted or memory limit exceeded$|Protocol not secure enough$)"
)
