/** One build of an entity's handlers. It ends when the entity is deactivated, or when a defect rebuilds it. */
import type * as Clock from "effect/Clock"
import type { Outcome } from "../../../observe/catalogue/outcome.ts"
import type { ArrivedMessage, MessageOwner } from "./arrived-message.ts"

/** One entity from its activation to its deactivation, over all its generations. */
export interface EntityLife {
  /** The requests that arrived and have not ended. One that a defect cut short stays until it arrives again. */
  readonly openRequests: Set<bigint>
  /** A defect was fatal, and the next generation is not built yet. */
  isRestarting: boolean
}

/** One build of an entity's handlers. */
export class Generation implements MessageOwner {
  readonly life: EntityLife
  readonly clock: Clock.Clock
  readonly startNanos: bigint
  /** Messages that may be interrupted without their handler being told: they end at the latest with the generation. */
  readonly unsettled = new Set<ArrivedMessage>()

  constructor(life: EntityLife, clock: Clock.Clock, startNanos: bigint) {
    this.life = life
    this.clock = clock
    this.startNanos = startNanos
  }

  messageEnded(message: ArrivedMessage, outcome: Outcome, isFatal: boolean): void {
    const { life, unsettled } = this
    unsettled.delete(message)
    life.isRestarting = life.isRestarting || isFatal
    // A message that a rebuild cuts short arrives again; one that succeeds or fails before the rebuild does not.
    if (!life.isRestarting || outcome._tag === "success" || outcome._tag === "failure") {
      life.openRequests.delete(message.requestId)
    }
  }
}
