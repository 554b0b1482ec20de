/** The queries of the dashboards that are committed, as Grafana reads them. */
import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { dashboards } from "../../src/dashboards.ts"
import { filledIn as filled } from "../../src/record/queries.ts"
import { root } from "./promtool.ts"

export interface CommittedQuery {
  /** The titles of the dashboard and of the panel. */
  readonly panel: string
  readonly legend: string
  readonly expression: string
  readonly isHeatMap: boolean
}

interface GrafanaDashboard {
  readonly title: string
  readonly panels: ReadonlyArray<{
    readonly title: string
    readonly type: string
    readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
  }>
}

const folder = path.join(root, "packages/monitoring/generated/grafana/dashboards")

/** Every query of every panel. */
export const committedQueries = (): ReadonlyArray<CommittedQuery> =>
  readdirSync(folder).flatMap((name) => queriesIn(readFileSync(path.join(folder, name), "utf8")))

/** Every query of every panel in the JSON of a dashboard. */
export const queriesIn = (json: string): ReadonlyArray<CommittedQuery> => {
  const dashboard: GrafanaDashboard = JSON.parse(json)
  return dashboard.panels.flatMap(({ targets = [], title, type }) =>
    targets.map(({ expr, legendFormat }) => ({
      panel: `${dashboard.title}: ${title}`,
      legend: legendFormat,
      expression: expr,
      isHeatMap: type === "heatmap"
    }))
  )
}

/** A query as Grafana sends it when everything is chosen, of all services or of one. */
export const filledIn = (expression: string, service?: string): string =>
  filled(expression, { rateInterval: "10s", service })

/** Why a panel may be empty, by the name of its query. */
export const mayBeEmpty: ReadonlyMap<string, string | undefined> = new Map(
  dashboards.flatMap((dashboard) =>
    dashboard.rows.flatMap((row) =>
      row.panels.map((panel) => [`${dashboard.title}: ${panel.title}`, panel.empty] as const)
    )
  )
)
