/** What the key of an external metric says: its kind, its unit in UCUM, its attributes, and whether it can be exported. */
import * as MetricKeyType from "effect/MetricKeyType"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { attempt } from "../catalogue/attempt.ts"
import type { AnyKey } from "../instrument/registry.ts"
import type { Drop } from "./points/drop.ts"
import { shapeOf } from "./points/families.ts"
import type { ExportMetric } from "./points/point.ts"
import { isReadable } from "./summary.ts"
import { type Attributes, attributesOf } from "./external-attributes.ts"
import { textOf } from "./points/text.ts"
import { knownUnit } from "./points/unit.ts"

/** An external metric and one label set of it. */
export interface Definition {
  readonly metric: ExportMetric
  readonly shape: string
  readonly attributes: Attributes
  /** Why a label was left out. */
  readonly leftOut: string | undefined
  readonly boundaries: Array<number> | undefined
  readonly problem: Pick<Drop, "reason" | "why"> | undefined
}

/** What a program in JavaScript has made of a key may throw when it is read: then the metric is refused, and no other. */
export const definitionOf = (key: AnyKey): Definition => attempt(() => read(key)) ?? unreadable(key)

const read = (key: AnyKey): Definition => {
  const kind = kindOf(key.keyType)
  const { attributes, leftOut, unit } = attributesOf(key, takenOf(key.keyType))
  const metric: ExportMetric = {
    name: nameOf(key),
    help: textOf(Option.getOrElse(key.description, () => "")) ?? "",
    unit: knownUnit(key.name) ?? unit,
    kind,
    origin: "external"
  }
  const boundaries = MetricKeyType.isHistogramKey(key.keyType) ? finiteBounds(key.keyType.boundaries.values) : undefined
  const problem = problemOf(metric.name, key.keyType, boundaries)
  return { metric, boundaries, attributes, leftOut, shape: shapeOf(metric, boundaries), problem }
}

const unreadable = (key: AnyKey): Definition => ({
  metric: { name: nameOf(key), help: "", unit: "", kind: "gauge", origin: "external" },
  shape: "",
  attributes: {},
  leftOut: undefined,
  boundaries: undefined,
  problem: { reason: "rejected", why: "its labels or its type can't be read" }
})

const nameOf = ({ name }: AnyKey): string => (Predicate.isString(name) ? name.toWellFormed() : "")

/** The name of the attribute that points of a kind have besides, on the wire or in Prometheus. */
const takenOf = (keyType: unknown): string | undefined => {
  if (MetricKeyType.isFrequencyKey(keyType)) {
    return "key"
  }
  return MetricKeyType.isSummaryKey(keyType) ? "quantile" : MetricKeyType.isHistogramKey(keyType) ? "le" : undefined
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

const problemOf = (
  name: string,
  keyType: unknown,
  bounds: ReadonlyArray<number> | undefined
): Definition["problem"] => {
  if (name === "") {
    return { reason: "rejected", why: "it has no name" }
  }
  if (bounds !== undefined && !bounds.every(isNext)) {
    return { reason: "conflict", why: `its boundaries [${bounds.join(", ")}] are not finite or not increasing` }
  }
  return isReadable(keyType)
    ? undefined
    : { reason: "non_finite", why: "a summary of this size, or with these quantiles, can't be read" }
}

const isNext = (bound: number, index: number, all: ReadonlyArray<number>): boolean =>
  Number.isFinite(bound) && (index === 0 || bound > (all[index - 1] ?? Number.POSITIVE_INFINITY))
