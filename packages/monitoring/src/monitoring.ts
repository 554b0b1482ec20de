/** All that is monitored, with one set of settings: from it every file is written. */
import { catalogue, type Row, type Rows } from "@parametric-portal/server/observe/catalogue"
import { type Alert, isOn } from "./alerts/alert.ts"
import { areas, definitions } from "./alerts.ts"
import type { Dashboard } from "./dashboards/dashboard.ts"
import { dashboards } from "./dashboards.ts"
import { metricsIn } from "./promql/parse.ts"
import type { Vector } from "./promql/vector.ts"
import { recordings } from "./recordings.ts"
import type { Settings } from "./settings.ts"

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
  readonly rows: ReadonlyArray<NamedRow>
  readonly groups: ReadonlyArray<RuleGroup>
  /** Those of all groups. */
  readonly recordings: ReadonlyArray<RecordingRule>
  /** Those of all groups. */
  readonly alerts: ReadonlyArray<Alert>
  readonly dashboards: ReadonlyArray<Dashboard>
  /** The metrics of rows that an expression reads, directly or through recording rules. */
  readonly metricsBehind: (expression: string) => ReadonlySet<string>
}

/** All that is monitored with these settings. */
export const monitoringOf = (settings: Settings): Monitoring => {
  const groups = areas.map((name): RuleGroup => ({
    name,
    recordings: recordings[name].map(({ expression, ...rest }) => ({ ...rest, expression: expression(settings) })),
    alerts: definitions[name].filter((one) => isOn(one, settings)).map((one) => one.made(settings))
  }))
  const all = groups.flatMap((group) => group.recordings)
  const rows = [...rowsOf(catalogue), ...rowsOf(settings.metrics)]
  return {
    settings,
    rows,
    groups,
    recordings: all,
    alerts: groups.flatMap((group) => group.alerts),
    dashboards,
    metricsBehind: metricsBehind(rows, all)
  }
}

const rowsOf = (namespaces: Readonly<Record<string, Rows>>): ReadonlyArray<NamedRow> =>
  Object.entries(namespaces).flatMap(([namespace, handles]) =>
    Object.entries(handles).map(([name, row]) => ({ handle: `${namespace}.${name}`, row }))
  )

/** The names under which Prometheus stores a row. */
export const storedNames = ({ kind, name }: Row): ReadonlyArray<string> =>
  kind === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]

const metricsBehind = (
  rows: ReadonlyArray<NamedRow>,
  all: ReadonlyArray<RecordingRule>
): ((expression: string) => ReadonlySet<string>) => {
  const rowNames = new Map(rows.flatMap(({ row }) => storedNames(row).map((name) => [name, row.name] as const)))
  const known = new Map<string, ReadonlySet<string>>()
  const behind = (expression: string): ReadonlySet<string> => {
    const found =
      known.get(expression) ??
      new Set(
        metricsIn(expression).flatMap((metric) => {
          const recording = all.find(({ name }) => name === metric)
          return recording === undefined ? [rowNames.get(metric) ?? metric] : [...behind(String(recording.expression))]
        })
      )
    known.set(expression, found)
    return found
  }
  return behind
}
