/**
 * What is wrong with points that decode well. A violation never changes the response, because a collector would accept
 * these points too; it is kept so that a test can expect none.
 */
import * as Schema from "effect/Schema"

/**
 * - `conflict`: the kind, unit, description, temporality or monotonicity of a metric changed.
 * - `decreased`: a monotonic cumulative value went down without a new start time.
 * - `duplicate`: a series has two points with the same time; a delta is ignored then, as it was sent again.
 * - `exemplar`: an exemplar has no value, no time, or an id that is none; it is ignored, or kept without its ids.
 * - `gap`: a delta starts after the previous one ended.
 * - `imprecise`: an integer is too large for a JavaScript number to hold exactly.
 * - `inconsistent`: a point contradicts itself: buckets that do not add up, `min` above `max`, a start after the time.
 * - `no-recorded-value`: the flag of a point says that it has no value; the point is ignored.
 * - `no-start`: a sum or a histogram has no start time.
 * - `non-finite`: a value is NaN or infinite.
 * - `out-of-order`: a cumulative point or a gauge is older than the latest one; the point is ignored.
 * - `out-of-range`: a scale is not from -10 to 20, or a bucket lies where no double does.
 * - `overlap`: a delta, or a cumulative series after a reset, starts before the previous point ended.
 * - `reset`: a cumulative series started over, with a later start time.
 * - `start-changed`: the start time of a cumulative series moved back.
 * - `unmergeable`: boundaries changed, so buckets could not be added; only the newest value is kept.
 */
export const ViolationKind = Schema.Literal(
  "conflict",
  "decreased",
  "duplicate",
  "exemplar",
  "gap",
  "imprecise",
  "inconsistent",
  "no-recorded-value",
  "no-start",
  "non-finite",
  "out-of-order",
  "out-of-range",
  "overlap",
  "reset",
  "start-changed",
  "unmergeable"
)
export type ViolationKind = typeof ViolationKind.Type

/** One violation. `request` is the index of the request in the log; `attributes` are the point's, as sorted JSON. */
export const Violation = Schema.Struct({
  kind: ViolationKind,
  name: Schema.String,
  attributes: Schema.String,
  message: Schema.String,
  request: Schema.Number
})
export type Violation = typeof Violation.Type

/** Called with each violation of the point at hand. */
export type Report = (violation: Pick<Violation, "kind" | "message">) => void
