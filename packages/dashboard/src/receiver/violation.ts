/**
 * What a receiver sees in points that decode well and are wrong all the same. A fault never changes the answer: a
 * collector would accept these too. It is noted, so that a test can ask for none.
 */
import * as Schema from "effect/Schema"

/**
 * - `conflict`: a name came with another kind, unit, description, temporality or monotonicity than before.
 * - `decreased`: a monotonic cumulative value went down without a new start.
 * - `duplicate`: a series has two points of the same time.
 * - `gap`: a delta starts after the one before it ended.
 * - `imprecise`: an integer is too large to be held exactly as a number.
 * - `inconsistent`: a point contradicts itself: buckets that do not add up, `min` above `max`, a start after the time.
 * - `no-recorded-value`: a point says by its flag that it has no value; it is left out.
 * - `no-start`: a sum or a histogram has no start time.
 * - `non-finite`: a value is NaN or infinite.
 * - `out-of-order`: a cumulative point or a gauge is older than the latest; it is left out.
 * - `overlap`: a delta, or a cumulative series that began anew, starts before the point before it ended.
 * - `reset`: a cumulative series began anew, with a later start.
 * - `start-changed`: the start of a cumulative series moved back.
 * - `unmergeable`: boundaries or scales changed, so buckets could not be added; the newest value stands alone.
 */
export const FaultKind = Schema.Literal(
  "conflict",
  "decreased",
  "duplicate",
  "gap",
  "imprecise",
  "inconsistent",
  "no-recorded-value",
  "no-start",
  "non-finite",
  "out-of-order",
  "overlap",
  "reset",
  "start-changed",
  "unmergeable"
)
export type FaultKind = typeof FaultKind.Type

/** One fault. `request` is the index of the request in the log, `attributes` the point's as canonical JSON. */
export const Fault = Schema.Struct({
  kind: FaultKind,
  name: Schema.String,
  attributes: Schema.String,
  message: Schema.String,
  request: Schema.Number
})
export type Fault = typeof Fault.Type
