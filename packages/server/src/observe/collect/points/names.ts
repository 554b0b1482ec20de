/**
 * Which metric has a name. A summary has three besides its own, as OpenTelemetry's exporters know no summaries and it
 * goes out as its quantiles, its count and its sum. What a Prometheus stores of ours is named by nobody else.
 */
import type { Drop } from "./drop.ts"
import { type Claims, type Family, holder, pauseEvery } from "./families.ts"
import type { ExportMetric } from "./point.ts"
import { storedNames } from "./stored-names.ts"

/**
 * The groups whose names are all theirs. Ours come first, then what had a name first; the points of all others are
 * dropped, so that no two metrics of one name are in one request.
 */
export const withNames = function* <F extends Family>(
  groups: ReadonlyMap<string, ReadonlyArray<F>>,
  claims: Claims,
  dropped: (drop: Drop) => void
): Generator<undefined, ReadonlyArray<ReadonlyArray<F>>> {
  const { names } = claims
  const { conventions, ours } = namesOfOurs(groups)
  const problemOf = (name: string, metric: ExportMetric | undefined): string | undefined => {
    const our = metric?.origin === "external" ? storedNames(metric).find((one) => ours.has(one)) : undefined
    const conventional = metric?.origin === "external" ? conventions.get(name) : undefined
    if (our !== undefined) {
      return `Prometheus calls it "${our}", which is a name of the metric "${ours.get(our)}"`
    }
    if (conventional !== undefined) {
      return `it is the name of the metric "${conventional}" on OTLP`
    }
    const taken = namesOf(name, metric).find((one) => isOther(names.get(one), name, groups))
    return taken === undefined ? undefined : `the name "${taken}" is taken by the metric "${names.get(taken)}"`
  }
  const kept: Array<ReadonlyArray<F>> = []
  let count = 0
  for (const [name, group] of groups) {
    if (++count % pauseEvery === 0) {
      yield
    }
    const metric = holder(group, claims)?.metric
    const problem = problemOf(name, metric)
    if (problem === undefined || metric?.origin === "own") {
      namesOf(name, metric).forEach((one) => names.set(one, name))
      kept.push(group)
      continue
    }
    namesOf(name, metric).forEach((one) => names.get(one) === name && names.delete(one))
    group.forEach(({ size }) => dropped({ metric: name, reason: "conflict", points: size, why: problem }))
  }
  return kept
}

/** Of those of ours that have series: what a Prometheus calls them, and what they are called on OTLP. */
const namesOfOurs = (
  groups: ReadonlyMap<string, ReadonlyArray<Family>>
): Readonly<Record<"conventions" | "ours", ReadonlyMap<string, string>>> => {
  const [ours, conventions] = [new Map<string, string>(), new Map<string, string>()]
  for (const group of groups.values()) {
    const metric = group.find(({ metric: { origin }, size }) => origin === "own" && size > 0)?.metric
    if (metric !== undefined) {
      storedNames(metric).forEach((one) => ours.set(one, metric.name))
      if (metric.convention !== undefined) {
        conventions.set(metric.convention.name, metric.name)
      }
    }
  }
  return { conventions, ours }
}

const isOther = (holding: string | undefined, name: string, groups: ReadonlyMap<string, unknown>): boolean =>
  holding !== undefined && holding !== name && groups.has(holding)

const namesOf = (name: string, metric: ExportMetric | undefined): ReadonlyArray<string> =>
  metric?.kind === "summary" ? [name, `${name}_quantiles`, `${name}_count`, `${name}_sum`] : [name]
