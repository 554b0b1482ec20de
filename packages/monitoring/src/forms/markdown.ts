/** The reference of metrics, runbooks, and what each panel shows. */
import type { Alert } from "../alerts/alert.ts"
import { galleryPage } from "../documents/gallery.ts"
import { referencePage } from "../documents/reference.ts"
import { runbookIndex, runbookPage } from "../documents/runbook.ts"
import type { Monitoring } from "../monitoring.ts"

export const markdownFiles = (monitoring: Monitoring): ReadonlyMap<string, string> =>
  new Map([
    ["dashboards/README.md", galleryPage(monitoring)],
    ...pages(monitoring).map((rules) => [`runbooks/${rules[0].name}.md`, runbookPage(monitoring, rules)] as const),
    ["runbooks/README.md", runbookIndex(monitoring)],
    ["metrics.md", referencePage(monitoring)]
  ])

/** Rules of the same name share a page. */
const pages = ({ alerts }: Monitoring): ReadonlyArray<readonly [Alert, ...ReadonlyArray<Alert>]> => {
  const byName = new Map<string, readonly [Alert, ...ReadonlyArray<Alert>]>()
  alerts.forEach((rule) => byName.set(rule.name, [...(byName.get(rule.name) ?? []), rule] as const))
  return [...byName.values()]
}
