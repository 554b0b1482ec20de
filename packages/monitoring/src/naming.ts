/** What a store calls metrics, labels and environments: the dialect in which rules and panels are written for it. */
import { otlpAttribute, otlpName } from "@parametric-portal/server/observe/catalogue"
import type { Query } from "./dashboards/dashboard.ts"
import type { Monitoring } from "./monitoring.ts"
import { nativeOf } from "./native-histograms.ts"
import { type Dialect, labelIn, metricsOf } from "./promql/dialect.ts"
import type { Matcher } from "./promql/node.ts"
import type { Vector } from "./promql/vector.ts"
import type { Settings } from "./settings.ts"
import { storedNames } from "./stored-names.ts"

/** What a dialect is made of. */
type Monitored = Pick<Monitoring, "recordings" | "rows" | "settings">

/** The dialect of rules. */
export const ruleDialect = (monitoring: Monitored): Dialect => {
  const { groupBy, selector } = monitoring.settings
  return {
    ...namesOf(monitoring),
    groupBy: [...groupBy, ...Object.keys(selector).filter((label) => !groupBy.includes(label))],
    matchers: Object.entries(selector).map(([label, value]): Matcher => ({ label, operator: "=", value }))
  }
}

/** The dialect of panels: where environments are told apart, they follow a variable for each label. */
export const panelDialect = (monitoring: Monitored): Dialect => {
  const dialect = ruleDialect(monitoring)
  const variables = environmentLabels(monitoring.settings).map((label): Matcher => ({
    label,
    operator: "=~",
    value: `$${variableOf(label)}`
  }))
  return { ...dialect, matchers: [...dialect.matchers, ...variables] }
}

/** The labels that are chosen on a dashboard: those that the selector does not fix. */
export const environmentLabels = ({ groupBy, selector }: Settings): ReadonlyArray<string> =>
  groupBy.filter((label) => !Object.hasOwn(selector, label))

/** The name of the variable of a label. */
export const variableOf = (label: string): string => {
  const name = label.replaceAll(/\W/g, "_")
  return taken.has(name) ? `${name}_label` : name
}

/** Names that variables of every dashboard have already. */
const taken: ReadonlySet<string> = new Set(["service", "instance", "datasource"])

/** Every series has them, whatever measures it. */
const targets: ReadonlyMap<string, string> = new Map([
  ["job", "service.name"],
  ["instance", "service.instance.id"]
])

const namesOf = ({ recordings, rows, settings }: Monitored): Pick<Dialect, "label" | "metric" | "native"> => {
  const native = nativeOf(
    rows.map(({ row }) => row),
    settings
  )
  if (settings.naming === "prometheus") {
    return { metric: (name) => name, label: (name) => name, native }
  }
  const byName = new Map(rows.flatMap(({ row }) => storedNames(row).map((name) => [name, row] as const)))
  const recorded = new Map(recordings.map(({ expression, name }) => [name, expression] as const))
  // A label of one name is an attribute of a convention on one metric, and has the name that we gave it on another.
  const ofMetric = (name: string, metric: string): ReadonlyArray<string> => {
    const row = byName.get(metric)
    const behind = recorded.get(metric)
    if (row !== undefined) {
      return row.labels.includes(name) ? [otlpAttribute(row, name)] : []
    }
    return behind === undefined ? [] : metricsOf(behind.node).flatMap((one) => ofMetric(name, one))
  }
  return {
    native,
    metric: (name) => {
      const row = byName.get(name)
      return row === undefined ? name : name.replace(row.name, otlpName(row))
    },
    label: (name, metrics) => {
      const [stored = name, ...others] = new Set(metrics.flatMap((metric) => ofMetric(name, metric)))
      if (others.length > 0) {
        throw new Error(
          `the label ${name} of ${metrics.join(", ")} has several names: ${[stored, ...others].join(", ")}`
        )
      }
      return targets.get(name) ?? stored
    }
  }
}

/** What begins the summary of an alert where environments are told apart: `production/eu-1: `. */
export const environmentOf = (settings: Settings): string => {
  const labels = environmentLabels(settings)
  return labels.length === 0 ? "" : `${labels.map(templateOf).join("/")}: `
}

/** The text of an alert on an expression, whose labels are named as in the store. */
export const templateIn = (text: string, expression: Vector<string>, dialect: Dialect): string =>
  text.replaceAll(/\{\{ \$labels\.(\S+) \}\}/g, (_, name: string) => templateOf(labelIn(name, expression, dialect)))

/** The value of a label in the text of an alert. */
const templateOf = (stored: string): string =>
  /^\w+$/.test(stored) ? `{{ $labels.${stored} }}` : `{{ index $labels ${JSON.stringify(stored)} }}`

/** The legend of a query, whose labels are named as in the store, after those of its environment. */
export const legendIn = ({ legend, query }: Query, settings: Settings, dialect: Dialect): string =>
  [
    ...environmentLabels(settings).map((name) => `{{${name}}}`),
    legend.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => `{{${labelIn(name, query, dialect)}}}`)
  ].join(" ")
