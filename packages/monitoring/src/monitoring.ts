/** All that is monitored, with one set of settings: from it every file is written. */
import { catalogue, type Row, type Rows } from "@parametric-portal/server/observe/catalogue"
import { type Alert, type AlertDefinition, isOn } from "./alerts/alert.ts"
import { areas, definitions } from "./alerts.ts"
import type { Dashboard } from "./dashboards/dashboard.ts"
import { ownDashboard } from "./dashboards/own.ts"
import { dashboards } from "./dashboards.ts"
import { ownGroup, ownNameProblems } from "./own-names.ts"
import type { OwnRules } from "./own-rules.ts"
import { metricsIn } from "./promql/parse.ts"
import type { Vector } from "./promql/vector.ts"
import { recordings } from "./recordings.ts"
import type { AlertTest } from "./rule-tests/alert-test.ts"
import type { Recording } from "./rules/recording.ts"
import type { Settings } from "./settings.ts"
import { storedNames } from "./stored-names.ts"

export { storedNames }

/** A recording rule with its expression. */
export interface RecordingRule {
  readonly name: string
  readonly help: string
  readonly expression: Vector<string>
}

/** Rules that are evaluated in order. */
export interface RuleGroup {
  readonly name: string
  readonly recordings: ReadonlyArray<RecordingRule>
  readonly alerts: ReadonlyArray<Alert>
}

/** A row of the catalogue, or of one's own, with the name of its handle: `jobs.enqueued`. */
export interface NamedRow {
  readonly handle: string
  readonly row: Row
}

export interface Monitoring {
  readonly settings: Settings
  /** One's own first. */
  readonly rows: ReadonlyArray<NamedRow>
  readonly groups: ReadonlyArray<RuleGroup>
  /** Those of all groups. */
  readonly recordings: ReadonlyArray<RecordingRule>
  /** Those of all groups. */
  readonly alerts: ReadonlyArray<Alert>
  /** Tests of one's own, of alerts that there are. */
  readonly tests: ReadonlyArray<AlertTest>
  readonly dashboards: ReadonlyArray<Dashboard>
  /** The series of rows that an expression reads, directly or through recording rules: `jobs_processing_seconds_count`. */
  readonly seriesBehind: (expression: string) => ReadonlySet<string>
  /** The metrics of rows that an expression reads, directly or through recording rules. */
  readonly metricsBehind: (expression: string) => ReadonlySet<string>
}

/** All that is monitored with these settings and rules of one's own; throws where one of their names is taken. */
export const monitoringOf = (settings: Settings, rules: OwnRules = {}): Monitoring => {
  const [problem] = ownNameProblems({ metrics: settings.metrics, rules })
  if (problem !== undefined) {
    throw new Error(problem)
  }
  const own = { name: ownGroup, recordings: rules.recordings ?? [], alerts: rules.alerts ?? [] }
  const groups = [
    ...areas.map((name) => groupOf({ name, recordings: recordings[name], alerts: definitions[name] }, settings)),
    ...(own.recordings.length + own.alerts.length === 0 ? [] : [groupOf(own, settings)])
  ]
  const all = groups.flatMap((group) => group.recordings)
  const alerts = groups.flatMap((group) => group.alerts)
  const rows = [...rowsOf(settings.metrics), ...rowsOf(catalogue)]
  const series = seriesBehind(all)
  const behind = metricsBehind(rows, series)
  const alertsOf = (metric: string) =>
    alerts.filter(({ expression }) => behind(String(expression)).has(metric)).map(({ name }) => name)
  const ownDashboards = Object.entries(settings.metrics).map(([namespace, one]) =>
    ownDashboard(namespace, one, alertsOf)
  )
  return {
    settings,
    rows,
    groups,
    recordings: all,
    alerts,
    tests: (rules.tests ?? []).filter(({ alert }) => alerts.some(({ name }) => name === alert)),
    dashboards: [...dashboards, ...ownDashboards],
    seriesBehind: series,
    metricsBehind: behind
  }
}

interface GroupOptions {
  readonly name: string
  readonly recordings: ReadonlyArray<Recording>
  readonly alerts: ReadonlyArray<AlertDefinition>
}

const groupOf = ({ alerts, name, recordings }: GroupOptions, settings: Settings): RuleGroup => ({
  name,
  recordings: recordings.map(({ expression, ...rest }) => ({ ...rest, expression: expression(settings) })),
  alerts: alerts.filter((one) => isOn(one, settings)).map((one) => one.made(settings))
})

const rowsOf = (namespaces: Readonly<Record<string, Rows>>): ReadonlyArray<NamedRow> =>
  Object.entries(namespaces).flatMap(([namespace, handles]) =>
    Object.entries(handles).map(([name, row]) => ({ handle: `${namespace}.${name}`, row }))
  )

const seriesBehind = (all: ReadonlyArray<RecordingRule>): ((expression: string) => ReadonlySet<string>) => {
  const known = new Map<string, ReadonlySet<string>>()
  const behind = (expression: string): ReadonlySet<string> => {
    const found =
      known.get(expression) ??
      new Set(
        metricsIn(expression).flatMap((metric) => {
          const recording = all.find(({ name }) => name === metric)
          return recording === undefined ? [metric] : [...behind(String(recording.expression))]
        })
      )
    known.set(expression, found)
    return found
  }
  return behind
}

const metricsBehind = (
  rows: ReadonlyArray<NamedRow>,
  behind: (expression: string) => ReadonlySet<string>
): ((expression: string) => ReadonlySet<string>) => {
  const rowNames = new Map(rows.flatMap(({ row }) => storedNames(row).map((name) => [name, row.name] as const)))
  return (expression) => new Set([...behind(expression)].map((name) => rowNames.get(name) ?? name))
}
