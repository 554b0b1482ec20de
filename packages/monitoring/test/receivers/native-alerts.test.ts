/**
 * Every alert of the library with `nativeHistograms: true`, on the series of its own cases as native histograms: it fires at
 * the same evaluation with the same text, is silent at each one before, and silent on its healthy twin.
 */
import { afterAll, describe, it } from "vitest"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import path from "node:path"
import { alert } from "../../src/alerts/alert.ts"
import { areas } from "../../src/alerts.ts"
import { filesOf } from "../../src/forms.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { grown } from "../../src/promql/grown.ts"
import { metricsIn } from "../../src/promql/parse.ts"
import { fires, staysSilent } from "../support/case.ts"
import { cases } from "../support/cases.ts"
import { observations } from "../../src/promql/select.ts"
import { alertTest } from "../../src/rule-tests/alert-test.ts"
import { inputHistogram, inputProcess } from "../../src/rule-tests/input.ts"
import { defaults } from "../../src/settings.ts"
import { folderWith } from "../support/folder.ts"
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

  it("of one's own are tested with native histograms too", async ({ expect }) => {
    const row = catalogue.jobs.processingSeconds
    const many = alert({
      name: "ManyAttempts",
      severity: "warning",
      for: "10m",
      thresholds: {},
      threshold: "More than 50 attempts in 10 minutes.",
      expression: grown(observations(row), "10m").sumBy("job").above(50),
      summary: (label) => `${label("job")} has many attempts.`,
      description: () => "{{ $value }} attempts.",
      runbook: { meaning: "Many.", firstLook: [], causes: [], fix: [], silence: "None." }
    })
    const growing = (count: number) => [
      inputProcess(),
      inputHistogram(row, {}, `{{schema:0 count:0 buckets:[0]}}+{{schema:0 count:${count} buckets:[${count}]}}x60`)
    ]
    const test = alertTest({
      alert: "ManyAttempts",
      when: "ten end a minute",
      series: growing(10),
      // At the sixth minute 60 have ended, and it holds for ten more.
      firesAt: 16,
      firing: [{ labels: { job: "shop" }, summary: "shop has many attempts.", description: "100 attempts." }],
      healthy: { when: "five do", series: growing(5) }
    })
    const files = filesOf(
      "prometheus",
      monitoringOf({ ...defaults, nativeHistograms: true }, { alerts: [many], tests: [test] })
    )
    const folder = folderWith(Object.fromEntries(files))
    const { code, output } = await promtool("test", "rules", path.join(folder, "tests/ManyAttempts.yaml"))
    expect({ code, output: code === 0 ? "" : output }).toEqual({ code: 0, output: "" })
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
