/**
 * What storage handed out: which messages were handed to a runner that is gone, and which of those that this one has read
 * reached a handler; the others did not, as happens while entities close. Shared by the decorators of one set of metrics.
 */
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import type * as ShardId from "@effect/cluster/ShardId"
import type { Meter } from "../../observe/instrument/meter.ts"

/** How many messages are remembered at most, of each kind. */
export const rememberedMessages = 100_000

/** Messages that storage marked as read and that must not count as handed out, because no handler had them. */
export interface Unhandled {
  readonly shards: ReadonlyArray<string>
  /** The address of the runner that gives the shards back; what another runner has locked by now is not touched. */
  readonly runner: string
  readonly entityTypes: ReadonlyArray<string>
  /** Those that a handler had, and did not finish. */
  readonly except: ReadonlyArray<bigint>
}

/** Messages between the storage and the handlers. */
export class HandedOut {
  /** Takes back the mark that storage put on messages when it read them; it never fails. None where no storage is watched. */
  takeBack: ((unhandled: Unhandled) => Effect.Effect<void>) | undefined = undefined
  private readonly again = new Set<bigint>()
  private readonly inHand = new Map<bigint, ShardId.ShardId>()
  private readonly watched = new Set<string>()
  private hasForgotten = false

  /** The handlers of this entity type tell when a message arrives. */
  watch(entityType: string): void {
    this.watched.add(entityType)
  }

  /** These were handed to a runner that is gone, and will arrive again. */
  arriveAgain(requestIds: Iterable<bigint>): void {
    for (const id of requestIds) {
      if (this.again.size < rememberedMessages) {
        this.again.add(id)
      }
    }
  }

  /** A stored message of this shard reached a handler. */
  handled(requestId: bigint, shard: ShardId.ShardId): void {
    if (this.takeBack === undefined) {
      return
    }
    if (this.inHand.size < rememberedMessages) {
      this.inHand.set(requestId, shard)
    } else {
      this.hasForgotten = true
    }
  }

  /** Was the message that arrives now handed to another runner before? Told once. */
  isAgain(requestId: bigint): boolean {
    return this.again.size > 0 && this.again.delete(requestId)
  }

  /** A message has its final reply. */
  answered(requestId: bigint): void {
    this.inHand.delete(requestId)
  }

  /** Shards that this runner holds are given back: of their messages only those that a handler had count as handed out. */
  giveBack(shards: ReadonlyArray<string>, runner: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const except = this.forget(shards)
      const { takeBack } = this
      // Without its memory it would take back the marks of messages that a handler had.
      return takeBack === undefined || this.hasForgotten || shards.length === 0 || this.watched.size === 0
        ? Effect.void
        : takeBack({ shards, runner, entityTypes: Array.from(this.watched), except })
    })
  }

  /** The shards are not this runner's any more; those of their messages that a handler had. */
  forget(shards: ReadonlyArray<string>): ReadonlyArray<bigint> {
    const gone = new Set(shards)
    const handled: Array<bigint> = []
    for (const [id, shard] of this.inHand) {
      if (gone.has(shard.toString())) {
        this.inHand.delete(id)
        handled.push(id)
      }
    }
    return handled
  }
}

/** What was handed out to the runners that share a set of metrics. */
export const handedOutOf = (meter: Meter): HandedOut => {
  const known = byMeter.get(meter) ?? new HandedOut()
  byMeter.set(meter, known)
  return known
}

const byMeter = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/handedOut"),
  () => new WeakMap<Meter, HandedOut>()
)
