/** Units of external metrics, from the names that Effect's timers put into a label to UCUM. */

/** Metrics of Effect that say nothing of their unit. Upstream owns the prefix; only the unit is ours. */
const knownUnits: Readonly<Record<string, string>> = {
  effect_cluster_entities: "{entity}",
  effect_cluster_singletons: "{singleton}",
  effect_cluster_runners: "{runner}",
  effect_cluster_runners_healthy: "{runner}",
  effect_cluster_shards: "{shard}",
  effect_fiber_started: "{fiber}",
  effect_fiber_active: "{fiber}",
  effect_fiber_successes: "{fiber}",
  effect_fiber_failures: "{fiber}"
}

/** The unit of a metric of Effect's own. */
export const knownUnit = (name: string): string | undefined =>
  Object.hasOwn(knownUnits, name) ? knownUnits[name] : undefined

const byName: Readonly<Record<string, string>> = {
  nanoseconds: "ns",
  microseconds: "us",
  milliseconds: "ms",
  seconds: "s",
  minutes: "min",
  hours: "h",
  days: "d",
  bytes: "By",
  bits: "bit",
  percent: "%"
}

const byUnit: ReadonlyMap<string, string> = new Map(Object.entries(byName).map(([word, unit]) => [unit, word]))

/** The word for a unit that Effect's timers and Prometheus have. */
export const unitWord = (unit: string): string | undefined => byUnit.get(unit)

const ucum: ReadonlySet<string> = new Set([
  ...Object.values(byName),
  "1",
  "KiBy",
  "MiBy",
  "GiBy",
  "kBy",
  "MBy",
  "GBy",
  "Cel",
  "Hz"
])

/** The UCUM unit that a `unit` or `time_unit` label means, or nothing: then it is an ordinary label. */
export const unitNamed = (name: string): string | undefined =>
  Object.hasOwn(byName, name) ? byName[name] : ucum.has(name) || /^\{[a-zA-Z_]+\}$/.test(name) ? name : undefined
