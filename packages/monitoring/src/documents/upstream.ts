/** The gauges that `@effect/cluster` defines itself, and why no panel or alert is built on them. */

/** A gauge of `@effect/cluster`. */
export interface Upstream {
  readonly name: string
  readonly says: string
  readonly gap: string
  readonly instead: string
}

export const upstream: ReadonlyArray<Upstream> = [
  {
    name: "effect_cluster_shards",
    says: "Shards of this runner.",
    gap: "Written only when shards are acquired or locks are unhealthy: it was seen at 300 while 100 were held.",
    instead: "[`cluster_shards_held`](#cluster_shards_held)"
  },
  {
    name: "effect_cluster_entities",
    says: "Entities of a type on this runner.",
    gap: "Keeps its last value after the runner has closed.",
    instead: "[`cluster_entities_active`](#cluster_entities_active)"
  },
  {
    name: "effect_cluster_singletons",
    says: "Singletons on this runner.",
    gap: "Keeps its last value after the runner has closed, and counts an internal one.",
    instead: "[`cluster_singletons_active`](#cluster_singletons_active)"
  },
  {
    name: "effect_cluster_runners",
    says: "Runners that this runner knows.",
    gap: "One runner's view, as old as its last look at the storage.",
    instead: "the recorded `service:cluster_runners:count`"
  },
  {
    name: "effect_cluster_runners_healthy",
    says: "Runners that this runner takes for healthy.",
    gap: "One runner's view; it says nothing of who checked when.",
    instead: "[`cluster_runner_health_checks_total`](#cluster_runner_health_checks_total)"
  }
]
