/**
 * The alerts on Prometheus 3, whose ranges leave out the sample at their beginning: what grows or ends within a range can
 * reach a threshold an evaluation before or after Prometheus 2 does. The text is the same but for numbers that grow.
 */
import { describe, it } from "vitest"
import { fires, staysSilent } from "../support/case.ts"
import { cases } from "../support/cases.ts"
import { onThree } from "../support/on-three.ts"
import { promtool, ruleFile, ruleFiles } from "../support/promtool.ts"

describe("alerts, evaluated by promtool 3", () => {
  it("have rules that it accepts", async ({ expect }) => {
    expect(await promtool("check", "rules", ...ruleFiles)).toMatchObject({ code: 0 })
  })

  describe.concurrent.each(cases)("$alert", (one) => {
    it(`fires when ${one.when}`, async ({ expect }) => {
      expect(await fires(onThree(one), ruleFile(one.area))).toBe("as expected")
    })

    it(`is silent when ${one.healthy.when}`, async ({ expect }) => {
      expect(await staysSilent(one, ruleFile(one.area))).toBe("as expected")
    })
  })
})
