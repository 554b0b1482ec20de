/** Where times lie between the beginning and the end of a trace. */
import type { TraceDetail } from "../../protocol/traces.ts"

export interface Scale {
  /** Epoch milliseconds. */
  readonly from: number
  readonly to: number
}

/** From the first start to the last end of its spans; where there are none, of its log records. */
export const scaleOf = ({ logs, spans }: Pick<TraceDetail, "logs" | "spans">): Scale => {
  const times = spans.length > 0 ? spans.flatMap(endsOf) : logs.map(({ time }) => time)
  const from = times.reduce((least, time) => Math.min(least, time), Infinity)
  return { from, to: times.reduce((most, time) => Math.max(most, time), from) }
}

const endsOf = ({ durationMs, start }: TraceDetail["spans"][number]): ReadonlyArray<number> => [
  start,
  start + durationMs
]

/** A time as a percentage; what lies outside is at the edge. */
export const percentOf = ({ from, to }: Scale, time: number): number =>
  to > from ? Math.min(100, Math.max(0, (100 * (time - from)) / (to - from))) : 0

/** A span as a percentage of the beginning and of the length; one that ends before it starts has no length. */
export const barOf = (
  scale: Scale,
  { durationMs, start }: { readonly start: number; readonly durationMs: number }
): { readonly left: number; readonly width: number } => {
  const left = percentOf(scale, start)
  return { left, width: Math.max(0, percentOf(scale, start + durationMs) - left) }
}
