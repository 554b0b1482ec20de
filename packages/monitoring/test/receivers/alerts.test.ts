/**
 * The alerts on Prometheus 3, whose ranges leave out the sample at their beginning: what grows or ends within a range can
 * reach a threshold an evaluation or two before or after Prometheus 2 does. The text is the same.
 */
import { describe, it } from "vitest"
import { clusterCases } from "../alerts/cluster.ts"
import { jobCases } from "../alerts/jobs.ts"
import { telemetryCases } from "../alerts/telemetry.ts"
import { fires, staysSilent } from "../support/case.ts"
import { promtool, ruleFile, ruleFiles } from "../support/promtool.ts"

const cases = [
  ...jobCases.map((one) => ({ ...one, area: "jobs" as const })),
  ...clusterCases.map((one) => ({ ...one, area: "cluster" as const })),
  ...telemetryCases.map((one) => ({ ...one, area: "telemetry" as const }))
]

describe("alerts, evaluated by promtool 3", () => {
  it("have rules that it accepts", async ({ expect }) => {
    expect(await promtool("check", "rules", ...ruleFiles)).toMatchObject({ code: 0 })
  })

  describe.concurrent.each(cases)("$alert", (one) => {
    it(`fires when ${one.when}`, async ({ expect }) => {
      const { every = 1, firesAt } = one
      const found: Array<string> = []
      for (const offset of [0, 1, -1, 2, -2]) {
        found.push(await fires({ ...one, firesAt: firesAt + offset * every }, ruleFile(one.area)))
        if (found.at(-1) === "as expected") {
          break
        }
      }
      expect(found.at(-1) === "as expected" ? "as expected" : found[0]).toBe("as expected")
    })

    it(`is silent when ${one.healthy.when}`, async ({ expect }) => {
      expect(await staysSilent(one, ruleFile(one.area))).toBe("as expected")
    })
  })
})
