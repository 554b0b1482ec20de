/** How a receiver behaves: well, or in one of the ways in which real collectors and networks fail. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * - `Ok` answers 200.
 * - `Slow` answers 200 after `millis`; what came is stored at the answer, and not at all if the sender leaves before.
 * - `Status` answers 400, 429 or 503, on request with `Retry-After` in seconds.
 * - `Hang` reads the request and never answers.
 * - `Reset` reads the beginning of the body and resets the connection.
 * - `Refuse` closes the listening socket and every connection; any other mode opens it again on the same port.
 * - `Partial` answers 200 and rejects the last `rejectedDataPoints` points of each request.
 */
export const ModeSchema = Schema.Union(
  Schema.TaggedStruct("Ok", {}),
  Schema.TaggedStruct("Slow", { millis: Schema.NonNegative }),
  Schema.TaggedStruct("Status", {
    status: Schema.Literal(400, 429, 503),
    retryAfterSeconds: Schema.optionalWith(Schema.NonNegativeInt, { exact: true })
  }),
  Schema.TaggedStruct("Hang", {}),
  Schema.TaggedStruct("Reset", {}),
  Schema.TaggedStruct("Refuse", {}),
  Schema.TaggedStruct("Partial", { rejectedDataPoints: Schema.NonNegativeInt, message: Schema.String })
).annotations({ identifier: "Mode" })
export type Mode = typeof ModeSchema.Type

/** The modes, to be written as `Mode.slow("2 seconds")` or `Mode.status(429, { retryAfterSeconds: 1 })`. */
export const Mode = {
  ok: { _tag: "Ok" },
  slow: (by: Duration.DurationInput): Mode => ({ _tag: "Slow", millis: Duration.toMillis(by) }),
  status: (status: 400 | 429 | 503, options: { readonly retryAfterSeconds?: number } = {}): Mode => ({
    _tag: "Status",
    status,
    ...options
  }),
  hang: { _tag: "Hang" },
  reset: { _tag: "Reset" },
  refuse: { _tag: "Refuse" },
  partial: (rejectedDataPoints: number, message = "rejected on request"): Mode => ({
    _tag: "Partial",
    rejectedDataPoints,
    message
  })
} as const
