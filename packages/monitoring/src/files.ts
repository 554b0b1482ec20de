/**
 * Every generated file, by its path in the repository. Pure: the same sources, of which the recorded answers are one, give
 * the same bytes.
 */
import type { Alert } from "./alerts/alert.ts"
import { readAnswers } from "./answers/answers.ts"
import { galleryPage } from "./documents/gallery.ts"
import type { Block } from "./documents/block.ts"
import { clusterMetrics, stableMetrics } from "./documents/metric-table.ts"
import { picture } from "./documents/picture.ts"
import { referencePage } from "./documents/reference.ts"
import { runbookIndex, runbookPage } from "./documents/runbook.ts"
import { grafanaFile } from "./files/grafana.ts"
import { handleFiles, handleFolders } from "./files/handles.ts"
import { pageFiles, pageFolders } from "./files/page.ts"
import { otlpConfiguration, scrapeConfiguration } from "./files/prometheus.ts"
import { dashboardProviderFile, dataSourceFile } from "./files/provisioning.ts"
import { ruleFile } from "./files/rules.ts"
import type { Monitoring } from "./monitoring.ts"

const generated = "packages/monitoring/generated"

/** Path -> content. */
export const files = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const answers = readAnswers()
  return new Map([
    ...monitoring.groups.map(
      (group) => [`${generated}/prometheus/rules/${group.name}.yaml`, ruleFile(monitoring, group)] as const
    ),
    [`${generated}/prometheus/prometheus.yaml`, scrapeConfiguration()],
    [`${generated}/prometheus/prometheus-otlp.yaml`, otlpConfiguration()],
    [`${generated}/grafana/provisioning/datasources/prometheus.yaml`, dataSourceFile()],
    [`${generated}/grafana/provisioning/dashboards/parametric-portal.yaml`, dashboardProviderFile()],
    ...monitoring.dashboards.flatMap((one) => {
      const json = grafanaFile(monitoring, one)
      return [
        [`${generated}/grafana/dashboards/${one.uid}.json`, json],
        [`docs/dashboards/${one.uid}.svg`, picture(json, answers)]
      ] as const
    }),
    ["docs/dashboards/README.md", galleryPage(monitoring.dashboards)],
    ...pages(monitoring).map((rules) => [`docs/runbooks/${rules[0].name}.md`, runbookPage(monitoring, rules)] as const),
    ["docs/runbooks/README.md", runbookIndex(monitoring.alerts)],
    ["docs/metrics.md", referencePage(monitoring)]
  ])
}

/** Rules of the same name share a page. */
const pages = ({ alerts }: Monitoring): ReadonlyArray<readonly [Alert, ...ReadonlyArray<Alert>]> => {
  const byName = new Map<string, readonly [Alert, ...ReadonlyArray<Alert>]>()
  alerts.forEach((rule) => byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule] as const))
  return [...byName.values()]
}

/** Generated sources of the library and of the live page, written to this repository only. Path -> content. */
export const sources = (monitoring: Monitoring): ReadonlyMap<string, string> =>
  new Map([...handleFiles(), ...pageFiles(monitoring)])

/** Generated tables in pages of this repository that are otherwise written by hand. */
export const blocks = (): ReadonlyArray<Block> => [
  { page: "README.md", name: "stable metrics", content: stableMetrics() },
  { page: "docs/guides/cluster.md", name: "cluster metrics", content: clusterMetrics("../metrics.md") }
]

/** Folders that hold only generated files: anything else in them is removed. */
export const generatedFolders: ReadonlyArray<string> = [
  generated,
  "docs/runbooks",
  "docs/dashboards",
  ...handleFolders,
  ...pageFolders
]
