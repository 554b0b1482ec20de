/** Exemplars: single values of a histogram, each with the span that it was recorded in. */

/**
 * Which values become exemplars, as OpenTelemetry's variable `OTEL_METRICS_EXEMPLAR_FILTER` names it:
 *
 * - `trace_based`: those recorded in a sampled span
 * - `always_on`: all
 * - `always_off`: none
 */
export type ExemplarFilter = "trace_based" | "always_on" | "always_off"

/** A value that was recorded. */
export interface Exemplar {
  readonly value: number
  /** When, in milliseconds of the epoch. */
  readonly timeMs: number
  /** In which span; absent outside of any. */
  readonly span?: { readonly traceId: string; readonly spanId: string }
}

/** Of each bucket, its last one: as many as there are buckets, those above the last boundary included. */
export type Exemplars = ReadonlyArray<Exemplar | undefined>

/** Of each bucket the later one. */
export const laterExemplars = (one: Exemplars | undefined, other: Exemplars | undefined): Exemplars | undefined =>
  one === undefined || other === undefined ? (one ?? other) : one.map((own, index) => later(own, other[index]))

const later = (one: Exemplar | undefined, other: Exemplar | undefined): Exemplar | undefined =>
  one === undefined || other === undefined ? (one ?? other) : other.timeMs > one.timeMs ? other : one
