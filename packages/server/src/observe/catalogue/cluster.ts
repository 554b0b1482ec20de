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
    help: "Entities that came to life on this runner.",
    excludes: "Rebuilds after a defect, which are cluster_entity_restarts_total."
  },
  entityDeactivations: {
    name: "cluster_entity_deactivations_total",
    kind: "counter",
    unit: "{entity}",
    labels: ["entity_type", "reason"],
    stable: true,
    closed: { reason: deactivationReasons },
    help: "Entities that went, by reason.",
    excludes: "Entities of a runner that was killed."
  },
  entityLifetime: {
    name: "cluster_entity_lifetime_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type"],
    stable: true,
    boundaries: "entityLifetime",
    help: "From the activation of an entity to its deactivation.",
    excludes: "Entities that are still alive, and those of a runner that was killed."
  },
  errors: {
    name: "cluster_errors_total",
    kind: "counter",
    unit: "{error}",
    labels: ["entity_type", "type"],
    stable: true,
    help: "Cluster operations that failed or died, by type of error.",
    excludes:
      "RunnerUnavailable and EntityNotAssignedToRunner, which clients retry unseen: see cluster_runner_sends_total. " +
      "Which side it was: a handler that fails while its caller waits is two errors, the receiver's and the sender's."
  },
  messageLatency: {
    name: "cluster_message_latency_seconds",
    kind: "histogram",
    unit: "s",
    labels: [...labels, "message"],
    stable: true,
    boundaries: "cluster",
    help: "One cluster operation from start to end, whatever its outcome, as its caller saw it."
  },
  messagesReceived: {
    name: "cluster_messages_received_total",
    kind: "counter",
    unit: "{message}",
    labels: [...labels, "message"],
    stable: true,
    help: "Messages that were received; zero-touch, messages that reached a handler, redeliveries included."
  },
  messagesSent: {
    name: "cluster_messages_sent_total",
    kind: "counter",
    unit: "{message}",
    labels: [...labels, "message"],
    stable: true,
    help: "Messages that were sent: the send succeeded.",
    excludes: "Broadcasts, and streams that their caller left before their end."
  },
  redeliveries: {
    name: "cluster_redeliveries_total",
    kind: "counter",
    unit: "{message}",
    labels: ["entity_type", "reason"],
    stable: true,
    closed: { reason: redeliveryReasons },
    help: "Messages that reached a handler again, by reason.",
    excludes: "Whether the lost run had finished its work: no process can know that of another."
  },
  activationDuration: {
    name: "cluster_entity_activation_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type", "outcome"],
    boundaries: "cluster",
    closed: { outcome: failedOutcomes },
    help: "Building the handlers of an entity."
  },
  backlog: {
    name: "cluster_message_backlog",
    kind: "gauge",
    unit: "{message}",
    labels: ["state"],
    scope: "cluster",
    closed: { state: backlogStates },
    help: "Messages that are stored and not done, by state; one runner writes it for the cluster.",
    excludes: "Volatile messages, which are never stored."
  },
  backlogOldestAge: {
    name: "cluster_message_backlog_oldest_age_seconds",
    kind: "gauge",
    unit: "s",
    labels: [],
    scope: "cluster",
    help: "Age of the oldest stored message that is due and not done, 0 when there is none."
  },
  duplicates: {
    name: "cluster_messages_duplicate_total",
    kind: "counter",
    unit: "{message}",
    labels: ["entity_type"],
    help: "Requests that the storage had already, by their primary key."
  },
  entitiesActive: {
    name: "cluster_entities_active",
    kind: "upDownCounter",
    unit: "{entity}",
    labels: ["entity_type"],
    help: "Entities alive on this runner."
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
    help: "Messages that arrived at an entity and have not started."
  },
  messageDelay: {
    name: "cluster_message_delivery_delay_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type"],
    boundaries: "cluster",
    help: "From when a message was sent, by the sender's clock, to its arrival; deliberate delay is taken off.",
    excludes: "Redeliveries."
  },
  messageProcessing: {
    name: "cluster_message_processing_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type", "message", "outcome"],
    boundaries: "cluster",
    closed: { outcome: failedOutcomes },
    help: "A handler from start to end, whatever its outcome; the label outcome is absent on success."
  },
  messageWait: {
    name: "cluster_message_wait_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["entity_type"],
    boundaries: "cluster",
    help: "From the arrival of a message to the start of its handler."
  },
  messagesInFlight: {
    name: "cluster_messages_in_flight",
    kind: "upDownCounter",
    unit: "{message}",
    labels: ["entity_type"],
    help: "Messages in a handler now."
  },
  runnerSends: {
    name: "cluster_runner_sends_total",
    kind: "counter",
    unit: "{attempt}",
    labels: ["outcome", "type"],
    closed: { outcome: failedOutcomes },
    help: "Tries to reach another runner; the labels outcome and type are absent on success."
  },
  runnerHealthChecks: {
    name: "cluster_runner_health_checks_total",
    kind: "counter",
    unit: "{check}",
    labels: ["result"],
    closed: { result: healthCheckResults },
    help: "Checks of the health of other runners, by result."
  },
  shardsConfigured: {
    name: "cluster_shards_configured",
    kind: "gauge",
    unit: "{shard}",
    labels: [],
    scope: "cluster",
    help: "Shards that the cluster has: shards a group times the available shard groups of the configuration.",
    excludes: "A runner that is configured otherwise than the rest: each runner tells what its own configuration says."
  },
  shardsHeld: {
    name: "cluster_shards_held",
    kind: "gauge",
    unit: "{shard}",
    labels: [],
    help: "Shard locks really held by this runner; zero after release and after shutdown."
  },
  shardMoves: {
    name: "cluster_shard_moves_total",
    kind: "counter",
    unit: "{shard}",
    labels: ["direction"],
    closed: { direction: shardMoveDirections },
    help: "Shards that came to this runner or left it."
  },
  singletonRuns: {
    name: "cluster_singleton_runs_total",
    kind: "counter",
    unit: "{run}",
    labels: ["singleton", "outcome"],
    closed: { outcome: failedOutcomes },
    help: "Runs of singletons that ended; the label outcome is absent on success."
  },
  singletonsActive: {
    name: "cluster_singletons_active",
    kind: "upDownCounter",
    unit: "{singleton}",
    labels: ["singleton"],
    help: "Singletons running on this runner."
  },
  storageDuration: {
    name: "cluster_storage_operation_seconds",
    kind: "histogram",
    unit: "s",
    labels: ["storage_operation", "outcome"],
    boundaries: "cluster",
    closed: { outcome: failedOutcomes },
    help: "Operations on the message and runner storage, whatever their outcome."
  }
} as const satisfies Rows
