/** The arithmetic of heat maps: which buckets are shown, and where a value lies among them. */
import type { MetricDetail } from "../../protocol/live.ts"

export type Heat = NonNullable<MetricDetail["heat"]>

/** The buckets from the first to the last that has a value, and one on each side. */
export const bucketsShown = ({ bounds, columns }: Heat): { readonly first: number; readonly end: number } => {
  const last = bounds.length
  const isUsed = (bucket: number): boolean => columns.some(({ counts }) => (counts[bucket] ?? 0) > 0)
  const used = Array.from({ length: last + 1 }, (_, bucket) => bucket).filter(isUsed)
  return { first: Math.max(0, (used[0] ?? 0) - 1), end: Math.min(last + 1, (used.at(-1) ?? last) + 2) }
}

/** Where a value lies: its bucket, and how far it is between the bounds of that. */
export const positionOf = (bounds: ReadonlyArray<number>, value: number): number => {
  const found = bounds.findIndex((bound) => value <= bound)
  const bucket = found === -1 ? bounds.length : found
  const low = bounds[bucket - 1] ?? Math.min(0, value)
  const high = bounds[bucket]
  return bucket + (high === undefined ? 0.5 : high > low ? (value - low) / (high - low) : 0.5)
}
