/** Every file that is generated, by its path in the repository. Pure: the same sources give the same bytes. */
import { allAlerts } from "./alerts.ts"
import type { Alert } from "./alerts/alert.ts"
import { dashboards } from "./dashboards.ts"
import { referencePage } from "./documents/reference.ts"
import { runbookIndex, runbookPage } from "./documents/runbook.ts"
import { grafanaFile } from "./files/grafana.ts"
import { ruleFile } from "./files/rules.ts"

const generated = "packages/monitoring/generated"

/** Path -> content. */
export const files = (): ReadonlyMap<string, string> =>
  new Map([
    [`${generated}/prometheus/rules/jobs.yaml`, ruleFile("jobs")],
    [`${generated}/prometheus/rules/cluster.yaml`, ruleFile("cluster")],
    [`${generated}/prometheus/rules/telemetry.yaml`, ruleFile("telemetry")],
    ...dashboards.map((one) => [`${generated}/grafana/dashboards/${one.uid}.json`, grafanaFile(one)] as const),
    ...pages().map((rules) => [`docs/runbooks/${rules[0].name}.md`, runbookPage(rules, allAlerts)] as const),
    ["docs/runbooks/README.md", runbookIndex(allAlerts)],
    ["docs/metrics.md", referencePage()]
  ])

/** The rules by the page that they share. */
const pages = (): ReadonlyArray<readonly [Alert, ...ReadonlyArray<Alert>]> => {
  const byName = new Map<string, readonly [Alert, ...ReadonlyArray<Alert>]>()
  allAlerts.forEach((rule) => byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule] as const))
  return [...byName.values()]
}

/** Folders that hold generated files only: what else is found there is removed. */
export const generatedFolders: ReadonlyArray<string> = [generated, "docs/runbooks"]
