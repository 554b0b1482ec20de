/** What a store calls metrics, labels and environments: the dialect in which rules and panels are written for it. */
import { otlpAttribute, otlpName } from "@parametric-portal/server/observe/catalogue"
import { type NamedRow, storedNames } from "./monitoring.ts"
import type { Dialect } from "./promql/dialect.ts"
import type { Matcher } from "./promql/node.ts"
import type { Naming, Settings } from "./settings.ts"

/** The dialect of rules. */
export const ruleDialect = (
  { groupBy, naming, selector }: Pick<Settings, "groupBy" | "naming" | "selector">,
  rows: ReadonlyArray<NamedRow>
): Dialect => ({
  ...namesOf(naming, rows),
  groupBy: [...groupBy, ...Object.keys(selector).filter((label) => !groupBy.includes(label))],
  matchers: Object.entries(selector).map(([label, value]): Matcher => ({ label, operator: "=", value }))
})

/** The dialect of panels: where environments are told apart, they follow a variable for each label. */
export const panelDialect = (settings: Settings, rows: ReadonlyArray<NamedRow>): Dialect => {
  const dialect = ruleDialect(settings, rows)
  const variables = environmentLabels(settings).map((label): Matcher => ({
    label,
    operator: "=~",
    value: `$${variableOf(label)}`
  }))
  return { ...dialect, matchers: [...dialect.matchers, ...variables] }
}

/** The labels that are chosen on a dashboard: those that the selector does not fix. */
export const environmentLabels = ({ groupBy, selector }: Settings): ReadonlyArray<string> =>
  groupBy.filter((label) => selector[label] === undefined)

/** The name of the variable of a label. */
export const variableOf = (label: string): string => label.replaceAll(/\W/g, "_")

const namesOf = (naming: Naming, rows: ReadonlyArray<NamedRow>): Pick<Dialect, "label" | "metric"> => {
  if (naming === "prometheus") {
    return { metric: (name) => name, label: (name) => name }
  }
  const metrics = new Map(
    rows.flatMap(({ row }) => storedNames(row).map((name) => [name, name.replace(row.name, otlpName(row))] as const))
  )
  const labels = new Map([
    ...rows.flatMap(({ row }) => row.labels.map((label) => [label, otlpAttribute(row, label)] as const)),
    ["job", "service.name"] as const,
    ["instance", "service.instance.id"] as const
  ])
  return { metric: (name) => metrics.get(name) ?? name, label: (name) => labels.get(name) ?? name }
}

/** What begins the summary of an alert where environments are told apart: `production/eu-1: `. */
export const environmentOf = (settings: Settings): string => {
  const labels = environmentLabels(settings)
  return labels.length === 0 ? "" : `${labels.map((label) => `{{ $labels.${label} }}`).join("/")}: `
}

/** The text of an alert, whose labels are named as in the store. */
export const templateIn = (text: string, { label }: Pick<Dialect, "label">): string =>
  text.replaceAll(/\{\{ \$labels\.(\S+) \}\}/g, (_, name: string) => {
    const stored = label(name)
    return /^\w+$/.test(stored) ? `{{ $labels.${stored} }}` : `{{ index $labels ${JSON.stringify(stored)} }}`
  })

/** The legend of a series, whose labels are named as in the store, after those of its environment. */
export const legendIn = (legend: string, settings: Settings, { label }: Pick<Dialect, "label">): string =>
  [
    ...environmentLabels(settings).map((name) => `{{${name}}}`),
    legend.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => `{{${label(name)}}}`)
  ].join(" ")
