/**
 * Every generated file, by its path in the repository. Pure: the same sources, of which the recorded answers are one, give
 * the same bytes.
 */
import { readAnswers } from "./answers/answers.ts"
import { alertTable } from "./documents/alert-table.ts"
import type { Block } from "./documents/block.ts"
import { clusterMetrics, stableMetrics } from "./documents/metric-table.ts"
import { picture } from "./documents/picture.ts"
import { grafanaFile } from "./files/grafana.ts"
import { handleFiles, handleFolders } from "./files/handles.ts"
import { pageFiles, pageFolders } from "./files/page.ts"
import { filesOf, type Form } from "./forms.ts"
import type { Monitoring } from "./monitoring.ts"

const generated = "packages/monitoring/generated"

/** The forms that are committed here, by folder. */
const folders = { prometheus: `${generated}/prometheus`, grafana: `${generated}/grafana`, markdown: "docs" } as const

/** Path -> content. */
export const files = (monitoring: Monitoring): ReadonlyMap<string, string> => {
  const answers = readAnswers()
  const within = (form: Form & keyof typeof folders) =>
    Array.from(filesOf(form, monitoring), ([name, content]) => [`${folders[form]}/${name}`, content] as const)
  return new Map([
    ...within("prometheus"),
    ...within("grafana"),
    ...within("markdown"),
    ...monitoring.dashboards.map(
      (one) => [`docs/dashboards/${one.uid}.svg`, picture(grafanaFile(monitoring, one), answers)] as const
    )
  ])
}

/** Generated sources of the library and of the live page, written to this repository only. Path -> content. */
export const sources = (monitoring: Monitoring): ReadonlyMap<string, string> =>
  new Map([...handleFiles(), ...pageFiles(monitoring)])

/** Generated tables in pages of this repository that are otherwise written by hand. */
export const blocks = (): ReadonlyArray<Block> => [
  { page: "README.md", name: "stable metrics", content: stableMetrics() },
  { page: "docs/guides/cluster.md", name: "cluster metrics", content: clusterMetrics("../metrics.md") },
  { page: "docs/guides/monitoring.md", name: "alerts", content: alertTable("../runbooks/") }
]

/** Folders that hold only generated files: anything else in them is removed. */
export const generatedFolders: ReadonlyArray<string> = [
  generated,
  "docs/runbooks",
  "docs/dashboards",
  ...handleFolders,
  ...pageFolders
]
