import { describe, expect, it } from "vitest"
import { counted, durationText, isoText, localText, relativeText } from "../../src/page/jobs/time.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe("time", () => {
  it.each([
    [-5, "0 s"],
    [Number.NaN, "0 s"],
    [0, "0 s"],
    [850, "850 ms"],
    [999, "999 ms"],
    [4240, "4.24 s"],
    [59_600, "59.6 s"],
    [3 * minute + 20_400, "3 min 20 s"],
    [2 * hour, "2 h"],
    [2 * day + 5 * hour + 59 * minute, "2 d 5 h"]
  ])("writes a duration of %d ms as %s", (ms, text) => {
    expect(durationText(ms)).toBe(text)
  })

  it.each([
    [400, "now"],
    [-400, "now"],
    [4240, "4 s ago"],
    [3 * minute + 20_000, "3 min 20 s ago"],
    [14 * minute + 50_000, "14 min ago"],
    [-5 * minute, "in 5 min"]
  ])("says of what was %d ms ago: %s", (ms, text) => {
    expect(relativeText(10 * day - ms, 10 * day)).toBe(text)
  })

  it("writes a time that is none as it is", () => {
    expect([isoText(1e300), localText(1e300)]).toEqual(["1e+300", "1e+300"])
  })

  it("writes a time in UTC to be copied", () => {
    expect(isoText(0)).toBe("1970-01-01T00:00:00.000Z")
  })

  it("counts one without the plural", () => {
    expect([counted(1, "job"), counted(0, "job"), counted(2, "match", "matches")]).toEqual([
      "1 job",
      "0 jobs",
      "2 matches"
    ])
  })
})
