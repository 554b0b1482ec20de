/** What the key of an external metric says: its kind, its unit in UCUM, its attributes, and whether it can be exported. */
import * as MetricKeyType from "effect/MetricKeyType"
import * as Option from "effect/Option"
import type { AnyKey } from "../instrument/registry.ts"
import type { Drop } from "./points/drop.ts"
import { shapeOf } from "./points/families.ts"
import type { ExportMetric } from "./points/point.ts"
import { isReadable } from "./summary.ts"
import { knownUnits, unitNamed } from "./points/unit.ts"

/** An external metric and one label set of it. */
export interface Definition {
  readonly metric: ExportMetric
  readonly shape: string
  /** Sorted by name, without the labels that tell the unit. */
  readonly attributes: Readonly<Record<string, string>>
  readonly boundaries: Array<number> | undefined
  readonly problem: Pick<Drop, "reason" | "why"> | undefined
}

/** Of a label key given twice the inner label, the one given first, stands. */
export const definitionOf = (key: AnyKey): Definition => {
  const { attributes, unit } = attributesOf(key)
  const metric: ExportMetric = {
    name: key.name,
    help: Option.getOrElse(key.description, () => ""),
    unit: knownUnits[key.name] ?? unit,
    kind: kindOf(key.keyType),
    origin: "external"
  }
  const boundaries = MetricKeyType.isHistogramKey(key.keyType) ? finiteBounds(key.keyType.boundaries.values) : undefined
  return { metric, boundaries, attributes, shape: shapeOf(metric, boundaries), problem: problemOf(key, boundaries) }
}

const attributesOf = (key: AnyKey): { readonly attributes: Record<string, string>; readonly unit: string } => {
  const byKey = new Map<string, string>()
  let unit = ""
  for (const tag of key.tags) {
    const named = tag.key === "unit" || tag.key === "time_unit" ? unitNamed(tag.value) : undefined
    if (named !== undefined) {
      unit = unit === "" ? named : unit
    } else if (!byKey.has(tag.key.toWellFormed())) {
      byKey.set(tag.key.toWellFormed(), tag.value.toWellFormed())
    }
  }
  return { attributes: Object.fromEntries(Array.from(byKey).sort(([one], [other]) => (one < other ? -1 : 1))), unit }
}

const kindOf = (keyType: unknown): ExportMetric["kind"] => {
  if (MetricKeyType.isCounterKey(keyType)) {
    return keyType.incremental ? "counter" : "upDownCounter"
  }
  if (MetricKeyType.isFrequencyKey(keyType)) {
    return "counter"
  }
  return MetricKeyType.isHistogramKey(keyType) ? "histogram" : MetricKeyType.isSummaryKey(keyType) ? "summary" : "gauge"
}

const finiteBounds = (values: ReadonlyArray<number>): Array<number> => {
  const sorted = Array.from(values).sort((one, other) => one - other)
  return sorted.at(-1) === Number.POSITIVE_INFINITY ? sorted.slice(0, -1) : sorted
}

const problemOf = (key: AnyKey, bounds: ReadonlyArray<number> | undefined): Definition["problem"] => {
  if (key.name === "") {
    return { reason: "rejected", why: "it has no name" }
  }
  if (bounds !== undefined && !bounds.every(isNext)) {
    return { reason: "conflict", why: `its boundaries [${bounds.join(", ")}] are not finite or not increasing` }
  }
  return isReadable(key.keyType)
    ? undefined
    : { reason: "non_finite", why: "a summary of this size, or with these quantiles, can't be read" }
}

const isNext = (bound: number, index: number, all: ReadonlyArray<number>): boolean =>
  Number.isFinite(bound) && (index === 0 || bound > (all[index - 1] ?? Number.POSITIVE_INFINITY))
