/**
 * The deliveries of stored messages on one runner: which messages were delivered before, to a runner that is gone, and
 * which of those that this runner has read reached a handler. The decorators of one set of metrics share it.
 */
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import type * as ShardId from "@effect/cluster/ShardId"
import type { Meter } from "../../observe/instrument/meter.ts"

/** How many messages of each kind are remembered at most. */
export const rememberedMessages = 100_000

/** Messages that were read from storage and reached no handler, while their shards are released. */
export interface UnhandledMessages {
  readonly shards: ReadonlyArray<string>
  /** The address of the runner that releases the shards. What another runner has locked by now is left alone. */
  readonly runner: string
  readonly entityTypes: ReadonlyArray<string>
  /** The messages that reached a handler and were not finished. */
  readonly except: ReadonlyArray<bigint>
}

/** Messages between the storage and the handlers of a runner. */
export class Deliveries {
  /** Clears the marks of messages that were read. It never fails. A decorated SQL storage sets it. */
  clearReadMarks: ((unhandled: UnhandledMessages) => Effect.Effect<void>) | undefined = undefined
  private readonly redelivered = new Set<bigint>()
  private readonly unfinished = new Map<bigint, ShardId.ShardId>()
  private readonly entityTypes = new Set<string>()
  /** More messages reached a handler than can be remembered. */
  private hasForgotten = false

  /** The handlers of this entity type report the messages that reach them. */
  watch(entityType: string): void {
    this.entityTypes.add(entityType)
  }

  /** These messages were delivered to a runner that is gone, and will be delivered again. */
  expectRedelivery(requestIds: Iterable<bigint>): void {
    for (const id of requestIds) {
      if (this.redelivered.size < rememberedMessages) {
        this.redelivered.add(id)
      }
    }
  }

  /** A stored message of this shard reached a handler. */
  handled(requestId: bigint, shard: ShardId.ShardId): void {
    if (this.clearReadMarks === undefined) {
      return
    }
    if (this.unfinished.size < rememberedMessages) {
      this.unfinished.set(requestId, shard)
    } else {
      this.hasForgotten = true
    }
  }

  /** Was the message that arrives now delivered to another runner before? True once for each message. */
  isRedelivered(requestId: bigint): boolean {
    return this.redelivered.size > 0 && this.redelivered.delete(requestId)
  }

  /** A message has its final reply. */
  finished(requestId: bigint): void {
    this.unfinished.delete(requestId)
  }

  /** The runner releases shards that it holds: only messages that reached a handler stay marked as read. */
  releaseShards(shards: ReadonlyArray<string>, runner: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const except = this.forgetShards(shards)
      const { clearReadMarks, entityTypes } = this
      // If some were forgotten, the marks of messages that reached a handler would be cleared as well.
      return clearReadMarks === undefined || this.hasForgotten || shards.length === 0 || entityTypes.size === 0
        ? Effect.void
        : clearReadMarks({ shards, runner, entityTypes: Array.from(entityTypes), except })
    })
  }

  /** The runner does not hold these shards any more. Returns their messages that reached a handler. */
  forgetShards(shards: ReadonlyArray<string>): ReadonlyArray<bigint> {
    const gone = new Set(shards)
    const handled: Array<bigint> = []
    for (const [id, shard] of this.unfinished) {
      if (gone.has(shard.toString())) {
        this.unfinished.delete(id)
        handled.push(id)
      }
    }
    return handled
  }
}

/** The deliveries of the runners that share a meter. */
export const deliveriesOf = (meter: Meter): Deliveries => {
  const known = deliveriesByMeter.get(meter) ?? new Deliveries()
  deliveriesByMeter.set(meter, known)
  return known
}

const deliveriesByMeter = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/deliveries"),
  () => new WeakMap<Meter, Deliveries>()
)
