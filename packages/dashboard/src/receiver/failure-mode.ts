/** How a receiver behaves: as it should, or in one of the ways in which real collectors and networks fail. */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"

/**
 * - `None` answers 200.
 * - `Slow` answers 200 after `millis`. The points are stored with the answer, or not at all if the sender disconnects.
 * - `Status` answers 400, 429 or 503, optionally with `Retry-After` in seconds.
 * - `Hang` reads the request and never answers.
 * - `Reset` reads the start of the body and resets the connection.
 * - `Refuse` closes the listening socket and all connections; any other mode opens it again on the same port.
 * - `Partial` answers 200 and rejects the last `rejectedDataPoints` points of each request.
 */
export const FailureModeSchema = Schema.Union(
  Schema.TaggedStruct("None", {}),
  Schema.TaggedStruct("Slow", { millis: Schema.NonNegative }),
  Schema.TaggedStruct("Status", {
    status: Schema.Literal(400, 429, 503),
    retryAfterSeconds: Schema.optionalWith(Schema.NonNegativeInt, { exact: true })
  }),
  Schema.TaggedStruct("Hang", {}),
  Schema.TaggedStruct("Reset", {}),
  Schema.TaggedStruct("Refuse", {}),
  Schema.TaggedStruct("Partial", { rejectedDataPoints: Schema.NonNegativeInt, message: Schema.String })
).annotations({ identifier: "FailureMode" })
export type FailureMode = typeof FailureModeSchema.Type

/** The failure modes: `FailureMode.slow("2 seconds")`, `FailureMode.status(429, { retryAfterSeconds: 1 })`. */
export const FailureMode = {
  none: { _tag: "None" },
  slow: (by: Duration.DurationInput): FailureMode => ({ _tag: "Slow", millis: Duration.toMillis(by) }),
  status: (status: 400 | 429 | 503, options: { readonly retryAfterSeconds?: number } = {}): FailureMode => ({
    _tag: "Status",
    status,
    ...options
  }),
  hang: { _tag: "Hang" },
  reset: { _tag: "Reset" },
  refuse: { _tag: "Refuse" },
  partial: (rejectedDataPoints: number, message = "rejected on request"): FailureMode => ({
    _tag: "Partial",
    rejectedDataPoints,
    message
  })
} as const
