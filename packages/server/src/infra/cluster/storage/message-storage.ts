/**
 * The decorator of `MessageStorage`: its operations timed, duplicates counted, and messages that storage hands out again
 * counted when their shard is taken over.
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
import { MetricsService } from "../../../observe/metrics.ts"
import { bind } from "../bind.ts"
import { handedOutOf } from "../deliveries.ts"
import { once } from "../../decorator/decorate-once.ts"
import { type ClusterMetricsOptions, isObserved } from "../options.ts"
import { noRedeliveries, type Redeliveries, redeliveriesIn } from "./redeliveries.ts"
import { timedOperations } from "./operation-timer.ts"

type Storage = MessageStorage.MessageStorage["Type"]

/** Where the messages are stored. */
export interface MessageTableOptions {
  /** The prefix of the tables, as given to `SqlMessageStorage.layerWith`; `cluster` unless given. */
  readonly prefix?: string | undefined
}

/**
 * Decorates the `MessageStorage` that it is given, whatever it stores in: operations and duplicates. It can't see
 * redeliveries; {@link messageStorageSql} can. `MessageStorage.noop` stays what it is: a copy would turn persistence on.
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

/** Decorates a `MessageStorage` whose tables the `SqlClient` reaches: as {@link messageStorage}, and redeliveries. */
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
        decorate({
          storage,
          metrics,
          options,
          redeliveries: redeliveriesIn({ sql, metrics, options, prefix: options.prefix })
        })
    )
  )

/** `SqlMessageStorage`, decorated. */
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
    : once("MessageStorage", given, {
        meter: metrics.meter,
        decorate: (storage) => watched({ metrics, options, redeliveries, storage })
      })

const watched = ({ metrics, options, redeliveries, storage }: Decorating): Storage => {
  const timed = timedOperations(metrics)
  const handedOut = handedOutOf(metrics.meter)
  handedOut.takeBack = redeliveries.takeBack ?? handedOut.takeBack
  const saveReply: Storage["saveReply"] = (message) => {
    const { reply } = message
    const seen = reply._tag === "WithExit" ? () => handedOut.answered(reply.requestId) : undefined
    return timed("save_reply", storage.saveReply(message), seen)
  }
  const read = reading(storage, saveReply)
  const shards = newShards()
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
    // The probe comes first: resetting forgets what was handed out.
    resetShards: (ids) => {
      const given = Array.from(ids)
      return Effect.zipRight(
        Effect.suspend(() => redeliveries.count(shards.taken(given))),
        timed("reset_shards", storage.resetShards(given))
      )
    },
    unregisterShardReplyHandlers: (shardId) =>
      Effect.zipRight(
        Effect.sync(() => shards.gone(shardId)),
        storage.unregisterShardReplyHandlers(shardId)
      ),
    resetAddress: (address) => timed("reset_address", storage.resetAddress(address)),
    clearAddress: (address) => timed("clear_address", storage.clearAddress(address))
  }
}

// A message that was read carries the `saveReply` of the storage it was read from; the decorated one takes its place.
const reading =
  (storage: Storage, saveReply: Storage["saveReply"]) =>
  <R extends Rpc.Any>(message: Message.Incoming<R>): Message.Incoming<R> =>
    message._tag === "IncomingRequest" && message.respond === storage.saveReply
      ? new Message.IncomingRequest({ ...message, respond: saveReply })
      : message

// With advisory locks all shards that are held are reset again and again; only those that are new tell of a lost run.
const newShards = () => {
  const held = new Set<string>()
  return {
    taken: (ids: ReadonlyArray<ShardId.ShardId>): ReadonlyArray<string> => {
      const added = ids.map((id) => id.toString()).filter((id) => !held.has(id))
      added.forEach((id) => held.add(id))
      return added
    },
    gone: (id: ShardId.ShardId): void => {
      held.delete(id.toString())
    }
  }
}
