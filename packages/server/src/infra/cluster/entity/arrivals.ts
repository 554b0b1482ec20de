/** Messages of one entity type that reach its handlers on this runner: for the first time, or again. */
import * as DeliverAt from "@effect/cluster/DeliverAt"
import type * as Entity from "@effect/cluster/Entity"
import * as Snowflake from "@effect/cluster/Snowflake"
import type * as Rpc from "@effect/rpc/Rpc"
import type * as Clock from "effect/Clock"
import * as Option from "effect/Option"
import type { Meter } from "../../../observe/instrument/meter.ts"
import { type Deliveries, deliveriesOf } from "../deliveries.ts"
import { ArrivedMessage } from "./arrived-message.ts"
import type { Generation } from "./generation.ts"
import type { ReceivedRpc } from "./received-rpc.ts"

/** The site of defects in watching messages and entities. */
export const site = "cluster messages"

/** The arrivals of one entity type. */
export class Arrivals {
  private readonly meter: Meter
  private readonly clock: Clock.Clock
  private readonly deliveries: Deliveries

  constructor(entityType: string, meter: Meter, clock: Clock.Clock) {
    this.meter = meter
    this.clock = clock
    this.deliveries = deliveriesOf(meter)
    this.deliveries.watch(entityType)
  }

  /** A message reached the handler of an RPC; `undefined` when it can't be watched. */
  arrive(request: Entity.Request<Rpc.Any>, rpc: ReceivedRpc, generation: Generation): ArrivedMessage | undefined {
    return this.meter.guard(site, () => this.arrived(request, rpc, generation))
  }

  private arrived(
    request: Entity.Request<Rpc.Any>,
    { isStored, series: currentSeries }: ReceivedRpc,
    generation: Generation
  ): ArrivedMessage {
    const series = currentSeries()
    const { requestId } = request
    const message = new ArrivedMessage(requestId, series, generation)
    const isRedelivered = this.deliveries.isRedelivered(requestId)
    if (isStored) {
      this.deliveries.handled(requestId, request.address.shardId)
    }
    const { openRequests } = generation.life
    const sizeBefore = openRequests.size
    openRequests.add(requestId)
    if (openRequests.size === sizeBefore) {
      series.restarted.record(1)
    } else if (Option.isSome(request.lastSentChunk)) {
      series.resumed.record(1)
    } else if (!isRedelivered) {
      const due = Math.max(Snowflake.timestamp(requestId), DeliverAt.toMillis(request.payload) ?? 0)
      series.delay.record(Math.max(0, this.clock.unsafeCurrentTimeMillis() - due) / 1000)
    }
    return message
  }
}
