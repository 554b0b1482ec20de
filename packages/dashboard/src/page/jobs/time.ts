/** Times and numbers as people read them: durations of at most two units, times of day in the reader's time zone. */
import { formatSeconds } from "../text/quantity.ts"

/** `850 ms`, `4.24 s`, `3 min 20 s`, `2 d 5 h`; what is negative is taken as nothing. */
export const durationText = (ms: number): string => formatSeconds(ms > 0 ? ms / 1000 : 0)

/** The larger unit alone where there are ten of it or more: `14 min`, but `3 min 20 s`. */
const roughText = (ms: number): string => {
  const [count = "", unit = "", ...rest] = durationText(Math.round(ms / 1000) * 1000).split(" ")
  return Number(count) >= 10 ? `${count} ${unit}` : [count, unit, ...rest].join(" ")
}

/** `12 s ago`, `in 5 min`, `now`. */
export const relativeText = (at: number, now: number): string => {
  const ms = now - at
  return Math.abs(ms) < 1000 ? "now" : ms > 0 ? `${roughText(ms)} ago` : `in ${roughText(-ms)}`
}

const withDay = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" })

/** The day and the time of day where the reader is. */
export const localText = (at: number): string => (isTime(at) ? withDay.format(at) : String(at))

/** In UTC, to be copied. */
export const isoText = (at: number): string => (isTime(at) ? new Date(at).toISOString() : String(at))

/** Others are refused by `Date`. */
const isTime = (at: number): boolean => Math.abs(at) <= 8.64e15

const grouped = new Intl.NumberFormat()

/** `12,345` where numbers are written so. */
export const countText = (count: number): string => grouped.format(count)

/** `1 job`, `12 jobs`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`
