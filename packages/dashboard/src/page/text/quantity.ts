/** Quantities as people read them: at most four digits, with the unit that fits their size. */

import { visibleText } from "./visible-text.ts"

/** What stands where nothing is known. */
export const unknown = "–"

/** A number without a unit: `1,234`, `0.0123`, `12.3 M`. */
export const formatNumber = (value: number | null | undefined): string => {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return unknown
  }
  const size = Math.abs(value)
  if (size === Infinity) {
    return value > 0 ? "∞" : "−∞"
  }
  if (size >= 1e6) {
    const power = Math.min(5, Math.floor(Math.log10(size) / 3))
    return size >= 1e18 ? value.toExponential(2) : `${digits(value / 1000 ** power)} ${" kMGTP"[power]}`
  }
  if (size >= 1000 || Number.isInteger(value)) {
    return grouped.format(value)
  }
  return size < 0.001 ? value.toExponential(2) : digits(value)
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 })
const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 })
const digits = (value: number): string => three.format(value)

/** A length of time, given in seconds: `12 µs`, `3.4 ms`, `2 min 5 s`. */
export const formatSeconds = (seconds: number | null | undefined): string => {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return formatNumber(seconds)
  }
  const size = Math.abs(seconds)
  if (size < 60) {
    const [factor, unit] =
      size >= 0.9995 || size === 0
        ? [1, "s"]
        : size >= 0.9995e-3
          ? [1e3, "ms"]
          : size >= 0.9995e-6
            ? [1e6, "µs"]
            : [1e9, "ns"]
    return `${digits(seconds * Number(factor))} ${unit}`
  }
  const sign = seconds < 0 ? "−" : ""
  const steps: ReadonlyArray<readonly [number, string]> = [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"]
  ]
  const rounded = Math.round(size)
  const largest = steps.findIndex(([step]) => rounded >= step)
  const [step, unit] = steps[largest] ?? [1, "s"]
  const [nextStep, nextUnit] = steps[largest + 1] ?? [1, "s"]
  const rest = Math.floor((rounded % step) / nextStep)
  return `${sign}${formatNumber(Math.floor(rounded / step))} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ""}`
}

/** Bytes: `512 B`, `1.5 MiB`. */
export const formatBytes = (bytes: number): string => {
  const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10)))
  return `${digits(bytes / 1024 ** power)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`
}

const seconds = new Map([
  ["s", 1],
  ["ms", 1e-3],
  ["us", 1e-6],
  ["ns", 1e-9],
  ["min", 60],
  ["h", 3600],
  ["d", 86_400]
])

const bytes = new Map([
  ["By", 1],
  ["KiBy", 1024],
  ["MiBy", 1024 ** 2],
  ["GiBy", 1024 ** 3],
  ["kBy", 1e3],
  ["MBy", 1e6],
  ["GBy", 1e9]
])

/** A value with a unit of OpenTelemetry (UCUM). What is counted, such as `{job}`, is not repeated beside the number. */
export const formatQuantity = (value: number | null | undefined, unit: string): string => {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return formatNumber(value)
  }
  const inSeconds = seconds.get(unit)
  const inBytes = bytes.get(unit)
  if (inSeconds !== undefined) {
    return formatSeconds(value * inSeconds)
  }
  if (inBytes !== undefined) {
    return formatBytes(value * inBytes)
  }
  return unit === "" || unit === "1" || unit.startsWith("{")
    ? formatNumber(value)
    : `${formatNumber(value)} ${visibleText(unit.slice(0, 16))}`
}

/** Whether values of this unit may be added up over series: things counted and bytes, but neither times nor shares. */
export const addsUp = (unit: string): boolean => unit === "" || unit.startsWith("{") || bytes.has(unit)

/** How long ago something was, given in milliseconds. */
export const formatAgo = (ms: number): string => (ms < 1500 ? "now" : `${formatSeconds(Math.round(ms / 1000))} ago`)

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })

/** The time of day of an epoch time. */
export const formatTime = (ms: number): string => clock.format(ms)

/** A number with its noun: `1 process`, `3 processes`. */
export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${formatNumber(count)} ${count === 1 ? one : many}`
