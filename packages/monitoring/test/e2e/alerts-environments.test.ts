/**
 * Every case of every alert again, in a store that has two environments of one `job`: one is ill and the other one is its
 * healthy twin at the same time. The alert fires for the ill one only, with the same text at the same minute.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { afterAll, beforeAll, describe, it } from "vitest"
import { ruleFile } from "../../src/files/rules.ts"
import type { Yaml } from "../../src/files/yaml.ts"
import { monitoringOf } from "../../src/monitoring.ts"
import { settings } from "../../src/repository.ts"
import { firesNow, silentUntil, testFile, watched, within, written } from "../../src/rule-tests/promtool.ts"
import { clusterCases } from "../alerts/cluster.ts"
import { jobCases } from "../alerts/jobs.ts"
import { nodeCases } from "../alerts/node.ts"
import { serverCases } from "../alerts/server.ts"
import { telemetryCases } from "../alerts/telemetry.ts"
import type { Case } from "../support/case.ts"
import { has, testRules } from "../support/promtool.ts"

const monitoring = monitoringOf({ ...settings, groupBy: ["namespace"] })

const cases = Object.entries({
  jobs: jobCases,
  cluster: clusterCases,
  server: serverCases,
  node: nodeCases,
  telemetry: telemetryCases
}).flatMap(([area, all]) => all.map((one) => ({ ...one, area })))

/** The case in one environment, and its healthy twin in the other. */
const together = (one: Case, [ill, well]: readonly [string, string]): Yaml => ({
  interval: "1m",
  input_series: written([
    ...within({ namespace: ill }, one.series),
    ...within({ namespace: well }, one.healthy.series)
  ]),
  promql_expr_test: [
    silentUntil(one, one.firesAt - (one.every ?? 1)),
    silentUntil(one, Math.max(one.firesAt, watched(one)), { namespace: well })
  ],
  alert_rule_test: [firesNow(monitoring, one, { namespace: ill })]
})

describe.runIf(has("promtool"))("alerts of two environments with one job", { timeout: 60_000 }, () => {
  let folder = ""

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "monitoring-"))
    monitoring.groups.forEach((group) =>
      writeFileSync(path.join(folder, `${group.name}.yaml`), ruleFile(monitoring, group))
    )
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe.concurrent.each(cases)("$alert", (one) => {
    it(`fires for the one in which ${one.when}`, async ({ expect }) => {
      const content = testFile({
        rules: [path.join(folder, `${one.area}.yaml`)],
        every: one.every ?? 1,
        tests: [together(one, ["production", "staging"]), together(one, ["staging", "production"])]
      })
      expect(await testRules(content)).toBe("as expected")
    })
  })
})
