/**
 * The messages that storage handed out before: known to the storage when a shard is taken over, asked for when one of
 * them arrives, so that its way through a lost runner is not taken for delivery delay.
 */
import * as GlobalValue from "effect/GlobalValue"
import type { Meter } from "../../observe/meter.ts"

/** How many are remembered at most; the delay of what is over would be counted. */
export const rememberedRedeliveries = 10_000

/** Remembers messages that were handed out before. */
export const remember = (meter: Meter, requestIds: Iterable<bigint>): void => {
  const known = idsOf.get(meter) ?? new Set<bigint>()
  idsOf.set(meter, known)
  for (const id of requestIds) {
    if (known.size < rememberedRedeliveries) {
      known.add(id)
    }
  }
}

/** Was the message handed out before; it is forgotten by asking. */
export const wasHandedOut = (meter: Meter, requestId: bigint): boolean => idsOf.get(meter)?.delete(requestId) ?? false

const idsOf = GlobalValue.globalValue(
  Symbol.for("@parametric-portal/server/redelivered"),
  () => new WeakMap<Meter, Set<bigint>>()
)
