/** Watching one cluster operation: the table of `trackCluster` in the reference. */
import type { cluster, clusterOperations } from "../catalogue/cluster.ts"
import type { Outcome } from "../catalogue/outcome.ts"
import { detached } from "../catalogue/clean-text.ts"
import { clusterErrorType } from "../catalogue/error-name.ts"
import { bind, bindEach } from "../instrument/bind.ts"
import { Bindings } from "../instrument/bindings.ts"
import type { HandlesOf } from "../instrument/instrument.ts"
import type { Ambient } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import type { Moment } from "../instrument/moment.ts"
import type { Series } from "../instrument/series.ts"
import type { Ending, Tracker, Watcher } from "./watch.ts"

/** What can be done with a message. */
export type ClusterOperation = (typeof clusterOperations)[number]

/** What is known of a cluster operation. */
export interface TrackClusterOptions {
  /** The operation on the message; the label `operation`. */
  readonly operation: ClusterOperation
  /** The type of the entity, one of a small set; the label `entity_type`. */
  readonly entityType: string
  /** The RPC's tag: bounded by the protocol. */
  readonly message?: string | undefined
}

type ClusterHandles = HandlesOf<typeof cluster>

/** Tracks cluster operations in one set of cluster metrics. */
export class ClusterTracker implements Tracker<TrackClusterOptions> {
  readonly site = "trackCluster"
  readonly meter: Meter
  private readonly handles: ClusterHandles
  private readonly operations: Bindings<OperationSeries>

  constructor(handles: ClusterHandles, meter: Meter) {
    this.handles = handles
    this.meter = meter
    this.operations = new Bindings(meter)
  }

  begin(options: TrackClusterOptions): Ending {
    return this.watcher(options)
  }

  /** Watches any number of such operations. */
  watcher(options: TrackClusterOptions): Watcher {
    const { meter, site } = this
    return {
      site,
      meter,
      ended: (outcome, seconds, start) => this.seriesOf(options, start.ambient).end(outcome, seconds, start)
    }
  }

  private seriesOf(options: TrackClusterOptions, ambient: Ambient): OperationSeries {
    const { entityType, message, operation } = options
    const branch = this.operations.under(ambient).at(operation).at(entityType).at(message)
    branch.bound ??= new OperationSeries(this.handles, options, ambient)
    return branch.bound
  }
}

/** The series that one operation with one type of entity moves. */
class OperationSeries {
  private readonly latency: Series
  private readonly succeeded: Series | undefined
  private readonly errors: (type: string) => Series

  constructor(handles: ClusterHandles, { entityType, message, operation }: TrackClusterOptions, ambient: Ambient) {
    // Kept as long as the series are: by themselves, whatever they were cut from.
    const entity_type = detached(entityType)
    const labels = { entity_type, operation, message: message === undefined ? message : detached(message) }
    const counter = succeeds[operation]
    this.latency = bind(handles.messageLatency, labels, ambient)
    this.succeeded = counter === undefined ? undefined : bind(handles[counter], labels, ambient)
    this.errors = bindEach(handles.errors, "type", { labels: { entity_type }, ambient })
  }

  end(outcome: Outcome, seconds: number, at: Moment): void {
    this.latency.record(seconds, at)
    switch (outcome._tag) {
      case "success":
        return this.succeeded?.record(1)
      case "failure":
        return this.errors(clusterErrorType(outcome.error)).record(1)
      case "defect":
        return this.errors(clusterErrorType(outcome.defect)).record(1)
      case "interrupted":
        return undefined
      default:
        return outcome satisfies never
    }
  }
}

/** The counter that a success of an operation moves. */
const succeeds = {
  send: "messagesSent",
  broadcast: undefined,
  receive: "messagesReceived"
} as const satisfies Record<ClusterOperation, keyof ClusterHandles | undefined>
