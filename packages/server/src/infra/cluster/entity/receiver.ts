/** The handler of one RPC of one entity. */
import type * as Entity from "@effect/cluster/Entity"
import type * as Rpc from "@effect/rpc/Rpc"
import type { Arrivals } from "./arrivals.ts"
import type { ArrivedMessage } from "./arrived-message.ts"
import type { Generation } from "./generation.ts"
import type { HandlerKind, WatchedHandler } from "./handler.ts"
import type { ReceivedRpc } from "./received-rpc.ts"

/** The entity whose handler it is. */
export interface ReceivingEntity {
  readonly generation: Generation
  readonly handle: WatchedHandler["handle"]
}

/**
 * The handler of one RPC of one entity. What belongs to a single entity is seldom in the processor's cache when a
 * message arrives, so this is one object; what all entities of a type share is in {@link Arrivals} and
 * {@link ReceivedRpc}.
 */
export class Receiver implements WatchedHandler {
  readonly handle: WatchedHandler["handle"]
  readonly kind: HandlerKind
  private readonly arrivals: Arrivals
  private readonly rpc: ReceivedRpc
  private readonly generation: Generation

  constructor(arrivals: Arrivals, rpc: ReceivedRpc, { generation, handle }: ReceivingEntity) {
    this.handle = handle
    this.kind = rpc.kind
    this.arrivals = arrivals
    this.rpc = rpc
    this.generation = generation
  }

  arrive(request: Entity.Request<Rpc.Any>): ArrivedMessage | undefined {
    return this.arrivals.arrive(request, this.rpc, this.generation)
  }

  mayVanish(message: ArrivedMessage): void {
    this.generation.unsettled.add(message)
  }
}
