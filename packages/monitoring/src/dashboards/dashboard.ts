/** The shape of a dashboard as data; `files/grafana.ts` makes Grafana's JSON of it, `documents/picture.ts` a picture. */
import type { Alert } from "../alerts/alert.ts"
import type { Vector } from "../promql/vector.ts"

/**
 * - `lines`: each series a line
 * - `stack`: series that add up to something, stacked
 * - `number`: the value now, large
 * - `heatmap`: how a distribution moves over time; its query keeps `le`
 */
export type PanelKind = "lines" | "stack" | "number" | "heatmap"

/** A query and the name of each of its series, where `{{label}}` stands for the value of a label. */
export interface Query {
  readonly query: Vector<string>
  readonly legend: string
}

export interface Panel {
  /** A noun or a question. */
  readonly title: string
  readonly kind: PanelKind
  /** A unit as Grafana knows it: `s`, `percentunit`, `short`, or `suffix: jobs/s`. */
  readonly unit: string
  /** What it shows, and what a bad shape means. */
  readonly description: string
  /** The alert whose runbook says what to do about a bad shape. */
  readonly alert: Alert
  readonly queries: ReadonlyArray<Query>
  /** Of 24 columns; 8 unless given, 6 for a number. */
  readonly width?: number
  /** Why it shows nothing while all is well, for a panel of which that is true. */
  readonly empty?: string
}

export interface Row {
  readonly title: string
  readonly panels: ReadonlyArray<Panel>
}

/** What one can choose at the top, besides the data source. */
export type Variable = "service" | "instance" | "job_type" | "entity_type"

export interface Dashboard {
  readonly uid: string
  readonly title: string
  /** What question it answers. */
  readonly description: string
  readonly variables: ReadonlyArray<Variable>
  readonly rows: ReadonlyArray<Row>
}
