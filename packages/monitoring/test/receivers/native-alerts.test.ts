/**
 * Every alert of the library with `nativeHistograms: true`, on the series of its own cases as native histograms: it fires at
 * the same evaluation with the same text, is silent at each one before, and silent on its healthy twin.
 */
import { afterAll, describe, it } from "vitest"
import { areas } from "../../src/alerts.ts"
import { metricsIn } from "../../src/promql/parse.ts"
import { fires, staysSilent } from "../support/case.ts"
import { cases } from "../support/cases.ts"
import { watched } from "../../src/rule-tests/promtool.ts"
import { asNative } from "../support/native.ts"
import { onThree } from "../support/on-three.ts"
import { promtool } from "../support/promtool.ts"
import { RuleFiles } from "../support/rules.ts"

const rules = new RuleFiles()
const native = rules.write({ nativeHistograms: true })

afterAll(rules.remove)

// A range is extrapolated towards the zero of the count and not of the sum, which begins to grow later in the one case that
// reads a sum: it fires an evaluation before.
// What promtool loads at once is limited, and a histogram counts as several samples: a day of them is too much.
const longest = 600

const all = cases.map((one) => ({
  ...onThree(one),
  firesAt: one.alert === "GarbageCollectionHeavy" ? one.firesAt - 1 : onThree(one).firesAt,
  watch: Math.min(watched(one), longest),
  series: asNative(one.series),
  healthy: { ...one.healthy, series: asNative(one.healthy.series) }
}))

const onHistograms = all.filter(({ series }) => series.some(({ values }) => values.includes("{{")))

describe("alerts on native histograms, evaluated by promtool 3", () => {
  it("have rules that it accepts", async ({ expect }) => {
    expect(await promtool("check", "rules", ...areas.map((area) => native[area]))).toMatchObject({ code: 0 })
    expect(new Set(onHistograms.map(({ alert }) => alert)).size).toBeGreaterThan(7)
    expect(
      onHistograms
        .flatMap(({ series }) => series.flatMap((one) => metricsIn(one.series)))
        .filter((name) => /_(count|bucket|sum)$/.test(name))
    ).toEqual([])
  })

  describe.concurrent.each(onHistograms)("$alert", (one) => {
    it(`fires when ${one.when}`, async ({ expect }) => {
      expect(await fires(one, native[one.area])).toBe("as expected")
    })

    it(`is silent when ${one.healthy.when}`, async ({ expect }) => {
      expect(await staysSilent(one, native[one.area])).toBe("as expected")
    })
  })
})
