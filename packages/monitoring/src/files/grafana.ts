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
import type { Dashboard, LabelVariable, Panel, Variable } from "../dashboards/dashboard.ts"
import type { Monitoring } from "../monitoring.ts"
import { environmentLabels, legendIn, panelDialect, variableOf } from "../naming.ts"
import { type Dialect, inDialect, labelIn, seriesInDialect } from "../promql/dialect.ts"
import { counter, gauge, observations, oneOf, selector } from "../promql/select.ts"
import { Vector } from "../promql/vector.ts"
import { runbookUrl } from "../runbook-url.ts"
import type { Settings } from "../settings.ts"
import { asksForExemplars, traceLinks } from "./traces.ts"

/** The data source: that of the settings, or the one that is chosen. */
const sourceOf = ({ grafana }: Settings) => ({ type: "prometheus", uid: grafana.datasource ?? "${datasource}" })

const columns = 24

/** The JSON of a dashboard. */
export const grafanaFile = (monitoring: Monitoring, dashboard: Dashboard): string => {
  const writing = writingFor(monitoring)
  const { grafana } = monitoring.settings
  const tags = ["parametric-portal", ...grafana.tags]
  const builder = new DashboardBuilder(dashboard.title)
    .uid(`${grafana.uidPrefix}${dashboard.uid}`)
    .description(dashboard.description)
    .tags(["generated", ...tags])
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .link(
      new DashboardLinkBuilder("Other dashboards")
        .type(DashboardLinkType.Dashboards)
        .tags(tags)
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true)
    )
  if (grafana.datasource === undefined) {
    builder.withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
  }
  const source = sourceOf(monitoring.settings)
  variablesOf(dashboard, monitoring).forEach((one) => builder.withVariable(variable(one, source)))
  layout(dashboard).forEach(({ panel, position, row }, index) =>
    panel === undefined
      ? builder.withRow(new RowBuilder(row).id(index + 1).gridPos(position))
      : builder.withPanel(
          panelBuilder(panel, writing)
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

/** How the queries of panels are written, and where their runbooks are. */
interface Writing {
  readonly settings: Settings
  readonly dialect: Dialect
  /** The alerts that there are. */
  readonly alerts: ReadonlySet<string>
}

const writingFor = (monitoring: Monitoring): Writing => ({
  settings: monitoring.settings,
  dialect: panelDialect(monitoring),
  alerts: new Set(monitoring.alerts.map(({ name }) => name))
})

/** To the runbook of its alert, where there are both. */
const runbookLinks = ({ alert }: Panel, { alerts, settings }: Pick<Writing, "alerts" | "settings">) => {
  const url = alert === undefined || !alerts.has(alert.name) ? undefined : runbookUrl(alert, settings)
  return alert === undefined || url === undefined
    ? []
    : [new DashboardLinkBuilder(`Runbook: ${alert.name}`).url(url).targetBlank(true)]
}

const panelBuilder = (panel: Panel, { alerts, dialect, settings }: Writing) => {
  const source = sourceOf(settings)
  const builder = kinds[panel.kind](panel)
    .title(panel.title)
    .description(panel.empty === undefined ? panel.description : `${panel.description}\n\nEmpty: ${panel.empty}`)
    .unit(panel.unit)
    .datasource(source)
    .links(runbookLinks(panel, { alerts, settings }))
  const withExemplars = asksForExemplars(panel)
  if (withExemplars.size > 0 && settings.traces.datasource !== undefined) {
    builder.dataLinks(traceLinks(settings.traces.datasource))
  }
  panel.queries.forEach((one, index) => {
    const target = new DataqueryBuilder()
      .refId(String.fromCharCode(65 + index))
      .datasource(source)
      .expr(String(inDialect(one.query, dialect)))
      // Grafana reads the boundaries of a heat map from its legend.
      .legendFormat(panel.kind === "heatmap" ? one.legend : legendIn(one, settings, dialect))
      .format(panel.kind === "heatmap" ? PromQueryFormat.Heatmap : PromQueryFormat.TimeSeries)
    if (withExemplars.has(one)) {
      target.exemplar(true)
    }
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
  heatmap: ({ unit }: Panel) =>
    new heatmap.PanelBuilder()
      .calculate(false)
      .yAxis(new heatmap.YAxisConfigBuilder().unit(unit))
      .color(new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme("Blues").steps(64))
}

/** A variable as Grafana needs it. */
interface ChosenLabel extends Values {
  readonly name: string
  readonly label: string
}

/** The query for the values of a variable, and where they are in its answer. */
interface Values {
  readonly values: string
  readonly regex?: string
}

const variable = (
  { label, name, regex, values }: ChosenLabel,
  source: ReturnType<typeof sourceOf>
): QueryVariableBuilder => {
  const builder = new QueryVariableBuilder(name)
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
  return regex === undefined ? builder : builder.regex(regex)
}

/** Each follows those before it: environments first. */
const variablesOf = ({ variables }: Dashboard, monitoring: Monitoring): ReadonlyArray<ChosenLabel> => {
  const { settings } = monitoring
  const dialect = panelDialect(monitoring)
  const labels = environmentLabels(settings)
  const chosen = labels.map((stored, index): ChosenLabel => {
    // Those that come after it don't narrow its values.
    const upTo = panelDialect({ ...monitoring, settings: { ...settings, groupBy: labels.slice(0, index) } })
    return {
      name: variableOf(stored),
      label: stored,
      ...valuesIn(gauge(catalogue.telemetry.series), stored, upTo)
    }
  })
  return [
    ...chosen,
    ...variables.map((given): ChosenLabel => {
      if (typeof given !== "string") {
        const { of, series, ...rest } = ofLabel(given, dialect)
        return { ...rest, ...valuesIn(series, of, dialect) }
      }
      const { label, of, series } = libraryVariables[given]
      return { name: given, label, ...valuesIn(series, labelIn(of, series, dialect), dialect) }
    })
  ]
}

/** The values of a label. Grafana takes no name with dots in `label_values`, so those are cut out of whole series. */
const valuesIn = (series: Vector<string>, stored: string, dialect: Dialect): Values => {
  const expression =
    series.node.kind === "selector"
      ? new Vector(seriesInDialect(series.node, dialect), series.labels)
      : inDialect(series, dialect)
  return /^\w+$/.test(stored)
    ? { values: `label_values(${String(expression)}, ${stored})` }
    : {
        values: `query_result(${onOneLine(new Vector(expression.node, [stored]).countBy(stored))})`,
        regex: `/${stored.replaceAll(".", "\\.")}="([^"]+)"/`
      }
}

const onOneLine = (vector: Vector<string>): string => String(vector).replaceAll(/\s*\n\s*/g, " ")

/** Its values are those of all metrics that have the label under the same name. */
const ofLabel = ({ label, metrics, name, title }: LabelVariable, dialect: Dialect) => {
  const [metric = "", ...others] = metrics
  const stored = dialect.label(label, [metric])
  const same = others.filter((other) => dialect.label(label, [other]) === stored)
  const node =
    same.length === 0
      ? selector(metric, here)
      : selector("", {
          ...here,
          __name__: oneOf(...[metric, ...same].map((one) => dialect.metric(dialect.native(one)?.metric ?? one)))
        })
  return { name, label: title, of: stored, series: new Vector(node, [label]) }
}

const here = { job: "$service" }

/** The variables, and where their values are: in a label of series. */
const libraryVariables = {
  service: { label: "Service", of: "job", series: gauge(catalogue.telemetry.series) },
  instance: { label: "Process", of: "instance", series: gauge(catalogue.telemetry.series, here) },
  job_type: { label: "Job type", of: "job_type", series: counter(catalogue.jobs.enqueued, here) },
  entity_type: {
    label: "Entity type",
    of: "entity_type",
    series: observations(catalogue.cluster.messageLatency, here)
  },
  http_route: {
    label: "Route",
    of: "http_route",
    series: observations(catalogue.http.serverRequestDuration, here)
  }
} as const satisfies Record<Variable, { readonly label: string; readonly of: string; readonly series: Vector<string> }>
