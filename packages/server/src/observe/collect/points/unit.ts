/** Units of external metrics, from the words that Effect's timers put into a label to UCUM. */

/** Metrics of Effect that say nothing of their unit. Upstream owns the prefix; only the unit is ours. */
export const knownUnits: Readonly<Record<string, string>> = {
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

const words: Readonly<Record<string, string>> = {
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

const ucum: ReadonlySet<string> = new Set([
  ...Object.values(words),
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
export const unitOfWord = (word: string): string | undefined =>
  Object.hasOwn(words, word) ? words[word] : ucum.has(word) || /^\{[a-zA-Z_]+\}$/.test(word) ? word : undefined
