/**
 * What a metric is called once a Prometheus has stored it, by its own rules for OTLP: characters that it does not allow
 * are underscores, and unit and `_total` stand at the end.
 */
import type { ExportMetric } from "./point.ts"
import { unitWord } from "./unit.ts"

/** The names of its samples. */
export const storedNames = (metric: ExportMetric): ReadonlyArray<string> => {
  const known = stored.get(metric) ?? namesOf(metric)
  stored.set(metric, known)
  return known
}

const stored = new WeakMap<ExportMetric, ReadonlyArray<string>>()

const namesOf = ({ kind, name, unit }: ExportMetric): ReadonlyArray<string> => {
  const called = (suffix: string, ends: ReadonlyArray<string>): string => nameOf(`${name}${suffix}`, unit, ends)
  switch (kind) {
    case "counter":
      return [called("", ["total"])]
    case "upDownCounter":
      return [called("", [])]
    case "gauge":
      return [called("", unit === "1" ? ["ratio"] : [])]
    case "histogram":
      return ["_bucket", "_count", "_sum"].map((suffix) => `${called("", [])}${suffix}`)
    case "summary":
      return [called("_quantiles", unit === "1" ? ["ratio"] : []), called("_count", ["total"]), called("_sum", [])]
  }
}

const nameOf = (name: string, unit: string, ends: ReadonlyArray<string>): string => {
  const word = unitWord(unit)
  const words = name.split(/[^a-zA-Z0-9:]+/).filter((one) => one !== "" && !ends.includes(one))
  return [...words, ...(word === undefined || words.includes(word) ? [] : [word]), ...ends].join("_")
}
