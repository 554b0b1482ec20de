/**
 * The alerts on Prometheus 3, whose ranges leave out the sample at their beginning: what grows or ends within a range can
 * reach a threshold an evaluation before or after Prometheus 2 does. The text is the same but for numbers that grow.
 */
import { describe, it } from "vitest"
import { clusterCases } from "../alerts/cluster.ts"
import { jobCases } from "../alerts/jobs.ts"
import { telemetryCases } from "../alerts/telemetry.ts"
import { type Case, fires, staysSilent } from "../support/case.ts"
import { promtool, ruleFile, ruleFiles } from "../support/promtool.ts"

const cases = [
  ...jobCases.map((one) => ({ ...one, area: "jobs" as const })),
  ...clusterCases.map((one) => ({ ...one, area: "cluster" as const })),
  ...telemetryCases.map((one) => ({ ...one, area: "telemetry" as const }))
]

/** How many evaluations later an alert fires than on Prometheus 2, and the number in its text by then. */
const differently: Readonly<Record<string, { readonly later: number; readonly number?: string }>> = {
  JobRedeliveriesHigh: { later: 1 },
  ClusterRedeliveriesHigh: { later: 1 },
  ClusterEntityRestartLoop: { later: 1 },
  TelemetryExportFailing: { later: -1 },
  TelemetrySeriesOverflow: { later: 1, number: "65" },
  TelemetrySourceFailing: { later: 1 }
}

const onThree = <One extends Case>(one: One): One => {
  const { later = 0, number } = differently[one.alert] ?? {}
  const firing = one.firing.map((alert) =>
    number === undefined ? alert : { ...alert, description: alert.description.replace(/\d+/, number) }
  )
  return { ...one, firing, firesAt: one.firesAt + later * (one.every ?? 1) }
}

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
