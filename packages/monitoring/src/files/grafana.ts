/** Turns a dashboard into the JSON that Grafana reads, with Grafana's own builders. */
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort
} from "@grafana/grafana-foundation-sdk/dashboard"
import * as common from "@grafana/grafana-foundation-sdk/common"
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap"
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus"
import * as stat from "@grafana/grafana-foundation-sdk/stat"
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries"
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { runbookUrl } from "../alerts/alert.ts"
import type { Dashboard, Panel, Variable } from "../dashboards/dashboard.ts"
import { counter, gauge, observations } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"

const source = { type: "prometheus", uid: "${datasource}" }

const columns = 24

/** The JSON of a dashboard; `runbooks` is the URL to which its panels link. */
export const grafanaFile = (dashboard: Dashboard, runbooks: string): string => {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(dashboard.description)
    .tags(["generated", "parametric-portal"])
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .link(
      new DashboardLinkBuilder("Other dashboards")
        .type(DashboardLinkType.Dashboards)
        .tags(["parametric-portal"])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true)
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
  dashboard.variables.forEach((name) => builder.withVariable(variable(name)))
  layout(dashboard).forEach(({ panel, position, row }, index) =>
    panel === undefined
      ? builder.withRow(new RowBuilder(row).id(index + 1).gridPos(position))
      : builder.withPanel(
          panelBuilder(panel, runbooks)
            .id(index + 1)
            .gridPos(position)
        )
  )
  return `${JSON.stringify(builder.build(), null, 2)}\n`
}

interface Position {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

interface Placed {
  readonly row: string
  readonly panel?: Panel
  readonly position: Position
}

/** Rows below one another; panels from left to right, wrapped. */
const layout = ({ rows }: Dashboard): ReadonlyArray<Placed> => {
  const placed: Array<Placed> = []
  let y = 0
  for (const { panels, title } of rows) {
    placed.push({ row: title, position: { x: 0, y, w: columns, h: 1 } })
    y += 1
    let x = 0
    let line = 0
    for (const panel of panels) {
      const { h, w } = size(panel)
      if (x + w > columns) {
        y += line
        x = 0
        line = 0
      }
      placed.push({ row: title, panel, position: { x, y, w, h } })
      x += w
      line = Math.max(line, h)
    }
    y += line
  }
  return placed
}

const size = ({ kind, width }: Panel): { readonly w: number; readonly h: number } =>
  kind === "number" ? { w: width ?? 6, h: 4 } : { w: width ?? 8, h: 8 }

const panelBuilder = (panel: Panel, runbooks: string) => {
  const builder = kinds[panel.kind]()
    .title(panel.title)
    .description(panel.empty === undefined ? panel.description : `${panel.description}\n\nEmpty: ${panel.empty}`)
    .unit(panel.unit)
    .datasource(source)
    .links([
      new DashboardLinkBuilder(`Runbook: ${panel.alert.name}`).url(runbookUrl(panel.alert, runbooks)).targetBlank(true)
    ])
  panel.queries.forEach(({ legend, query }, index) => {
    const target = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + index))
      .datasource(source)
      .expr(String(query))
      .legendFormat(legend)
      .format(panel.kind === "heatmap" ? PromQueryFormat.Heatmap : PromQueryFormat.TimeSeries)
    builder.withTarget(panel.kind === "number" ? target.instant() : target.range())
  })
  return builder
}

const lines = () =>
  new timeseries.PanelBuilder()
    .min(0)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending)
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
    )

const kinds = {
  lines,
  stack: () =>
    lines().fillOpacity(40).stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A")),
  number: () =>
    new stat.PanelBuilder()
      .graphMode(common.BigValueGraphMode.None)
      .colorMode(common.BigValueColorMode.None)
      .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"])),
  heatmap: () =>
    new heatmap.PanelBuilder()
      .calculate(false)
      .yAxis(new heatmap.YAxisConfigBuilder().unit("s"))
      .color(new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme("Blues").steps(64))
}

const variable = (name: Variable): QueryVariableBuilder => {
  const { label, values } = variables[name]
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(source)
    .query({ query: values, refId: name })
    .definition(values)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ text: ["All"], value: ["$__all"] })
}

const valuesOf = <L extends string>(vector: Vector<L>, label: NoInfer<L>): string =>
  `label_values(${String(vector)}, ${label})`

const here = { job: "$service" }

/** The variables, and the queries for their values. */
const variables = {
  service: { label: "Service", values: valuesOf(gauge(catalogue.telemetry.series), "job") },
  instance: { label: "Process", values: valuesOf(gauge(catalogue.telemetry.series, here), "instance") },
  job_type: { label: "Job type", values: valuesOf(counter(catalogue.jobs.enqueued, here), "job_type") },
  entity_type: {
    label: "Entity type",
    values: valuesOf(observations(catalogue.cluster.messageLatency, here), "entity_type")
  },
  http_route: {
    label: "Route",
    values: valuesOf(observations(catalogue.http.serverRequestDuration, here), "http_route")
  }
} as const satisfies Record<Variable, { readonly label: string; readonly values: string }>
