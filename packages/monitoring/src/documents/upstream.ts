/** The metrics that Effect and `@effect/cluster` define themselves, and why no panel or alert is built on them. */

/** A metric that upstream defines. */
export interface Upstream {
  /** As Prometheus stores it, without the suffixes of a histogram. */
  readonly name: string
  readonly isHistogram?: true
  readonly measures: string
  readonly gap: string
  readonly instead: string
}

export const upstream: ReadonlyArray<Upstream> = [
  {
    name: "effect_cluster_shards",
    measures: "Shards that this runner holds.",
    gap: "Updated only when shards are acquired or locks are unhealthy: seen at 300 while 100 were held.",
    instead: "[`cluster_shards_held`](#cluster_shards_held)"
  },
  {
    name: "effect_cluster_entities",
    measures: "Entities on this runner, by type.",
    gap: "Keeps its last value after the runner has stopped.",
    instead: "[`cluster_entities_active`](#cluster_entities_active)"
  },
  {
    name: "effect_cluster_singletons",
    measures: "Singletons on this runner.",
    gap: "Keeps its last value after the runner has stopped, and counts an internal singleton.",
    instead: "[`cluster_singletons_active`](#cluster_singletons_active)"
  },
  {
    name: "effect_cluster_runners",
    measures: "Runners that this runner knows.",
    gap: "The view of one runner, as old as its last read of the storage.",
    instead: "the recording rule `service:cluster_runners:count`"
  },
  {
    name: "effect_cluster_runners_healthy",
    measures: "Runners that this runner considers healthy.",
    gap: "The view of one runner, without when it was checked, or by whom.",
    instead: "[`cluster_runner_health_checks_total`](#cluster_runner_health_checks_total)"
  },
  {
    name: "effect_fiber_started_total",
    measures: "Fibers started in this process.",
    gap: "Counts all fibers, whatever they belong to.",
    instead: "the counters of the work itself: `jobs_*`, `cluster_messages_*`"
  },
  {
    name: "effect_fiber_active",
    measures: "Fibers of this process that are running or waiting.",
    gap: "An idle worker counts as active.",
    instead: "[`jobs_in_flight`](#jobs_in_flight), [`cluster_messages_in_flight`](#cluster_messages_in_flight)"
  },
  {
    name: "effect_fiber_successes_total",
    measures: "Fibers that succeeded.",
    gap: "Counts all fibers, whatever they belong to.",
    instead: "[`jobs_completed_total`](#jobs_completed_total)"
  },
  {
    name: "effect_fiber_failures_total",
    measures: "Fibers that did not succeed, interruptions included.",
    gap: "An orderly stop counts like a failure.",
    instead: "[`jobs_failed_total`](#jobs_failed_total), [`cluster_errors_total`](#cluster_errors_total)"
  },
  {
    name: "effect_fiber_lifetimes",
    isHistogram: true,
    measures: "Lifetime of a fiber.",
    gap: "In milliseconds; everything else is in seconds.",
    instead: "[`jobs_processing_seconds`](#jobs_processing_seconds)"
  }
]
