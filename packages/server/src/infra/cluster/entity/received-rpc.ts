/** One RPC of an entity type, as the handlers of all its entities on this runner receive it. */
import type { Ambient } from "../../../observe/instrument/label.ts"
import type { MetricsService } from "../../../observe/metrics.ts"
import type { MessagingTracker } from "../../../observe/track/messaging-series.ts"
import { cronEntityPrefix } from "../cron/cron-outcome.ts"
import { type ClusterMetricsOptions, type EntityType, messageLabel } from "../options.ts"
import type { HandlerKind } from "./handler.ts"
import { type MessageSeries, messageSeries } from "./message-series.ts"
import { hasMiddleware, isPersistedRpc, isStreamRpc } from "./rpc.ts"

/** An entity type as it was registered, and what to record of it. */
export interface RegisteredType {
  readonly metrics: MetricsService
  readonly entity: EntityType
  readonly options: ClusterMetricsOptions
  /** Counts messages by the conventions as well; `undefined` where the options don't ask for it. */
  readonly messages: MessagingTracker | undefined
  readonly ambient: Ambient
  readonly disableFatalDefects: boolean
  /** Its concurrency is unbounded: any number of messages of one entity may run at once. */
  readonly isUnbounded: boolean
}

/** One RPC of an entity type. */
export interface ReceivedRpc {
  readonly series: () => MessageSeries
  readonly kind: HandlerKind
  /** Its messages are stored, and so is the reply to each. */
  readonly isStored: boolean
}

/** An RPC by its tag and its definition. */
export const receivedRpc = (
  tag: string,
  rpc: unknown,
  { ambient, disableFatalDefects, entity, isUnbounded, messages, metrics, options }: RegisteredType
): ReceivedRpc => ({
  series: messageSeries(metrics, { entity_type: entity.type, message: messageLabel(tag, options), ambient }, messages),
  kind: {
    isStream: isStreamRpc(rpc),
    hasMiddleware: hasMiddleware(rpc),
    isCron: entity.type.startsWith(cronEntityPrefix),
    isUnbounded,
    hasFatalDefects: !disableFatalDefects
  },
  isStored: isPersistedRpc(rpc)
})
