/**
 * One message from its arrival at an entity to its end. All times are on one clock of the runner; each step happens at
 * most once, whatever the order in which a server, a defect or a shutdown asks for it.
 */
import type * as Clock from "effect/Clock"
import type { Meter } from "../../observe/meter.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import type { Outcome } from "../../observe/outcome.ts"
import type { Series } from "../../observe/series.ts"
import { SeriesCache } from "../../observe/series-cache.ts"
import { type Ambient, bind, byOutcome } from "./bind.ts"
import { errorTypeOf } from "./error.ts"
import { type ClusterMetricsOptions, messageLabel } from "./options.ts"

/** The series that the messages of one RPC of one entity type move. */
export interface MessageSeries {
  readonly received: Series
  readonly latency: Series
  readonly processing: (outcome: Outcome) => Series
  readonly wait: Series
  readonly delay: Series
  readonly depth: Series
  readonly inFlight: Series
  readonly restarted: Series
  readonly resumed: Series
  readonly errors: (type: string) => Series
}

/** The series of an entity type by RPC tag, bound once and bound again after a removal. */
export const messageSeries = (
  { cluster, meter }: MetricsService,
  entity_type: string,
  options: ClusterMetricsOptions
): SeriesCache<MessageSeries, string> =>
  new SeriesCache(meter, (tag: string, ambient: Ambient): MessageSeries => {
    const message = messageLabel(tag, options)
    const operation = { entity_type, operation: "receive", message }
    return {
      received: bind(cluster.messagesReceived, operation, ambient),
      latency: bind(cluster.messageLatency, operation, ambient),
      processing: byOutcome((outcome) => bind(cluster.messageProcessing, { entity_type, message, outcome }, ambient)),
      wait: bind(cluster.messageWait, { entity_type }, ambient),
      delay: bind(cluster.messageDelay, { entity_type }, ambient),
      depth: bind(cluster.mailboxDepth, { entity_type }, ambient),
      inFlight: bind(cluster.messagesInFlight, { entity_type }, ambient),
      restarted: bind(cluster.redeliveries, { entity_type, reason: "entity_restart" }, ambient),
      resumed: bind(cluster.redeliveries, { entity_type, reason: "stream_resume" }, ambient),
      errors: (type) => bind(cluster.errors, { entity_type, type }, ambient)
    }
  })

/** A message that has arrived: queued, then running, then ended; or ended before it ran. */
export class ArrivedMessage {
  private readonly meter: Meter
  private readonly clock: Clock.Clock
  private readonly series: MessageSeries
  private readonly arrivedNanos: bigint
  private startedNanos: bigint
  private state: "arrived" | "queued" | "running" | "ended" = "arrived"

  constructor(meter: Meter, clock: Clock.Clock, series: MessageSeries) {
    this.meter = meter
    this.clock = clock
    this.series = series
    this.arrivedNanos = clock.unsafeCurrentTimeNanos()
    this.startedNanos = this.arrivedNanos
    series.received.record(1)
  }

  /** It waits for its turn. */
  queue(): void {
    if (this.state === "arrived") {
      this.state = "queued"
      this.series.depth.add(1)
    }
  }

  /** Its handler runs. */
  start(): void {
    if (this.state === "queued") {
      this.state = "running"
      this.startedNanos = this.clock.unsafeCurrentTimeNanos()
      this.series.depth.add(-1)
      this.series.inFlight.add(1)
      this.series.wait.record(seconds(this.arrivedNanos, this.startedNanos))
    }
  }

  /** It is over, in one of the four outcomes. */
  end(outcome: Outcome): void {
    const before = this.state
    if (before === "ended") {
      return
    }
    this.state = "ended"
    const now = this.clock.unsafeCurrentTimeNanos()
    const { depth, errors, inFlight, latency, processing } = this.series
    if (before === "queued") {
      depth.add(-1)
    }
    if (before === "running") {
      inFlight.add(-1)
      processing(outcome).record(seconds(this.startedNanos, now))
    }
    latency.record(seconds(this.arrivedNanos, now))
    const type = errorTypeOf(outcome)
    if (type !== undefined) {
      errors(type).record(1)
    }
  }

  /** {@link start}, where a defect in it must not reach the handler. */
  started(): void {
    this.meter.guard(site, () => this.start())
  }

  /** {@link end}, where a defect in it must not reach the handler. */
  ended(outcome: Outcome): void {
    this.meter.guard(site, () => this.end(outcome))
  }
}

/** The site of defects in watching messages. */
export const site = "cluster messages"

const seconds = (from: bigint, to: bigint): number => Math.max(0, Number(to - from) / 1e9)
