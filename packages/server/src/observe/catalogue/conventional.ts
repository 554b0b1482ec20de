/**
 * Rows of metrics that OpenTelemetry's semantic conventions define. A row is written with their names, which are those on
 * OTLP; the names everywhere else are what Prometheus makes of them.
 */
import type { BoundaryFamily } from "./boundaries.ts"
import type { Convention, Stability } from "./convention.ts"
import type { Kind, Row } from "./row.ts"

/** What a convention says of a metric, and when it moves. */
export interface ConventionDefinition {
  /** As on OTLP. */
  readonly name: string
  /** The kind of metric. */
  readonly kind: Kind
  /** As the convention has it; `1` is allowed here. */
  readonly unit: string
  /** How sure it is that the convention stays as it is. */
  readonly stability: Stability
  /** The names of its attributes on OTLP. */
  readonly attributes: ReadonlyArray<string>
  /** When it moves, in one sentence. */
  readonly help: string
  /** What it does not count. */
  readonly excludes?: string
  /** Series begin when the process does. */
  readonly since?: "process"
  /** Of a histogram. */
  readonly boundaries?: BoundaryFamily | ReadonlyArray<number>
  /** Attribute -> all of its values. */
  readonly closed?: Readonly<Record<string, ReadonlyArray<string>>>
}

/** A name with underscores in place of dots. */
export type Underscored<Name extends string> = Name extends `${infer First}.${infer Rest}`
  ? `${First}_${Underscored<Rest>}`
  : Name

/** A row of a metric that a convention defines. */
export type ConventionRow<G extends ConventionDefinition> = Row<Underscored<G["attributes"][number]>> & {
  readonly kind: G["kind"]
  readonly unit: G["unit"]
  readonly convention: Convention
}

/** The row of a metric that a convention defines. */
export function conventional<const G extends ConventionDefinition>(given: G): ConventionRow<G>
export function conventional({ attributes, closed = {}, name, stability, ...same }: ConventionDefinition): Row {
  return {
    ...same,
    name: prometheusName(name, same),
    labels: attributes.map(underscored),
    convention: { name, stability, attributes: Object.fromEntries(attributes.map((one) => [underscored(one), one])) },
    closed: Object.fromEntries(Object.entries(closed).map(([attribute, values]) => [underscored(attribute), values]))
  }
}

const underscored = (name: string): string => name.replaceAll(".", "_")

const words: Readonly<Record<string, string>> = { s: "seconds", By: "bytes" }

/** Dots are underscores, and unit and `_total` stand at the end. */
const prometheusName = (name: string, { kind, unit }: Pick<Row, "kind" | "unit">): string => {
  const word = unit === "1" && kind === "gauge" ? "ratio" : words[unit]
  const ends = [...(word === undefined ? [] : [word]), ...(kind === "counter" ? ["total"] : [])]
  return [underscored(name), ...ends].join("_")
}

/** The name of a metric on OTLP. */
export const otlpName = ({ convention, name }: Row): string => convention?.name ?? name

/** The name of a label of a metric on OTLP. */
export const otlpAttribute = ({ convention }: Row, label: string): string => convention?.attributes[label] ?? label
