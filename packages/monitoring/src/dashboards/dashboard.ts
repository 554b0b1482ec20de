/** A dashboard as data; `files/grafana.ts` turns it into Grafana's JSON, `documents/picture.ts` into a picture. */
import type { AlertDefinition } from "../alerts/alert.ts"
import type { Vector } from "../promql/vector.ts"

/**
 * - `lines`: one line per series
 * - `stack`: series that add up to a total, stacked
 * - `number`: the current value, large
 * - `heatmap`: a distribution over time; its query keeps the label `le`
 */
export type PanelKind = "lines" | "stack" | "number" | "heatmap"

/** A query, and the legend of its series, in which `{{label}}` is replaced by the value of the label. */
export interface Query {
  readonly query: Vector<string>
  readonly legend: string
}

export interface Panel {
  /** A noun or a question. */
  readonly title: string
  readonly kind: PanelKind
  /** A unit as Grafana knows it: `s`, `bytes`, `percentunit`, `short`, or `suffix: jobs/s`. */
  readonly unit: string
  /** What the panel shows, and what a bad shape means. */
  readonly description: string
  /** The alert whose runbook says what to do about a bad shape; a metric of one's own may have none. */
  readonly alert?: Pick<AlertDefinition, "name"> | undefined
  readonly queries: ReadonlyArray<Query>
  /** Of 24 columns; 8 unless given, 6 for a number. */
  readonly width?: number
  /** Why the panel may show nothing while all is well, where that is so. */
  readonly empty?: string
}

export interface Row {
  readonly title: string
  readonly panels: ReadonlyArray<Panel>
}

/** The variables of the library's dashboards, besides the data source. */
export type Variable = "service" | "instance" | "job_type" | "entity_type" | "http_route"

/** A variable whose values are those of a label. */
export interface LabelVariable {
  /** In queries: `$name`. */
  readonly name: string
  /** Beside its choice. */
  readonly title: string
  readonly label: string
  /** The metrics that have the label, by their names in Prometheus. */
  readonly metrics: ReadonlyArray<string>
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  /** The question that it answers. */
  readonly description: string
  /** Where to begin, and which shapes are a reason to worry; for who sees it for the first time. */
  readonly reading: string
  readonly variables: ReadonlyArray<Variable | LabelVariable>
  readonly rows: ReadonlyArray<Row>
}

const unitNames: Readonly<Record<string, string>> = { s: "seconds", percentunit: "percent" }

/** The name of a unit of Grafana. */
export const unitName = (unit: string): string => unitNames[unit] ?? unit.replace(/^suffix:\s?/, "")
