/** Which entities are active, where, and for how long? */
import { catalogue } from "@parametric-portal/server/observe/catalogue"
import { clusterEntityRestartLoop } from "../../alerts/cluster-entity-restart-loop.ts"
import { clusterMessageLatencyHigh } from "../../alerts/cluster-message-latency-high.ts"
import { clusterShardsUnowned } from "../../alerts/cluster-shards-unowned.ts"
import { counter, gauge } from "../../promql/select.ts"
import { deactivation } from "../../promql/values.ts"
import { entityType, percentile, percentiles, process } from "../scope.ts"
import type { Panel } from "../dashboard.ts"

const { cluster } = catalogue

const of = { ...process, ...entityType }

export const entityPanels = [
  {
    title: "Entities by type",
    kind: "stack",
    unit: "suffix: entities",
    description: "Active now. Rises without end: entities are never deactivated, or each message creates a new one.",
    alert: clusterEntityRestartLoop,
    queries: [{ query: gauge(cluster.entitiesActive, of).sumBy("entity_type"), legend: "{{entity_type}}" }]
  },
  {
    title: "Entities by runner",
    kind: "stack",
    unit: "suffix: entities",
    description: "Should follow the shards. One runner far above the others: hot shards.",
    alert: clusterShardsUnowned,
    queries: [{ query: gauge(cluster.entitiesActive, of).sumBy("instance"), legend: "{{instance}}" }]
  },
  {
    title: "Activations and deactivations",
    kind: "lines",
    unit: "suffix: entities/s",
    description:
      `Many \`${deactivation.shard_moved}\`: shards keep moving. Many \`${deactivation.defect}\`: see the restarts. As ` +
      `many \`${deactivation.idle}\` as activations: entities are short-lived.`,
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
    description: "Rebuilt after a defect. A steady rate: a message that kills its entity is delivered again and again.",
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
    title: "Activation time",
    kind: "lines",
    unit: "s",
    description:
      "Building the handlers of an entity; its first message waits for it. Slow: what the entity loads at its " +
      "start.",
    alert: clusterMessageLatencyHigh,
    queries: [percentile(cluster.activationDuration, of, "entity_type", "outcome")]
  },
  {
    title: "Entity lifetime",
    kind: "lines",
    unit: "s",
    description: "From activation to deactivation. Seconds where minutes are usual: entities die or move.",
    alert: clusterEntityRestartLoop,
    queries: percentiles(cluster.entityLifetime, of, "entity_type"),
    empty: "No entity has been deactivated yet."
  }
] as const satisfies ReadonlyArray<Panel>
