/**
 * How many points a collector rejected of a request that it acknowledged: the `partial_success` of OTLP's
 * ExportMetricsServiceResponse (https://opentelemetry.io/docs/specs/otlp/#partial-success-1).
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Answer } from "./connection.ts"

/** What was rejected; zero points with a message is a warning. */
export interface Rejection {
  readonly points: number
  readonly message: string
}

/** What an answer rejects; nothing where it can't be understood, as the request was acknowledged all the same. */
export const rejectionOf = (answer: Answer | undefined): Rejection => {
  if (answer === undefined) {
    return nothing
  }
  return answer.contentType.includes("json") ? fromJson(answer.body().toString("utf8")) : fromProtobuf(answer.body())
}

const nothing: Rejection = { points: 0, message: "" }

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const fromJson = (body: string): Rejection => {
  const response = Option.getOrUndefined(parse(body))
  const partial = Predicate.hasProperty(response, "partialSuccess") ? response.partialSuccess : undefined
  const points = Predicate.hasProperty(partial, "rejectedDataPoints") ? Number(partial.rejectedDataPoints) : 0
  const message = Predicate.hasProperty(partial, "errorMessage") ? partial.errorMessage : ""
  return { points: Number.isFinite(points) ? points : 0, message: typeof message === "string" ? message : "" }
}

/** Field 1 of the response is the partial success; in it, field 1 counts the points and field 2 is the message. */
const fromProtobuf = (body: Buffer): Rejection => {
  const partial = fieldsOf(body).get(1)
  if (!Buffer.isBuffer(partial)) {
    return nothing
  }
  const fields = fieldsOf(partial)
  const points = fields.get(1)
  const message = fields.get(2)
  return {
    points: typeof points === "number" ? points : 0,
    message: Buffer.isBuffer(message) ? message.toString("utf8") : ""
  }
}

/** The varint and length-delimited fields of a protobuf message by number; other ones are not in this message. */
const fieldsOf = (message: Buffer): ReadonlyMap<number, number | Buffer> => {
  const fields = new Map<number, number | Buffer>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        break
      }
    }
    return value
  }
  while (at < message.length) {
    const tag = varint()
    const value = varint()
    switch (tag & 7) {
      case 0:
        fields.set(tag >>> 3, value)
        break
      case 2:
        fields.set(tag >>> 3, message.subarray(at, at + value))
        at += value
        break
      default:
        return fields
    }
  }
  return fields
}
