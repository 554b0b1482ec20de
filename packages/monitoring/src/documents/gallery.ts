/** The page that says what the panels of the dashboards show: `dashboards/README.md`. */
import { type Dashboard, type Panel, unitName } from "../dashboards/dashboard.ts"
import { comment } from "../files/header.ts"
import type { Monitoring } from "../monitoring.ts"
import { cell } from "./markdown.ts"

const reads: Readonly<Record<Panel["kind"], string>> = {
  lines: "lines",
  stack: "stacked",
  number: "a number",
  heatmap: "a heat map"
}

/** The page, with the pictures beside it where there are some. */
export const galleryPage = (
  { alerts, dashboards, settings }: Pick<Monitoring, "alerts" | "dashboards" | "settings">,
  { hasPictures } = { hasPictures: false }
): string =>
  [
    "# Dashboards",
    comment(settings),
    hasPictures
      ? "Each dashboard as its Grafana JSON lays it out. The values are what a Prometheus answered to the queries of the " +
        "panels while it scraped the demo and a small shop, as `npm run record` recorded them. Numbered lines are what happened " +
        "meanwhile; the top of each picture names it. A panel that had no data says why. " +
        "Percentiles are estimated within the buckets of a histogram: of powers of ten, 0.2 s and 0.9 s are both between " +
        "0.1 and 1 s."
      : "What each panel shows, and what a bad shape of it means.",
    ...dashboards.map((dashboard) => section(dashboard, { alerts, hasPicture: hasPictures }))
  ].join("\n\n") + "\n"

interface SectionOptions extends Pick<Monitoring, "alerts"> {
  readonly hasPicture: boolean
}

const section = (dashboard: Dashboard, { alerts, hasPicture }: SectionOptions): string =>
  [
    `## ${dashboard.title}`,
    dashboard.description,
    dashboard.reading,
    ...(hasPicture ? [`![The dashboard ${dashboard.title}, as it was recorded](${dashboard.uid}.svg)`] : []),
    [
      "| panel | shown as | what it shows, and what a bad shape means | runbook |",
      "|---|---|---|---|",
      ...dashboard.rows.flatMap(({ panels }) => panels).map((panel) => row(panel, alerts))
    ].join("\n")
  ].join("\n\n")

const row = (panel: Panel, alerts: Monitoring["alerts"]): string =>
  `| ${panel.title} | ${reads[panel.kind]}, ${unitName(panel.unit)} | ${cell(panel.description)}` +
  `${panel.empty === undefined ? "" : ` *Empty: ${panel.empty}*`} | ${runbook(panel, alerts)} |`

const runbook = ({ alert }: Panel, alerts: Monitoring["alerts"]): string =>
  alert !== undefined && alerts.some(({ name }) => name === alert.name)
    ? `[${alert.name}](../runbooks/${alert.name}.md)`
    : ""
