/** Bounds as Go's `strconv.FormatFloat(v, 'g', -1, 64)` has them, with `.0` where there is neither point nor exponent. */
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { bound } from "../../../../src/observe/prometheus/text/syntax.ts"

/** What Go 1.26 and the parsers of Prometheus 3 say to these; the first two lines are of OpenMetrics itself. */
const known: ReadonlyArray<readonly [number, string]> = [
  ...(["0.0", "0.001", "0.002", "0.01", "0.1", "0.9", "0.95", "0.99", "0.999", "1.0", "1.7", "10.0"] as const),
  ...(["1e-10", "1e-09", "1e-05", "0.0001", "100000.0", "1e+06", "1e+10"] as const),
  ...(["1e-07", "1.048576e+06", "999999.0", "1.23456789e+08", "1e+20", "1e+21", "1e+100", "0.00012345"] as const),
  ...(["2.5e-05", "1.2345675e+06", "12345.678", "5e-324", "1.7976931348623157e+308", "123456.7"] as const),
  ...(["-1.0", "-0.5", "-1e+06", "-1e-05", "-100000.0", "9.007199254740992e+15", "4.294967296e+09"] as const)
].map((text) => [Number(text), text])

describe("a bound", () => {
  for (const [value, text] of known) {
    it(`${value} is ${text}`, () => {
      expect(bound(value)).toBe(text)
    })
  }

  it("of negative zero is 0.0", () => {
    expect(bound(-0)).toBe("0.0")
  })

  it.prop(
    "is read as what it was, has an exponent of two digits beyond 1e-4 and 1e+6, and otherwise a point and none",
    [FastCheck.double({ noNaN: true, noDefaultInfinity: true })],
    ([value]) => {
      const text = bound(value)
      expect(Number(text)).toBe(value === 0 ? 0 : value)
      const isFar = value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e6)
      expect(text).toMatch(isFar ? /^-?\d(\.\d+)?e[+-]\d{2,3}$/ : /^-?\d{1,6}\.\d+$/)
    }
  )
})
