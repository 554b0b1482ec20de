/** What is wrong with the names, units, help texts and numbers of series of the metrics in a registry. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as MetricRegistry from "effect/MetricRegistry"
import { definitionOf } from "../collect/external-definition.ts"
import { knownUnit } from "../collect/points/unit.ts"
import { attempt } from "../catalogue/attempt.ts"
import { meterOf } from "../instrument/meter.ts"
import { type AnyKey, entries } from "../instrument/registry.ts"
import { type Family, findings, type LintRule } from "./lint/rules.ts"

export type { LintRule } from "./lint/rules.ts"

/** How to check. */
export interface LintOptions {
  /**
   * The most series per metric; 100 unless said otherwise. Above that, Prometheus advises to look for another solution
   * (https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels).
   */
  readonly maxSeries?: number | undefined
}

/** A problem with a metric. */
export interface LintProblem {
  /** The name of the metric. */
  readonly metric: string
  /** The rule that it breaks. */
  readonly rule: LintRule
  /** What is wrong. */
  readonly problem: string
  /** What to do about it. */
  readonly fix: string
}

/**
 * Checks all metrics of a registry, ours and those made with Effect's `Metric`. It has the rules of
 * `promtool check metrics`, and rules for units, illegal names, conflicts and numbers of series. The problems are sorted by
 * metric; there are none if all is well. Effect's internal metrics (`effect_fiber_started`) are left out. Our metrics are
 * checked even before they have series; metrics of Effect's `Metric` only once something was recorded.
 */
export const lint = (
  registry: MetricRegistry.MetricRegistry,
  { maxSeries = 100 }: LintOptions = {}
): Effect.Effect<ReadonlyArray<LintProblem>> =>
  Effect.map(Clock.currentTimeNanos, (now) =>
    familiesOf(registry, now).flatMap((family) =>
      findings(family, maxSeries).map((finding) => ({ metric: family.name, ...finding }))
    )
  )

const familiesOf = (registry: MetricRegistry.MetricRegistry, nowNanos: bigint): ReadonlyArray<Family> => {
  const instruments = Array.from(meterOf(registry).collect(nowNanos))
  const own = instruments.map((instrument): Family => {
    const { convention, help, kind, labels, name, unit } = instrument.row
    const series = Array.from(instrument.all(), (one) => one.labels)
    const labelNames = new Set([...labels, ...series.flat().map(({ key }) => key)])
    const isConventional = convention !== undefined
    return { name, kind, unit, help, labelNames, series, definitions: 1, isOwn: true, isConventional }
  })
  const names = new Set(own.map(({ name }) => name))
  const external = Array.from(byName(registry), ([, keys]) => familyOf(keys)).filter(
    ({ name }) => !names.has(name) && knownUnit(name) === undefined
  )
  return [...own, ...external].sort((one, other) => (one.name < other.name ? -1 : 1))
}

const byName = (registry: MetricRegistry.MetricRegistry): ReadonlyMap<string, readonly [AnyKey, ...Array<AnyKey>]> => {
  const found = new Map<string, [AnyKey, ...Array<AnyKey>]>()
  for (const { key } of entries(registry)) {
    const known = found.get(key.name)
    if (known === undefined) {
      found.set(key.name, [key])
    } else {
      known.push(key)
    }
  }
  return found
}

/** The metric that others made: what the first of its series says, and how many definitions there are in all. */
const familyOf = (keys: readonly [AnyKey, ...Array<AnyKey>]): Family => {
  const { metric } = definitionOf(keys[0])
  const series = keys.map((key) => attempt(() => key.tags.filter(({ key: name }) => !unitLabels.has(name))) ?? [])
  return {
    name: keys[0].name,
    kind: metric.kind,
    unit: metric.unit,
    help: metric.help,
    labelNames: new Set(series.flat().map(({ key }) => key)),
    series,
    definitions: new Set(keys.map((key) => shapeOf(key))).size,
    isOwn: false,
    isConventional: false
  }
}

/** Labels by which Effect's timers tell their unit; they are not exported as labels. */
const unitLabels: ReadonlySet<string> = new Set(["unit", "time_unit"])

const shapeOf = (key: AnyKey): string => {
  const { metric, shape } = definitionOf(key)
  return JSON.stringify([shape, metric.help])
}
