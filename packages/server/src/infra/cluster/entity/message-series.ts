/** The series that the messages of one RPC of one entity type move. */
import type { FailedOutcome } from "../../../observe/catalogue/outcome.ts"
import { bind, bindEach } from "../../../observe/instrument/bind.ts"
import type { Ambient } from "../../../observe/instrument/label.ts"
import type { Series } from "../../../observe/instrument/series.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import type { ConsumerSeries, MessagingTracker } from "../../../observe/track/messaging-series.ts"
import { bound } from "../bound-series.ts"

/** The series of one RPC of one entity type. */
export interface MessageSeries {
  readonly received: Series
  readonly latency: Series
  readonly processed: Series
  readonly processing: (outcome: FailedOutcome | undefined) => Series
  readonly wait: Series
  readonly delay: Series
  readonly depth: Series
  readonly inFlight: Series
  readonly restarted: Series
  readonly resumed: Series
  readonly errors: (type: string) => Series
  /** Where messages are also counted by the conventions. */
  readonly consumer: ConsumerSeries | undefined
}

/** What the series are bound to, and under which labels. */
export interface MessageLabels {
  readonly entity_type: string
  readonly message: string | undefined
  readonly ambient: Ambient
}

/** The series of one RPC of an entity type: bound once, and again after a removal. */
export const messageSeries = (
  metrics: MetricsService,
  { ambient, entity_type, message }: MessageLabels,
  messages: MessagingTracker | undefined
): (() => MessageSeries) => {
  const { cluster, meter } = metrics
  const operation = { entity_type, operation: "receive", message }
  return bound(meter, () => {
    const processing = bindEach(cluster.messageProcessing, "outcome", { labels: { entity_type, message }, ambient })
    return {
      received: bind(cluster.messagesReceived, operation, ambient),
      latency: bind(cluster.messageLatency, operation, ambient),
      processed: processing(undefined),
      processing,
      wait: bind(cluster.messageWait, { entity_type }, ambient),
      delay: bind(cluster.messageDelay, { entity_type }, ambient),
      depth: bind(cluster.mailboxDepth, { entity_type }, ambient),
      inFlight: bind(cluster.messagesInFlight, { entity_type }, ambient),
      restarted: bind(cluster.redeliveries, { entity_type, reason: "entity_restart" }, ambient),
      resumed: bind(cluster.redeliveries, { entity_type, reason: "stream_resume" }, ambient),
      errors: (type) => bind(cluster.errors, { entity_type, type }, ambient),
      consumer: messages?.consumer(entity_type, ambient)
    }
  })
}
