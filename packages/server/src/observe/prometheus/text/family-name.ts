/** The names that a metric takes up on a page: of its family, of its samples, and of the label that they have besides. */
import type { ExportMetric } from "../../collect/points/point.ts"
import type { TextFormat } from "./negotiate.ts"
import { metricName } from "./syntax.ts"

/** A counter's family leaves out `_total`, which all of its samples have. */
export const familyName = ({ kind, name }: ExportMetric): string =>
  kind === "counter" ? metricName(name).replace(/_total$/, "") : metricName(name)

/**
 * Whether a family name says anything: not when nothing is left of the metric's name but what stands for characters
 * that Prometheus does not allow, or but `_total`. Prometheus refuses such names where it makes them itself.
 */
export const isName = (family: string, { name }: ExportMetric): boolean =>
  family !== "" && (/[a-zA-Z0-9]/.test(family) || metricName(name) === name)

/**
 * The names that no other metric may have: of the samples and, but for a counter in the Prometheus text format, which
 * has no families, of the family.
 */
export const namesOf = (kind: ExportMetric["kind"], family: string, format: TextFormat): ReadonlyArray<string> => {
  const hasFamily = format === "openmetrics" || kind !== "counter"
  const hasCreated = format === "openmetrics" && suffixes[kind].length > 0
  return [...(hasFamily ? [""] : []), ...suffixes[kind], ...(hasCreated ? ["_created"] : [])].map(
    (suffix) => `${family}${suffix}`
  )
}

/** The label that samples of a kind have besides those of their series. */
export const reserved = {
  counter: undefined,
  upDownCounter: undefined,
  gauge: undefined,
  histogram: "le",
  summary: "quantile"
} as const satisfies Record<ExportMetric["kind"], string | undefined>

const suffixes = {
  counter: ["_total"],
  upDownCounter: [],
  gauge: [],
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["_sum", "_count"]
} as const satisfies Record<ExportMetric["kind"], ReadonlyArray<string>>
