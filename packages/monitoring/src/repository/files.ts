/** What only this repository has generated, besides the files of its configuration. */
import { alertTable } from "../documents/alert-table.ts"
import { readAnswers } from "../answers/answers.ts"
import type { Block } from "../documents/block.ts"
import { galleryPage } from "../documents/gallery.ts"
import { histogramTable } from "../documents/histogram-table.ts"
import { clusterMetrics, stableMetrics } from "../documents/metric-table.ts"
import { picture } from "../documents/picture.ts"
import { grafanaFile } from "../files/grafana.ts"
import { type Monitoring, monitoringOf } from "../monitoring.ts"
import { defaults } from "../settings.ts"
import { handleFiles, handleFolders } from "./handles.ts"
import { pageFiles, pageFolders } from "./page.ts"

/** Pictures of the dashboards from recorded answers, and sources of the library and of the live page. Path -> content. */
export const files = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const answers = readAnswers()
  return new Map([
    ["docs/dashboards/README.md", galleryPage(monitoring, { hasPictures: true })],
    ...monitoring.dashboards.map(
      (one) => [`docs/dashboards/${one.uid}.svg`, picture(grafanaFile(monitoring, one), answers)] as const
    ),
    ...handleFiles(),
    ...pageFiles(monitoring)
  ])
}

/** Generated tables in pages of this repository that are otherwise written by hand. */
export const blocks = (): ReadonlyArray<Block> => [
  { page: "README.md", name: "stable metrics", content: stableMetrics() },
  { page: "docs/guides/cluster.md", name: "cluster metrics", content: clusterMetrics("../metrics.md") },
  { page: "docs/guides/monitoring.md", name: "alerts", content: alertTable("../runbooks/") },
  {
    page: "docs/guides/telemetry-wiring.md",
    name: "series of histograms",
    content: histogramTable(monitoringOf(defaults), "../runbooks/")
  }
]

/** Folders that hold only generated files. */
export const generatedFolders: ReadonlyArray<string> = [
  "packages/monitoring/generated",
  "docs/runbooks",
  "docs/dashboards",
  ...handleFolders,
  ...pageFolders
]
