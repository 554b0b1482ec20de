import { describe, expect, it } from "vitest"
import { timeTicks, valueTicks } from "../../src/page/charts/ticks.ts"

const texts = (low: number, high: number, unit: string) =>
  valueTicks(low, high, { most: 5, unit }).map(({ text }) => text)

describe("ticks", () => {
  it("stand at round numbers of their unit, at most so many", () => {
    expect(texts(0, 95, "")).toEqual(["0", "20", "40", "60", "80"])
    expect(texts(0, 0.0023, "s")).toEqual(["0 s", "500 µs", "1 ms", "1.5 ms", "2 ms"])
    expect(texts(0, 1300, "s")).toEqual(["0 s", "5 min", "10 min", "15 min", "20 min"])
    expect(texts(0, 300_000_000, "By")).toEqual(["0 B", "64 MiB", "128 MiB", "192 MiB", "256 MiB"])
    expect(texts(-30, 25, "{job}")).toEqual(["-20", "0", "20"])
  })

  it("stand at round times", () => {
    const from = Date.UTC(2026, 0, 1, 12, 3, 20) / 1000
    expect(timeTicks(from, from + 300, 5).map(({ at }) => at - from)).toEqual([40, 100, 160, 220, 280])
    expect(timeTicks(from, from + 60, 5).map(({ at }) => at - from)).toEqual([10, 25, 40, 55])
    expect(timeTicks(from, from + 3600, 5).map(({ at }) => at - from)).toEqual([700, 1600, 2500, 3400])
  })
})
