/** Dashboards of metrics of one's own: one for each namespace, with the query that fits the kind of each metric. */
import type { Row, Rows } from "@parametric-portal/server/observe/catalogue"
import { across, buckets, counter, gauge, observations, secondsSince } from "../promql/select.ts"
import type { Vector } from "../promql/vector.ts"
import type { Dashboard, LabelVariable, Panel, Query } from "./dashboard.ts"
import { countUnit, currentUnit, isAddedUp, rateUnit } from "./own-units.ts"
import { percentiles } from "./scope.ts"

/** The names of the alerts that read a metric. */
export type AlertsOf = (metric: string) => ReadonlyArray<string>

/** The dashboard of a namespace, whose name is its uid. */
export const ownDashboard = (namespace: string, rows: Rows, alertsOf: AlertsOf): Dashboard => {
  const all = Object.entries(rows)
  const variables = variablesOf(all.map(([, row]) => row))
  const panelsOf = (...kinds: ReadonlyArray<Row["kind"]>): ReadonlyArray<Panel> =>
    all
      .filter(([, { kind }]) => kinds.includes(kind))
      .flatMap(([handle, row]) => panels({ title: words(handle), row, variables, alerts: alertsOf(row.name) }))
  return {
    uid: namespace,
    title: words(namespace),
    description: `The metrics of \`${namespace}\`.`,
    reading:
      "Choose a service first. Reasons to look closer: a rate that ends, a current value that only climbs, and a 99th " +
      "percentile that leaves the 50th behind.",
    variables: ["service", "instance", ...variables],
    rows: [
      { title: "Rates", panels: panelsOf("counter") },
      { title: "Current values", panels: panelsOf("gauge", "upDownCounter") },
      { title: "Distributions", panels: panelsOf("histogram") }
    ].filter((row) => row.panels.length > 0)
  }
}

/** `orderDuration` -> `Order duration`. */
const words = (name: string): string => {
  const spaced = name.replaceAll(/[_-]+/g, " ").replaceAll(/([a-z0-9])([A-Z])/g, (_, end, begin) => `${end} ${begin}`)
  return `${spaced.charAt(0).toUpperCase()}${spaced.slice(1).toLowerCase()}`
}

/** Names that variables of every dashboard have already. */
const taken: ReadonlySet<string> = new Set(["service", "instance", "datasource"])

/** One for each label of the rows; its values are looked for in all metrics that have it. */
const variablesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<LabelVariable> =>
  [...new Set(rows.flatMap(({ labels }) => labels))].map((label) => ({
    name: taken.has(label) ? `${label}_label` : label,
    title: words(label),
    label,
    metrics: rows
      .filter(({ labels }) => labels.includes(label))
      .map(({ kind, name }) => (kind === "histogram" ? `${name}_count` : name))
  }))

interface Shown {
  readonly title: string
  readonly row: Row
  readonly variables: ReadonlyArray<LabelVariable>
  readonly alerts: ReadonlyArray<string>
}

const isKind = <K extends Row["kind"]>(row: Row, kind: K): row is Row & { readonly kind: K } => row.kind === kind

const panels = (shown: Shown): ReadonlyArray<Panel> => {
  const { row } = shown
  if (isKind(row, "counter")) {
    return [
      panel(shown, "", {
        kind: "lines",
        unit: rateUnit(row.unit),
        queries: [growth(shown, counter(row, chosen(shown)))]
      })
    ]
  }
  if (isKind(row, "histogram")) {
    return distribution(shown, row)
  }
  return [panel(shown, "", { kind: "lines", ...current(shown) })]
}

const panel = (
  { alerts: [alert], row, title }: Shown,
  suffix: string,
  rest: Pick<Panel, "kind" | "unit" | "queries">
): Panel => ({
  title: `${title}${suffix}`,
  description: `${row.help}${row.excludes === undefined ? "" : ` Excludes: ${row.excludes}`} (\`${row.name}\`)`,
  alert: alert === undefined ? undefined : { name: alert },
  ...rest
})

const distribution = (shown: Shown, row: Row & { readonly kind: "histogram" }): ReadonlyArray<Panel> => {
  const matchers = chosen(shown)
  const byBoundary = buckets(row, matchers).rate("$__rate_interval").sumBy("le")
  return [
    panel(shown, "", { kind: "lines", unit: currentUnit(row.unit), queries: percentiles(row, matchers, "job") }),
    panel(shown, ": rate", {
      kind: "lines",
      unit: countUnit,
      queries: [growth(shown, observations(row, matchers))]
    }),
    panel(shown, ": distribution", {
      kind: "heatmap",
      unit: currentUnit(row.unit),
      queries: [{ query: byBoundary, legend: "{{le}}" }]
    })
  ]
}

/** What a gauge is now: of the cluster the largest, of processes their sum where a sum means anything, else each. */
const current = (shown: Shown): Pick<Panel, "unit" | "queries"> => {
  const { row } = shown
  const matchers = chosen(shown)
  const by = labelsShown(row)
  const isTime = row.kind === "gauge" && row.name.endsWith("_timestamp_seconds")
  const of = (value: Vector<string>, labels: ReadonlyArray<string>): Pick<Panel, "unit" | "queries"> => ({
    unit: currentUnit(row.unit),
    queries: [{ query: isTime ? secondsSince(value) : value, legend: legendOf(labels) }]
  })
  if (!isKind(row, "gauge") && !isKind(row, "upDownCounter")) {
    return { unit: "", queries: [] }
  }
  const isOne = row.scope === "cluster" || row.kind === "upDownCounter" || isAddedUp(row.unit)
  return isOne
    ? of(across(row, ["job", ...by], matchers), ["job", ...by])
    : of(gauge(row, matchers).maxBy("job", "instance", ...by), ["job", "instance", ...by])
}

const growth = ({ row }: Shown, counted: ReturnType<typeof counter>): Query => {
  const by = ["job", ...labelsShown(row)]
  return { query: counted.rate("$__rate_interval").sumBy(...by), legend: legendOf(by) }
}

/**
 * The labels by which the lines of a panel differ: three of them, those with a closed set of values first, as the number of
 * lines is their product. Those left out are added up; each can be chosen by its variable.
 */
const labelsShown = ({ closed = {}, labels }: Row): ReadonlyArray<string> =>
  [
    ...labels.filter((label) => closed[label] !== undefined),
    ...labels.filter((label) => closed[label] === undefined)
  ].slice(0, 3)

const legendOf = (labels: ReadonlyArray<string>): string => labels.map((label) => `{{${label}}}`).join(" ")

/** The chosen service, the chosen process for what is of one, and the chosen value of each label. */
const chosen = ({ row, variables }: Shown): Readonly<Record<string, string>> => ({
  job: "$service",
  ...(row.scope === "cluster" ? {} : { instance: "$instance" }),
  ...Object.fromEntries(
    variables.filter(({ label }) => row.labels.includes(label)).map(({ label, name }) => [label, `$${name}`])
  )
})
