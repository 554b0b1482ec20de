/** Messages of the cluster in the words of OpenTelemetry's conventions. */
import { messagingSystems } from "../../observe/catalogue/messaging.ts"
import type { Outcome } from "../../observe/catalogue/outcome.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { MessagingTracker, type MessagingWords } from "../../observe/track/messaging-series.ts"
import type { Watcher } from "../../observe/track/watch.ts"
import { errorTypeOf } from "./cluster-error.ts"
import type { ClusterMetricsOptions } from "./options.ts"

const words: MessagingWords = { system: messagingSystems.cluster, send: "send" }

/** Counts the messages of the cluster, where the options ask for it. */
export const clusterMessages = (
  metrics: MetricsService,
  { semconv = false }: ClusterMetricsOptions
): MessagingTracker | undefined => (semconv ? new MessagingTracker(metrics, words) : undefined)

/** The type that `cluster_errors_total` has, or `interrupted`; nothing on success. */
export const messageErrorType = (outcome: Outcome): string | undefined =>
  outcome._tag === "interrupted" ? outcome._tag : errorTypeOf(outcome)

/** A watcher of sends to an entity type that also counts them as messages. */
export const sending = (watcher: Watcher, messages: MessagingTracker, entityType: string): Watcher => {
  // So that the counter shows zero before the first message.
  messages.producer(entityType, [])
  return {
    site: watcher.site,
    meter: watcher.meter,
    ended: (outcome, seconds, start) => {
      watcher.ended(outcome, seconds, start)
      const errorType = messageErrorType(outcome)
      const series = messages.producer(entityType, start.ambient)
      series.sent(1, errorType)
      series.ended({ seconds, errorType }, start)
    }
  }
}
