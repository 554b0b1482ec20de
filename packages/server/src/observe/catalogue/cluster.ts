/** The cluster metrics: messages, entities, shards, singletons and storage of @effect/cluster. */
import { failedOutcomes } from "./outcome.ts"
import type { Rows } from "./row.ts"

const labels = ["entity_type", "operation"] as const

/** The values of the label `operation`: what can be done with a message. */
export const clusterOperations = ["send", "broadcast", "receive"] as const

/** Why an entity was deactivated. */
export const deactivationReasons = ["idle", "shutdown", "shard_moved", "defect"] as const

/** Why a message reached a handler again. */
export const redeliveryReasons = ["entity_restart", "stream_resume", "storage"] as const

/** The states of a stored message that is not done. */
export const backlogStates = ["pending", "delivered", "scheduled"] as const

/** What a health check of another runner found. */
export const healthCheckResults = ["alive", "dead", "error"] as const

/** How a shard came to a runner or left it. */
export const shardMoveDirections = ["acquired", "released", "lost"] as const

export const cluster = {
  entityActivations: {
    name: "cluster_entity_activations_total",
    kind: "counter",
    unit: "{entity}",
    labels: ["entity_type"],
    stable: true,
    help: "Entities activated on this runner.",
    excludes: "Rebuilds after a defect, which cluster_entity_restarts_total counts."
  },
  entityDeactivations: {
    name: "cluster_entity_deactivations_total",
    kind: "counter",
    unit: "{entity}",
    labels: ["entity_type", "reason"],
    stable: true,
    closed: { reason: deactivationReasons },
    help: "Entities deactivated on this runner, by reason.",
    excludes: "Entities of a runner that was killed."
  },
  entityLifetime: {
    name: "cluster_entity_lifetime_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type"],
    stable: true,
    boundaries: "entityLifetime",
    help: "Time from the activation of an entity, or its rebuild after a defect, to its deactivation.",
    excludes: "Active entities, and those of a runner that was killed."
  },
  errors: {
    name: "cluster_errors_total",
    kind: "counter",
    unit: "{error}",
    labels: ["entity_type", "type"],
    stable: true,
    help: "Cluster operations that ended in a failure or a defect, by type of error.",
    excludes:
      "RunnerUnavailable and EntityNotAssignedToRunner, which clients retry internally: see " +
      "cluster_runner_sends_total. Sender and receiver are not told apart: a handler that fails while its caller " +
      "waits counts twice, once for each."
  },
  messageLatency: {
    name: "cluster_message_latency_seconds",
    kind: "histogram",
    unit: "s",
    labels: [...labels, "message"],
    stable: true,
    boundaries: "cluster",
    help:
      "Duration of one cluster operation, whatever its outcome: a send as its caller saw it, a receive from arrival " +
      "to the end of the handler.",
    excludes: "Saving the reply to a received message."
  },
  messagesReceived: {
    name: "cluster_messages_received_total",
    kind: "counter",
    unit: "{message}",
    labels: [...labels, "message"],
    stable: true,
    help: "Messages that reached a handler, redeliveries included.",
    excludes:
      "Messages refused before the handler: the mailbox is full, the type is unknown, or the payload does not " +
      "decode."
  },
  messagesSent: {
    name: "cluster_messages_sent_total",
    kind: "counter",
    unit: "{message}",
    labels: [...labels, "message"],
    stable: true,
    help: "Messages sent successfully: answered, accepted if the reply is discarded, or streamed to the end.",
    excludes:
      "Broadcasts, failed and interrupted sends, and streams or mailboxes that the caller left before their end."
  },
  redeliveries: {
    name: "cluster_redeliveries_total",
    kind: "counter",
    unit: "{message}",
    labels: ["entity_type", "reason"],
    stable: true,
    closed: { reason: redeliveryReasons },
    help: "Messages that reached a handler again, by reason.",
    excludes:
      "Reason storage, where messages are not stored in SQL. Whether the earlier run had finished its work: no " +
      "other process can know."
  },
  activationDuration: {
    name: "cluster_entity_activation_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type", "outcome"],
    boundaries: "cluster",
    closed: { outcome: failedOutcomes },
    help: "Time to build the handlers of an entity, whatever the outcome; the label outcome is absent on success."
  },
  backlog: {
    name: "cluster_message_backlog",
    kind: "gauge",
    unit: "{message}",
    labels: ["state"],
    scope: "cluster",
    closed: { state: backlogStates },
    help: "Stored messages that are not done, by state; one runner reports it for the whole cluster.",
    excludes: "Volatile messages, which are never stored."
  },
  backlogOldestAge: {
    name: "cluster_message_backlog_oldest_age_seconds",
    kind: "gauge",
    unit: "s",
    labels: [],
    scope: "cluster",
    help: "Age of the oldest stored message that is due and not done, 0 when there is none.",
    excludes: "Volatile messages, which are never stored."
  },
  duplicates: {
    name: "cluster_messages_duplicate_total",
    kind: "counter",
    unit: "{message}",
    labels: ["entity_type"],
    help: "Requests whose primary key was already in the storage."
  },
  entitiesActive: {
    name: "cluster_entities_active",
    kind: "upDownCounter",
    unit: "{entity}",
    labels: ["entity_type"],
    help: "Entities active on this runner."
  },
  entityRestarts: {
    name: "cluster_entity_restarts_total",
    kind: "counter",
    unit: "{restart}",
    labels: ["entity_type"],
    help: "Entities rebuilt after a defect."
  },
  mailboxDepth: {
    name: "cluster_mailbox_depth",
    kind: "upDownCounter",
    unit: "{message}",
    labels: ["entity_type"],
    help: "Messages that arrived at an entity on this runner and whose handler has not started."
  },
  messageDelay: {
    name: "cluster_message_delivery_delay_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type"],
    boundaries: "cluster",
    help: "Time from sending a message, by the sender's clock, to its arrival; deliberate delay does not count.",
    excludes: "Redeliveries. Clocks that differ between runners show as delay, never as less than 0."
  },
  messageProcessing: {
    name: "cluster_message_processing_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type", "message", "outcome"],
    boundaries: "cluster",
    closed: { outcome: failedOutcomes },
    help: "Duration of a handler, whatever its outcome; the label outcome is absent on success.",
    excludes: "Messages interrupted before their handler started."
  },
  messageWait: {
    name: "cluster_message_wait_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type"],
    boundaries: "cluster",
    help: "Time from the arrival of a message to the start of its handler.",
    excludes: "Messages interrupted before their handler started."
  },
  messagesInFlight: {
    name: "cluster_messages_in_flight",
    kind: "upDownCounter",
    unit: "{message}",
    labels: ["entity_type"],
    help: "Messages that handlers on this runner are processing now."
  },
  runnerSends: {
    name: "cluster_runner_sends_total",
    kind: "counter",
    unit: "{attempt}",
    labels: ["outcome", "type"],
    closed: { outcome: failedOutcomes },
    help: "Attempts to send a volatile message to another runner; the labels outcome and type are absent on success.",
    excludes: "Persisted messages, which go through the storage."
  },
  runnerHealthChecks: {
    name: "cluster_runner_health_checks_total",
    kind: "counter",
    unit: "{check}",
    labels: ["result"],
    closed: { result: healthCheckResults },
    help: "Health checks of other runners, by result."
  },
  shardsConfigured: {
    name: "cluster_shards_configured",
    kind: "gauge",
    unit: "{shard}",
    labels: [],
    scope: "cluster",
    help: "Shards in the cluster, by this runner's configuration: shards per group times available shard groups.",
    excludes: "Differences in configuration: each runner reports its own."
  },
  shardsHeld: {
    name: "cluster_shards_held",
    kind: "gauge",
    unit: "{shard}",
    labels: [],
    help:
      "Shard locks that the storage confirmed for this runner; 0 after release, after shutdown and while the " +
      "storage does not answer.",
    excludes: "The loss of a lock until the next refresh of the locks."
  },
  shardMoves: {
    name: "cluster_shard_moves_total",
    kind: "counter",
    unit: "{shard}",
    labels: ["direction"],
    closed: { direction: shardMoveDirections },
    help: "Shards that this runner acquired, released or lost."
  },
  singletonRuns: {
    name: "cluster_singleton_runs_total",
    kind: "counter",
    unit: "{run}",
    labels: ["singleton", "outcome"],
    closed: { outcome: failedOutcomes },
    help: "Runs of singletons that ended; the label outcome is absent on success.",
    excludes: "Singletons of the cluster itself and of this library."
  },
  singletonsActive: {
    name: "cluster_singletons_active",
    kind: "upDownCounter",
    unit: "{singleton}",
    labels: ["singleton"],
    help: "Singletons on this runner, from their start until they move.",
    excludes: "Singletons of the cluster itself and of this library."
  },
  storageDuration: {
    name: "cluster_storage_operation_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["storage_operation", "outcome"],
    boundaries: "cluster",
    closed: { outcome: failedOutcomes },
    help:
      "Duration of an operation of the message or runner storage, whatever its outcome; the label outcome is absent " +
      "on success."
  }
} as const satisfies Rows
