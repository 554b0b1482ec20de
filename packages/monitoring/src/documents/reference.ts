/** The reference of every metric: `docs/metrics.md`. */
import { otlpAttribute, otlpName, type Row } from "@parametric-portal/server/observe/catalogue"
import { excused } from "../excused.ts"
import { comment } from "../files/header.ts"
import { type Monitoring, type NamedRow, storedNames } from "../monitoring.ts"
import { isNative } from "../native-histograms.ts"
import { cell, list } from "./markdown.ts"
import { histogramTable } from "./histogram-table.ts"
import { kinds } from "./metric-table.ts"
import { upstream } from "./upstream.ts"

/** The page. */
export const referencePage = (monitoring: Monitoring): string => {
  const namespaces = namespacesOf(monitoring)
  return (
    [
      "# Metrics",
      comment(monitoring.settings),
      ...ownFirst(monitoring),
      "Every metric of `@parametric-portal/server`: what it measures, what it excludes, and which panels and alerts use it. " +
        "A name is the same in OTLP and in Prometheus, because unit and `_total` are part of it, except where OpenTelemetry's " +
        "semantic conventions define the metric: then OTLP has their name, and Prometheus makes its own of it. Prometheus " +
        "stores a histogram as `_bucket`, `_count` and `_sum`. Every series also has the labels of its process: `job` (the service) and " +
        "`instance`. A label without a value is absent; `outcome` is absent on success. Metrics marked *stable* are API: " +
        "handle, name, kind and labels do not change. Boundaries are a family of `MetricsService.boundaries`, or numbers.",
      "**Several runners.** Add up values *per runner* (`sum`). A value *of the cluster* is reported by one runner for all, so " +
        "take the largest (`max`): while one runner takes over from another, a sum would count the same queue twice.",
      ...namespaces.map((name) => overview(name, within(monitoring, name))),
      ...namespaces.map((namespace) =>
        [`## ${namespace} in detail`, ...within(monitoring, namespace).map((one) => section(monitoring, one))].join(
          "\n\n"
        )
      ),
      "## Recording rules",
      "Numbers that alerts and panels share; Prometheus evaluates them all the time. Growth is counted from 0, so the first " +
        "event of a new series counts, which `increase` alone would miss.",
      [
        "| name | what it measures |",
        "|---|---|",
        ...monitoring.recordings.map(({ help, name }) => `| \`${name}\` | ${cell(help)} |`)
      ].join("\n"),
      "## Series of histograms",
      "Which alerts, recording rules and panels read `_bucket`, `_count` and `_sum` of a histogram, directly or through recording " +
        "rules. One that is exponential has none of them in Prometheus when it arrives by OTLP: it is a native histogram, which they " +
        `ask for where \`nativeHistograms\` of \`${monitoring.settings.source}\` names it.`,
      histogramTable(monitoring, "runbooks/"),
      "## Effect's own metrics",
      "Effect and `@effect/cluster` define these metrics in Effect's global registry. They are exported unchanged. No panel or " +
        "alert uses them, for the reasons given:",
      [
        "| name | what it measures | why not to rely on it | use instead |",
        "|---|---|---|---|",
        ...upstream.map((one) => `| \`${one.name}\` | ${one.measures} | ${one.gap} | ${one.instead} |`)
      ].join("\n")
    ].join("\n\n") + "\n"
  )
}

/** Where one's own metrics are, if there are any. */
const ownFirst = ({ settings }: Monitoring): ReadonlyArray<string> => {
  const own = Object.keys(settings.metrics)
  return own.length === 0
    ? []
    : [
        `Your own metrics are in ${own.map((name) => `[${name}](#${name.toLowerCase()})`).join(", ")}, and those of the ` +
          "library below them. What is said here of names, labels and several runners holds for both."
      ]
}

const namespacesOf = ({ rows }: Monitoring): ReadonlyArray<string> => [
  ...new Set(rows.map(({ handle }) => handle.split(".")[0] ?? ""))
]

const within = ({ rows }: Monitoring, namespace: string): ReadonlyArray<NamedRow> =>
  rows.filter(({ handle }) => handle.startsWith(`${namespace}.`))

const anchor = (name: string): string => `[\`${name}\`](#${name})`

const overview = (namespace: string, rows: ReadonlyArray<NamedRow>): string =>
  [
    `## ${namespace}\n`,
    "| name | kind | unit | labels | what it measures |",
    "|---|---|---|---|---|",
    ...rows.map(
      ({ row }) => `| ${anchor(row.name)} | ${kinds[row.kind]} | ${unit(row)} | ${labels(row)} | ${cell(row.help)} |`
    )
  ].join("\n")

const unit = (row: Row): string => `\`${row.unit}\``

const labels = (row: Row): string =>
  row.labels.length === 0 ? "none" : row.labels.map((name) => `\`${name}\``).join(", ")

const section = (monitoring: Monitoring, { handle, row }: NamedRow): string =>
  [
    `### ${row.name}`,
    `${row.help}${row.excludes === undefined ? "" : ` **Excludes:** ${row.excludes}`}`,
    list([
      `**Handle:** \`${handle}\`${row.stable === true ? " (*stable*)" : ""}`,
      `**Kind, unit:** ${kinds[row.kind]}, ${unit(row)}`,
      `**Labels:** ${row.labels.length === 0 ? "none" : row.labels.map((name) => labelWithValues(row, name)).join("; ")}`,
      `**In OTLP:** \`${otlpName(row)}\`, ${otlp[row.kind]}${ofConvention(row)}`,
      `**In Prometheus:** ${inPrometheus(monitoring, row)}`,
      `**Several runners:** ${across(row)}`,
      ...boundaries(row),
      `**Panels:** ${panelsOf(monitoring, row) || "none"}`,
      `**Alerts:** ${alertsOf(monitoring, row) || "none"}`,
      ...(excused[row.name] === undefined ? [] : [`**In no panel or alert:** ${excused[row.name]}`])
    ])
  ].join("\n\n")

/** What of the convention is not in the name, which Prometheus' own follows. */
const ofConvention = (row: Row): string => {
  const { convention } = row
  if (convention === undefined) {
    return ""
  }
  const attributes = row.labels.map((name) => `\`${otlpAttribute(row, name)}\``)
  const listed = attributes.length === 0 ? "" : `, attributes ${attributes.join(", ")}`
  return `${listed}; a semantic convention of OpenTelemetry (${convention.stability})`
}

const labelWithValues = (row: Row, name: string): string => {
  const values = row.closed?.[name]
  return values === undefined ? `\`${name}\`` : `\`${name}\` (${values.join(", ")})`
}

const otlp = {
  counter: "a monotonic sum",
  gauge: "a gauge",
  upDownCounter: "a sum that is not monotonic",
  histogram: "a histogram"
} as const satisfies Record<Row["kind"], string>

const prometheus = {
  counter: "counter",
  gauge: "gauge",
  upDownCounter: "gauge",
  histogram: "histogram"
} as const satisfies Record<Row["kind"], string>

const inPrometheus = ({ settings }: Monitoring, row: Row): string => {
  const names = isNative(row, settings) ? [row.name] : storedNames(row)
  const type = `${isNative(row, settings) ? "native " : ""}${prometheus[row.kind]}`
  return `${names.map((name) => `\`${name}\``).join(", ")}, type ${type}`
}

const across = (row: Row): string => {
  if (row.scope === "cluster") {
    return "of the cluster: `max`"
  }
  return row.kind === "histogram" ? "per runner: `sum` of the buckets by `le`" : "per runner: `sum`"
}

const boundaries = ({ boundaries: own, kind }: Row): ReadonlyArray<string> =>
  kind !== "histogram" || own === undefined
    ? []
    : [`**Boundaries:** ${typeof own === "string" ? `the family \`${own}\`` : own.join(", ")}`]

const panelsOf = ({ dashboards, metricsBehind }: Monitoring, { name }: Row): string =>
  dashboards
    .flatMap((dashboard) =>
      dashboard.rows
        .flatMap(({ panels }) => panels)
        .filter(({ queries }) => queries.some(({ query }) => metricsBehind(String(query)).has(name)))
        .map(({ title }) => `${dashboard.title} / ${title}`)
    )
    .join(", ")

const alertsOf = ({ alerts, metricsBehind }: Monitoring, { name }: Row): string =>
  [
    ...new Set(
      alerts
        .filter(({ expression }) => metricsBehind(String(expression)).has(name))
        .map((rule) => `[${rule.name}](runbooks/${rule.name}.md)`)
    )
  ].join(", ")
