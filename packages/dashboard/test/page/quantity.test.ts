import { describe, expect, it } from "vitest"
import {
  addsUp,
  formatAgo,
  formatBytes,
  formatCount,
  formatNumber,
  formatQuantity,
  formatSeconds
} from "../../src/page/text/quantity.ts"

describe("quantity", () => {
  it("writes a number in at most four digits, or as a whole one", () => {
    const numbers = [
      0, 7, 0.4, 0.0123, 0.000123, 12.345, 999.6, 1234.5, 12_345, 999_999, 1_234_567, 4.56e12, 1e18, -0.5
    ]
    expect(numbers.map(formatNumber)).toEqual([
      "0",
      "7",
      "0.4",
      "0.0123",
      "1.23e-4",
      "12.3",
      "1,000",
      "1,235",
      "12,345",
      "999,999",
      "1.23 M",
      "4.56 T",
      "1.00e+18",
      "-0.5"
    ])
  })

  it("writes what is not known, or has no end, as such", () => {
    expect([null, undefined, Number.NaN, Infinity, -Infinity].map(formatNumber)).toEqual(["–", "–", "–", "∞", "−∞"])
    expect([formatSeconds(null), formatQuantity(Number.NaN, "s"), formatQuantity(Infinity, "By")]).toEqual([
      "–",
      "–",
      "∞"
    ])
  })

  it("writes a time in the unit that fits it", () => {
    const seconds = [0, 3e-9, 0.000_012, 0.0034, 0.999_9, 1, 59.9, 60, 125, 3600, 3725, 90_000, 1e6, -90]
    expect(seconds.map(formatSeconds)).toEqual([
      "0 s",
      "3 ns",
      "12 µs",
      "3.4 ms",
      "1 s",
      "1 s",
      "59.9 s",
      "1 min",
      "2 min 5 s",
      "1 h",
      "1 h 2 min",
      "1 d 1 h",
      "11 d 13 h",
      "−1 min 30 s"
    ])
  })

  it("writes bytes by powers of 1024", () => {
    expect([0, 1, 1023, 1024, 1536, 96_400_000, 2 ** 50].map(formatBytes)).toEqual([
      "0 B",
      "1 B",
      "1,020 B",
      "1 KiB",
      "1.5 KiB",
      "91.9 MiB",
      "1,020 TiB"
    ])
  })

  it("takes the units of OpenTelemetry", () => {
    const units = ["s", "ms", "us", "By", "KiBy", "{job}", "1", "", "%", "Cel"]
    expect(units.map((unit) => formatQuantity(1500, unit))).toEqual([
      "25 min",
      "1.5 s",
      "1.5 ms",
      "1.46 KiB",
      "1.46 MiB",
      "1,500",
      "1,500",
      "1,500",
      "1,500 %",
      "1,500 Cel"
    ])
  })

  it("shows a unit that somebody made up as text, and cut", () => {
    expect(formatQuantity(2, `\u202e${"x".repeat(100)}`)).toBe(`2 \\u202e${"x".repeat(15)}`)
  })

  it("adds up what is counted and bytes, but no times and no shares", () => {
    expect(["{job}", "", "By", "s", "1", "%"].map(addsUp)).toEqual([true, true, true, false, false, false])
  })

  it("says how long ago and how many", () => {
    expect([formatAgo(400), formatAgo(3200), formatAgo(130_000)]).toEqual(["now", "3 s ago", "2 min 10 s ago"])
    expect([
      formatCount(1, "process", "processes"),
      formatCount(2, "series", "series"),
      formatCount(0, "point")
    ]).toEqual(["1 process", "2 series", "0 points"])
  })
})
