/** The metrics that Effect and `@effect/cluster` define themselves, and why no panel or alert is built on them. */

/** A metric of theirs. */
export interface Upstream {
  /** As Prometheus stores it, without the suffixes of a histogram. */
  readonly name: string
  readonly isHistogram?: true
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
  },
  {
    name: "effect_fiber_started_total",
    says: "Fibers of this process that started.",
    gap: "All fibers, of whatever they are part.",
    instead: "what the work itself counts: `jobs_*`, `cluster_messages_*`"
  },
  {
    name: "effect_fiber_active",
    says: "Fibers of this process that run or wait.",
    gap: "A worker that waits for work is active, too.",
    instead: "[`jobs_in_flight`](#jobs_in_flight), [`cluster_messages_in_flight`](#cluster_messages_in_flight)"
  },
  {
    name: "effect_fiber_successes_total",
    says: "Fibers that ended with a value.",
    gap: "All fibers, of whatever they are part.",
    instead: "[`jobs_completed_total`](#jobs_completed_total)"
  },
  {
    name: "effect_fiber_failures_total",
    says: "Fibers that ended otherwise, interruptions included.",
    gap: "A fiber that is stopped in order counts like one that fails.",
    instead: "[`jobs_failed_total`](#jobs_failed_total), [`cluster_errors_total`](#cluster_errors_total)"
  },
  {
    name: "effect_fiber_lifetimes",
    isHistogram: true,
    says: "From the start of a fiber to its end.",
    gap: "In milliseconds, where all else is in seconds.",
    instead: "[`jobs_processing_seconds`](#jobs_processing_seconds)"
  }
]
