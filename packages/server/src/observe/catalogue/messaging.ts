/**
 * The metrics and words of OpenTelemetry's conventions for messaging, beside our own of jobs and of the cluster
 * (https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/). Spans of jobs use the same words.
 */
import { conventional } from "./conventional.ts"
import type { Rows } from "./row.ts"

/** The names of the attributes. */
export const messagingAttributes = {
  system: "messaging.system",
  operationName: "messaging.operation.name",
  operationType: "messaging.operation.type",
  destination: "messaging.destination.name",
  messageId: "messaging.message.id",
  batchCount: "messaging.batch.message_count"
} as const

/** The values of `messaging.system`: for jobs, and for the messages of `@effect/cluster`. */
export const messagingSystems = { jobs: "parametric_portal", cluster: "effect_cluster" } as const

const { destination, operationName, operationType, system } = messagingAttributes

const common = [system, operationName, destination] as const

const onlyIfAsked = "Recorded with the option semconv only."

export const messaging = {
  sentMessages: conventional({
    name: "messaging.client.sent.messages",
    kind: "counter",
    unit: "{message}",
    stability: "development",
    attributes: [...common, "error.type"],
    help:
      "Jobs accepted, as in jobs_enqueued_total, and calls of entity clients that ended; with error_type submits that " +
      `failed, a submitMany once, and calls that failed or were interrupted. ${onlyIfAsked}`,
    excludes: "Submits that were interrupted before they were written, duplicates, and replays."
  }),
  consumedMessages: conventional({
    name: "messaging.client.consumed.messages",
    kind: "counter",
    unit: "{message}",
    stability: "development",
    attributes: common,
    help: `Attempts that began, and messages that reached a handler of an entity, redeliveries included. ${onlyIfAsked}`,
    excludes: "What became of them, which messaging_process_duration_seconds says."
  }),
  operationDuration: conventional({
    name: "messaging.client.operation.duration",
    kind: "histogram",
    unit: "s",
    stability: "development",
    attributes: [...common, operationType, "error.type"],
    boundaries: "messaging",
    help:
      "Duration of a submit, and of a call of an entity client until its reply, whatever its outcome; error_type is " +
      `absent on success. ${onlyIfAsked}`,
    excludes: "Submits that succeed in a caller's transaction, duplicates, cancels and replays."
  }),
  processDuration: conventional({
    name: "messaging.process.duration",
    kind: "histogram",
    unit: "s",
    stability: "development",
    attributes: [...common, "error.type"],
    boundaries: "messaging",
    help:
      "Duration of an attempt at a job, and of the handler of a message, whatever its outcome; error_type is absent on " +
      `success. ${onlyIfAsked}`,
    excludes: "What is still running, what a killed process ran, and messages interrupted before their handler started."
  })
} as const satisfies Rows
