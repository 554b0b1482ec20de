import { describe, expect, it } from "vitest"
import { axis, clock, withUnit } from "../../../src/documents/picture/scale.ts"

const labels = (unit: string, highest: number) => axis(unit, highest).marks.map(({ label }) => label)

describe("an axis", () => {
  it("has round marks with the unit that suits the highest value", () => {
    expect(labels("s", 0.0031)).toEqual(["0", "1 ms", "2 ms", "3 ms", "4 ms"])
    expect(labels("s", 0.97)).toEqual(["0", "0.25 s", "0.5 s", "0.75 s", "1 s"])
    expect(labels("s", 9)).toEqual(["0", "2.5 s", "5 s", "7.5 s", "10 s"])
    expect(labels("s", 240)).toEqual(["0", "1 min", "2 min", "3 min", "4 min"])
    expect(labels("percentunit", 0.07)).toEqual(["0", "2%", "4%", "6%", "8%"])
    expect(labels("suffix: jobs/s", 1700)).toEqual(["0", "0.5k", "1k", "1.5k", "2k"])
    expect(labels("suffix: bytes", 9000)).toEqual(["0", "2.5k", "5k", "7.5k", "10k"])
    expect(labels("bytes", 150 * 1024 ** 2)).toEqual(["0", "50 MiB", "100 MiB", "150 MiB"])
    expect(labels("suffix: jobs", 300)).toEqual(["0", "100", "200", "300"])
  })

  it("reaches the highest value, and 1 where all is 0", () => {
    expect(axis("suffix: jobs", 401).top).toBe(600)
    expect(labels("suffix: jobs", 0)).toEqual(["0", "0.25", "0.5", "0.75", "1"])
  })
})

describe("a value", () => {
  it("stands with its unit", () => {
    expect(withUnit("s", 3.21)).toBe("3.21 s")
    expect(withUnit("percentunit", 0.123)).toBe("12.3%")
    expect(withUnit("suffix: jobs", 4)).toBe("4 jobs")
    expect(withUnit("bytes", 3 * 1024 ** 3)).toBe("3 GiB")
    expect(withUnit("s", 0)).toBe("0 s")
    expect(withUnit("suffix: jobs", 0)).toBe("0 jobs")
  })

  it("of time since the start has minutes and seconds", () => {
    expect([0, 65, 300].map(clock)).toEqual(["0:00", "1:05", "5:00"])
  })
})
