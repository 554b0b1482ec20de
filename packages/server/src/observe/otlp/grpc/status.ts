/**
 * What a status of gRPC means for what was sent
 * (https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response), in the words that HTTP's have here.
 */
import { printable } from "../answer.ts"
import { isOfProxy, reasonOfStatus } from "../http-status.ts"
import type { Reason, Refusal } from "../transport.ts"
import { portQuestion } from "./error.ts"
import { httpStatusIn, type Status } from "./origin.ts"
import { type RetryInfo, retryInfoIn } from "./retry-info.ts"

/** What is needed to tell of a status. */
export interface StatusContext {
  readonly secrets: ReadonlyArray<string>
  readonly maxRetryAfterMs: number
}

/** A status that is no acknowledgement. */
export const refusalOf = (
  { code, details, metadata }: Status,
  { maxRetryAfterMs, secrets }: StatusContext
): Refusal => {
  const [bytes] = metadata.get("grpc-status-details-bin")
  const retry = Buffer.isBuffer(bytes) ? retryInfoIn(bytes) : undefined
  const http = httpStatusIn(details)
  const reason = http === undefined ? reasonOf(code, details, retry) : reasonOfStatus(http)
  const words = printable(details, secrets)
  const advice = http !== undefined && otherServer.has(http) ? `; ${portQuestion}` : ""
  const pauseMs = Math.min(retry?.delayMs ?? 0, maxRetryAfterMs)
  return {
    type: "refused",
    reason,
    message: `${nameOf(code)}${words === "" ? "" : `: ${words}`}${advice}`,
    // A proxy says the same for a receiver that is away as for one that took the request and did not answer.
    isUnknown: http === undefined ? reason === "unavailable" && retry === undefined : isOfProxy(http),
    pauseMs: reason === "unavailable" && pauseMs > 0 ? pauseMs : undefined,
    isThere: code === 3
  }
}

const reasonOf = (code: number, details: string, retry: RetryInfo | undefined): Reason => {
  if (codesOfSize.has(code) && isOfSize.test(details)) {
    return "size"
  }
  // Without the pause, the receiver would not take it later either.
  return code === resourceExhausted && retry !== undefined ? "unavailable" : (reasons[nameOf(code)] ?? "all")
}

const resourceExhausted = 8

/** RESOURCE_EXHAUSTED, OUT_OF_RANGE of Rust's tonic, and UNKNOWN of proxies. */
const codesOfSize: ReadonlySet<number> = new Set([resourceExhausted, 11, 2])

/** What the servers of Go, Node, Java, C++, .NET and Rust say of a message that is too large. */
const isOfSize = /larger than (max|\d)|exceeds (the )?max|too large/i

/** What is not here costs the whole export. */
const reasons: Readonly<Record<string, Reason>> = {
  INVALID_ARGUMENT: "content",
  UNKNOWN: "content",
  INTERNAL: "content",
  CANCELLED: "unavailable",
  DEADLINE_EXCEEDED: "unavailable",
  ABORTED: "unavailable",
  OUT_OF_RANGE: "unavailable",
  UNAVAILABLE: "unavailable",
  DATA_LOSS: "unavailable"
}

const nameOf = (code: number): string => names[code] ?? `status ${code}`

const names = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED"
]

/** What speaks HTTP/2 and knows nothing of gRPC; some have a page for every address. */
const otherServer: ReadonlySet<number> = new Set([200, 404, 405, 415])
