/** Which entities live, where, and for how long? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterEntityRestartLoop } from "../../alerts/cluster-entity-restart-loop.ts"
import { clusterMessageLatencyHigh } from "../../alerts/cluster-message-latency-high.ts"
import { clusterShardsUnowned } from "../../alerts/cluster-shards-unowned.ts"
import { counter, gauge } from "../../promql/select.ts"
import { entityType, percentile, percentiles, process } from "../scope.ts"
import type { Panel } from "../dashboard.ts"

const { cluster } = catalogue

const of = { ...process, ...entityType }

export const entityPanels = [
  {
    title: "Entities by type",
    kind: "stack",
    unit: "suffix: entities",
    description: "Alive now. A climb without end: entities are not let go of, or each message makes a new one.",
    alert: clusterEntityRestartLoop,
    queries: [{ query: gauge(cluster.entitiesActive, of).sumBy("entity_type"), legend: "{{entity_type}}" }]
  },
  {
    title: "Entities by runner",
    kind: "stack",
    unit: "suffix: entities",
    description: "About as the shards are. One runner far above: hot shards.",
    alert: clusterShardsUnowned,
    queries: [{ query: gauge(cluster.entitiesActive, of).sumBy("instance"), legend: "{{instance}}" }]
  },
  {
    title: "Activations and deactivations",
    kind: "lines",
    unit: "suffix: entities/s",
    description:
      "Many for shard_moved: shards go round. Many for defect: see the restarts. As many idle as activations: short lives.",
    alert: clusterEntityRestartLoop,
    queries: [
      {
        query: counter(cluster.entityActivations, of).rate("$__rate_interval").sumBy("entity_type"),
        legend: "{{entity_type}} activated"
      },
      {
        query: counter(cluster.entityDeactivations, of).rate("$__rate_interval").sumBy("entity_type", "reason"),
        legend: "{{entity_type}} {{reason}}"
      }
    ]
  },
  {
    title: "Entity restarts",
    kind: "lines",
    unit: "suffix: restarts/s",
    description: "Rebuilt after a defect. Steady: a message that kills its entity is delivered again and again.",
    alert: clusterEntityRestartLoop,
    queries: [
      {
        query: counter(cluster.entityRestarts, of).rate("$__rate_interval").sumBy("entity_type"),
        legend: "{{entity_type}}"
      }
    ],
    empty: "No entity has been rebuilt."
  },
  {
    title: "Time to activate",
    kind: "lines",
    unit: "s",
    description: "Building an entity's handlers. The first message waits for it; slow is what it loads at its start.",
    alert: clusterMessageLatencyHigh,
    queries: [percentile(cluster.activationDuration, of, "entity_type", "outcome")]
  },
  {
    title: "Lifetime of entities",
    kind: "lines",
    unit: "s",
    description: "From activation to deactivation. Seconds, where minutes are usual: they die or move.",
    alert: clusterEntityRestartLoop,
    queries: percentiles(cluster.entityLifetime, of, "entity_type"),
    empty: "No entity has been deactivated yet."
  }
] as const satisfies ReadonlyArray<Panel>
