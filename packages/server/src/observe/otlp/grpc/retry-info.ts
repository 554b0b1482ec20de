/** The pause that a status asks for with `google.rpc.RetryInfo`. */
import { allFields, fieldsOf } from "../protobuf.ts"

/** What is asked for, in milliseconds; 0 where it is to be sent again at once. */
export interface RetryInfo {
  readonly delayMs: number
}

/** Of a `google.rpc.Status`, as it is in `grpc-status-details-bin`. Undefined where it asks for none. */
export const retryInfoIn = (status: Buffer): RetryInfo | undefined => {
  // Field 3 are the details, each a `google.protobuf.Any`: its type and its content.
  const any = allFields(status)
    .filter(([number]) => number === 3)
    .map(([, value]) => fieldsOf(bytesOf(value)))
    .find((fields) => bytesOf(fields.get(1)).toString("latin1").endsWith("/google.rpc.RetryInfo"))
  if (any === undefined) {
    return undefined
  }
  // Field 1 is a `google.protobuf.Duration`: seconds and nanoseconds.
  const duration = fieldsOf(bytesOf(fieldsOf(bytesOf(any.get(2))).get(1)))
  const [seconds = 0, nanos = 0] = [duration.get(1), duration.get(2)].map((part) => (Buffer.isBuffer(part) ? 0 : part))
  const delayMs = seconds * 1_000 + Math.ceil(nanos / 1_000_000)
  return { delayMs: Number.isFinite(delayMs) ? delayMs : 0 }
}

const bytesOf = (value: number | Buffer | undefined): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0))
