/** What is known of the last five minutes of a series, or of several added up, as a line without axes. */
import type { Model } from "../live/model.ts"
import { slotMs, slots } from "../live/series-columns.ts"

const width = 96
const height = 20

/** The values in the slots, the oldest first; NaN where nothing is known. */
export const recent = (model: Model, ids: ReadonlyArray<number>, how: "sum" | "largest" = "sum"): Float64Array => {
  const values = new Float64Array(slots).fill(Number.NaN)
  for (const id of ids) {
    for (let ago = 0; ago < slots; ago++) {
      const one = model.series.inSlot(id, model.now, ago)
      const before = values[slots - 1 - ago] ?? Number.NaN
      if (!Number.isNaN(one)) {
        values[slots - 1 - ago] = Number.isNaN(before) ? one : how === "sum" ? before + one : Math.max(before, one)
      }
    }
  }
  return values
}

export const pathOf = (values: ArrayLike<number>): string => {
  let low = 0
  let high = 0
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0
    low = value < low ? value : low
    high = value > high ? value : high
  }
  let path = ""
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NaN
    if (Number.isFinite(value)) {
      const x = (index * width) / (values.length - 1)
      const y = height - 2 - (high > low ? ((value - low) / (high - low)) * (height - 4) : 0)
      // The little line at the beginning makes a single point a dot.
      path += path === "" ? `M${x.toFixed(1)} ${y.toFixed(1)}h-.1` : `L${x.toFixed(1)} ${y.toFixed(1)}`
    }
  }
  return path
}

/** How many slots are shown: all that there can be anything in, and at least those of a minute. */
export const slotsShown = ({ from, now }: Model): number =>
  Math.min(slots, Math.max(60_000 / slotMs, Math.ceil((now - from) / slotMs) + 1))

export const Sparkline = ({ model, values }: { readonly model: Model; readonly values: Float64Array }) => (
  <svg class="spark" width={width} height={height} aria-hidden="true">
    <path d={pathOf(values.subarray(-slotsShown(model)))} />
  </svg>
)
