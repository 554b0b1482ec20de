/** Watching one cluster operation: the table of `trackCluster` in the reference. */
import type * as MetricLabel from "effect/MetricLabel"
import type { cluster } from "../catalogue/cluster.ts"
import { type HandlesOf, InstrumentId } from "../instrument/instrument.ts"
import { canonical, label } from "../catalogue/label.ts"
import type { Meter } from "../instrument/meter.ts"
import { clusterErrorType, type Outcome } from "../catalogue/outcome.ts"
import type { Series } from "../instrument/series.ts"
import { remember, SeriesCache } from "../instrument/series-cache.ts"
import type { Begin, End, Tracker } from "./watch.ts"

/** What can be done with a message. */
export type ClusterOperation = "send" | "broadcast" | "receive"

/** What is known of a cluster operation. */
export interface TrackClusterOptions {
  readonly operation: ClusterOperation
  readonly entityType: string
  /** The RPC's tag: bounded by the protocol. */
  readonly message?: string | undefined
}

type ClusterHandles = HandlesOf<typeof cluster>

/** Tracks cluster operations in one set of cluster metrics. */
export class ClusterTracker implements Tracker<TrackClusterOptions> {
  readonly site = "trackCluster"
  readonly meter: Meter
  private readonly entities: { readonly [O in ClusterOperation]: SeriesCache<EntitySeries, TrackClusterOptions> }

  constructor(handles: ClusterHandles, meter: Meter) {
    this.meter = meter
    const cache = () =>
      new SeriesCache<EntitySeries, TrackClusterOptions>(meter, (_, ambient) => new EntitySeries(handles, ambient))
    this.entities = { send: cache(), broadcast: cache(), receive: cache() }
  }

  track(options: TrackClusterOptions, { ambient }: Begin): End {
    const series = this.seriesOf(options, ambient)
    return (outcome, seconds) => series.end(outcome, seconds)
  }

  /** What records that such an operation has ended, for whoever has its tracker at hand. */
  recorder(options: TrackClusterOptions): (outcome: Outcome, seconds: number, ambient: Begin["ambient"]) => void {
    return (outcome, seconds, ambient) => this.seriesOf(options, ambient).end(outcome, seconds)
  }

  private seriesOf(options: TrackClusterOptions, ambient: Begin["ambient"]): OperationSeries {
    return this.entities[options.operation].get(options.entityType, options, ambient).of(options)
  }
}

/** The series of one operation with one type of entity, by message. */
class EntitySeries {
  private readonly byMessage = new Map<string | undefined, OperationSeries>()
  private readonly make: (options: TrackClusterOptions) => OperationSeries

  constructor(handles: ClusterHandles, ambient: ReadonlyArray<MetricLabel.MetricLabel>) {
    this.make = (options) => new OperationSeries(handles, options, ambient)
  }

  of(options: TrackClusterOptions): OperationSeries {
    const known = this.byMessage.get(options.message)
    return known ?? remember(this.byMessage, options.message, this.make(options))
  }
}

/** The series that one operation with one type of entity moves. */
class OperationSeries {
  private readonly latency: Series
  private readonly succeeded: Series | undefined
  private readonly resolveErrors: (type: string) => Series
  private readonly errors = new Map<string, Series>()

  constructor(
    handles: ClusterHandles,
    { entityType: entity_type, message, operation }: TrackClusterOptions,
    ambient: ReadonlyArray<MetricLabel.MetricLabel>
  ) {
    const labels = canonical(label({ entity_type, operation, message }), ambient)
    const counter = succeeds[operation]
    this.latency = handles.messageLatency[InstrumentId].resolve(labels)
    this.succeeded = counter === undefined ? undefined : handles[counter][InstrumentId].resolve(labels)
    this.resolveErrors = (type) =>
      handles.errors[InstrumentId].resolve(canonical(label({ entity_type, type }), ambient))
  }

  end(outcome: Outcome, seconds: number): void {
    this.latency.record(seconds)
    switch (outcome._tag) {
      case "success":
        return this.succeeded?.record(1)
      case "failure":
        return this.errorsOf(clusterErrorType(outcome.error)).record(1)
      case "defect":
        return this.errorsOf(clusterErrorType(outcome.defect)).record(1)
      case "interrupted":
        return undefined
    }
  }

  private errorsOf(type: string): Series {
    const known = this.errors.get(type)
    return known ?? remember(this.errors, type, this.resolveErrors(type))
  }
}

/** The counter that a success of an operation moves. */
const succeeds = {
  send: "messagesSent",
  broadcast: undefined,
  receive: "messagesReceived"
} as const satisfies Record<ClusterOperation, keyof ClusterHandles | undefined>
