/**
 * The decorator of `MessageStorage`: times its operations, counts duplicates, and counts the messages that are
 * delivered again when their shard is taken over.
 */
import * as Message from "@effect/cluster/Message"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import type * as ShardId from "@effect/cluster/ShardId"
import * as SqlMessageStorage from "@effect/cluster/SqlMessageStorage"
import type { ShardingConfig } from "@effect/cluster/ShardingConfig"
import type * as Rpc from "@effect/rpc/Rpc"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { bind } from "../../../observe/instrument/bind.ts"
import { MetricsService } from "../../../observe/metrics.ts"
import { deliveriesOf } from "../deliveries.ts"
import { decorateOnce } from "../../decorator/decorate-once.ts"
import { type ClusterMetricsOptions, isObserved } from "../options.ts"
import { noRedeliveries, type Redeliveries, redeliveriesIn } from "./redeliveries.ts"
import type { MessageTableOptions } from "./message-table.ts"
import { operationTimer } from "./operation-timer.ts"

type Storage = MessageStorage.MessageStorage["Type"]

/**
 * Decorates any `MessageStorage`: its operations and duplicates, but no redeliveries, which only {@link
 * messageStorageSql} sees. `MessageStorage.noop` stays the same object, because a copy would turn persistence on.
 */
export const messageStorage = (
  options: ClusterMetricsOptions = {}
): Layer.Layer<MessageStorage.MessageStorage, never, MessageStorage.MessageStorage | MetricsService> =>
  Layer.effect(
    MessageStorage.MessageStorage,
    Effect.map(Effect.all([MessageStorage.MessageStorage, MetricsService]), ([storage, metrics]) =>
      decorate({ storage, metrics, options, redeliveries: noRedeliveries })
    )
  )

/** As {@link messageStorage}, with redeliveries: for a `MessageStorage` whose tables the `SqlClient` reaches. */
export const messageStorageSql = (
  options: ClusterMetricsOptions & MessageTableOptions = {}
): Layer.Layer<
  MessageStorage.MessageStorage,
  never,
  MessageStorage.MessageStorage | SqlClient.SqlClient | MetricsService
> =>
  Layer.effect(
    MessageStorage.MessageStorage,
    Effect.map(
      Effect.all([MessageStorage.MessageStorage, SqlClient.SqlClient, MetricsService]),
      ([storage, sql, metrics]) =>
        decorate({ storage, metrics, options, redeliveries: redeliveriesIn({ sql, metrics, options }) })
    )
  )

/** The decorated `SqlMessageStorage` of `@effect/cluster`. */
export const sqlMessageStorage = (
  options: ClusterMetricsOptions & MessageTableOptions = {}
): Layer.Layer<MessageStorage.MessageStorage, never, SqlClient.SqlClient | ShardingConfig | MetricsService> =>
  messageStorageSql(options).pipe(Layer.provide(SqlMessageStorage.layerWith({ prefix: options.prefix })))

interface Decorating {
  readonly storage: Storage
  readonly metrics: MetricsService
  readonly options: ClusterMetricsOptions
  readonly redeliveries: Redeliveries
}

const decorate = ({ metrics, options, redeliveries, storage: given }: Decorating): Storage =>
  given === MessageStorage.noop || options.storage === false
    ? given
    : decorateOnce("MessageStorage", given, {
        meter: metrics.meter,
        decorate: (storage) => watched({ metrics, options, redeliveries, storage })
      })

const watched = ({ metrics, options, redeliveries, storage }: Decorating): Storage => {
  const timed = operationTimer(metrics)
  const deliveries = deliveriesOf(metrics.meter)
  deliveries.clearReadMarks = redeliveries.clearReadMarks ?? deliveries.clearReadMarks
  const saveReply: Storage["saveReply"] = (message) => {
    const { reply } = message
    const onSaved = reply._tag === "WithExit" ? () => deliveries.finished(reply.requestId) : undefined
    return timed("save_reply", storage.saveReply(message), onSaved)
  }
  const read = reading(storage, saveReply)
  const shards = resetShards()
  return {
    ...storage,
    saveRequest: (message) =>
      timed("save_request", storage.saveRequest(message), ({ _tag }) => {
        if (_tag === "Duplicate" && isObserved(message.envelope.address.entityType, options)) {
          bind(metrics.cluster.duplicates, { entity_type: message.envelope.address.entityType }).record(1)
        }
      }),
    saveEnvelope: (message) => timed("save_envelope", storage.saveEnvelope(message)),
    saveReply,
    clearReplies: (requestId) => timed("clear_replies", storage.clearReplies(requestId)),
    repliesFor: (requests) => timed("replies_for", storage.repliesFor(requests)),
    repliesForUnfiltered: (ids) => timed("replies_for_unfiltered", storage.repliesForUnfiltered(ids)),
    requestIdForPrimaryKey: (key) => timed("request_id_for_primary_key", storage.requestIdForPrimaryKey(key)),
    unprocessedMessages: (ids) =>
      timed(
        "unprocessed_messages",
        Effect.map(storage.unprocessedMessages(ids), (messages) => messages.map(read))
      ),
    unprocessedMessagesById: (ids) =>
      timed(
        "unprocessed_messages_by_id",
        Effect.map(storage.unprocessedMessagesById(ids), (messages) => messages.map(read))
      ),
    // Counted first: the reset clears the marks of what was delivered.
    resetShards: (ids) => {
      const given = Array.from(ids)
      return Effect.zipRight(
        Effect.suspend(() => redeliveries.count(shards.added(given))),
        timed("reset_shards", storage.resetShards(given))
      )
    },
    unregisterShardReplyHandlers: (shardId) =>
      Effect.zipRight(
        Effect.sync(() => shards.remove(shardId)),
        storage.unregisterShardReplyHandlers(shardId)
      ),
    resetAddress: (address) => timed("reset_address", storage.resetAddress(address)),
    clearAddress: (address) => timed("clear_address", storage.clearAddress(address))
  }
}

// A message carries the `saveReply` of the storage that read it. The decorated one takes its place.
const reading =
  (storage: Storage, saveReply: Storage["saveReply"]) =>
  <R extends Rpc.Any>(message: Message.Incoming<R>): Message.Incoming<R> =>
    message._tag === "IncomingRequest" && message.respond === storage.saveReply
      ? new Message.IncomingRequest({ ...message, respond: saveReply })
      : message

// With advisory locks, held shards are reset again and again. Only new ones come from another runner.
const resetShards = () => {
  const held = new Set<string>()
  return {
    added: (ids: ReadonlyArray<ShardId.ShardId>): ReadonlyArray<string> => {
      const added = ids.map((id) => id.toString()).filter((id) => !held.has(id))
      added.forEach((id) => held.add(id))
      return added
    },
    remove: (id: ShardId.ShardId): void => {
      held.delete(id.toString())
    }
  }
}
