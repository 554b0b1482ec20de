/**
 * How many points, spans or log records a collector rejected of a request that it acknowledged: the `partial_success` of
 * OTLP's responses (https://opentelemetry.io/docs/specs/otlp/#partial-success-1).
 */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { parseJson, plainBody, textOf, typeOf } from "./answer.ts"
import { type Answer, bodyLimit } from "./connection.ts"
import { fieldsOf } from "./protobuf.ts"

/** What was rejected; zero points with a message is a warning. */
export interface Rejection {
  readonly points: number
  readonly message: string
}

/** What an answer rejects; nothing where it can't be understood, as the request was acknowledged all the same. */
export const rejectionOf = (answer: Answer, sent: number): Rejection => {
  const { message, points } = typeOf(answer).includes("protobuf")
    ? fromProtobuf(plainBody(answer))
    : (fromJson(textOf(answer)) ?? fromProtobuf(plainBody(answer)))
  return { points: bounded(points, sent), message }
}

/** What a response of protobuf rejects. It is looked into as far as the body of an answer of HTTP is read. */
export const rejectionIn = (response: Buffer, sent: number): Rejection => {
  const { message, points } = fromProtobuf(response.subarray(0, bodyLimit))
  return { points: bounded(points, sent), message }
}

const bounded = (points: number, sent: number): number =>
  Number.isNaN(points) ? 0 : Math.min(Math.max(Math.floor(points), 0), sent)

const nothing: Rejection = { points: 0, message: "" }

/** Undefined where it is no JSON: not every receiver says what it answers with. */
const fromJson = (text: string): Rejection | undefined => {
  const response = Option.getOrUndefined(parseJson(text))
  if (response === undefined) {
    return undefined
  }
  const partial = Predicate.hasProperty(response, "partialSuccess") ? response.partialSuccess : undefined
  const points = Predicate.isRecord(partial) ? (counts.map((name) => partial[name]).find(isCount) ?? 0) : 0
  const message = Predicate.hasProperty(partial, "errorMessage") ? partial.errorMessage : ""
  return {
    points: Number(points),
    message: Predicate.isString(message) ? message : ""
  }
}

/** What the signals call the number of what was rejected. */
const counts = ["rejectedDataPoints", "rejectedSpans", "rejectedLogRecords"]

const isCount = (value: unknown): value is number | string => Predicate.isNumber(value) || Predicate.isString(value)

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
