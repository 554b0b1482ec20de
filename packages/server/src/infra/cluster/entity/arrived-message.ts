/**
 * One message from its arrival at an entity to its end. All times are on one clock of the runner; each step happens at
 * most once, whatever the order in which a server, a defect or a shutdown asks for it.
 */
import type * as Clock from "effect/Clock"
import type { MetricsService } from "../../../observe/metrics.ts"
import { type Outcome, success } from "../../../observe/catalogue/outcome.ts"
import type { Series } from "../../../observe/instrument/series.ts"
import { type Ambient, bind, bound, byOutcome } from "../bind.ts"
import { errorTypeOf } from "../cluster-error.ts"

/** The series that the messages of one RPC of one entity type move. */
export interface MessageSeries {
  readonly received: Series
  readonly latency: Series
  readonly processed: Series
  readonly processing: (outcome: Outcome) => Series
  readonly wait: Series
  readonly delay: Series
  readonly depth: Series
  readonly inFlight: Series
  readonly restarted: Series
  readonly resumed: Series
  readonly errors: (type: string) => Series
}

/** The series of one RPC of an entity type, bound once and bound again after a removal. */
export const messageSeries = (
  { cluster, meter }: MetricsService,
  { entity_type, message }: { readonly entity_type: string; readonly message: string | undefined },
  ambient: Ambient
): (() => MessageSeries) => {
  const operation = { entity_type, operation: "receive", message }
  return bound(meter, () => {
    const processing = byOutcome((outcome) =>
      bind(cluster.messageProcessing, { entity_type, message, outcome }, ambient)
    )
    return {
      received: bind(cluster.messagesReceived, operation, ambient),
      latency: bind(cluster.messageLatency, operation, ambient),
      processed: processing(success),
      processing,
      wait: bind(cluster.messageWait, { entity_type }, ambient),
      delay: bind(cluster.messageDelay, { entity_type }, ambient),
      depth: bind(cluster.mailboxDepth, { entity_type }, ambient),
      inFlight: bind(cluster.messagesInFlight, { entity_type }, ambient),
      restarted: bind(cluster.redeliveries, { entity_type, reason: "entity_restart" }, ambient),
      resumed: bind(cluster.redeliveries, { entity_type, reason: "stream_resume" }, ambient),
      errors: (type) => bind(cluster.errors, { entity_type, type }, ambient)
    }
  })
}

/** The entity that a message arrived at. */
export interface MessageOwner {
  readonly clock: Clock.Clock
  /** `isFatal` when the server will rebuild the entity because of it. */
  readonly messageEnded: (message: ArrivedMessage, outcome: Outcome, isFatal: boolean) => void
}

/**
 * A message that has arrived: queued, then running, then ended; or ended before it ran. Recording never throws, and the
 * error of a failed message is named behind a guard, so these steps can't be felt by the handler.
 */
export class ArrivedMessage {
  readonly requestId: bigint
  private readonly owner: MessageOwner
  private readonly series: MessageSeries
  private readonly arrivedNanos: bigint
  private startedNanos: bigint
  private state: "arrived" | "queued" | "running" | "ended" = "arrived"

  constructor(requestId: bigint, series: MessageSeries, owner: MessageOwner) {
    this.requestId = requestId
    this.owner = owner
    this.series = series
    this.arrivedNanos = owner.clock.unsafeCurrentTimeNanos()
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

  /** Its handler runs, and it waited for nothing. */
  startAtOnce(): void {
    if (this.state === "arrived") {
      this.state = "running"
      this.series.inFlight.add(1)
      this.series.wait.record(0)
    }
  }

  /** Its handler runs. */
  start(): void {
    if (this.state === "queued") {
      this.state = "running"
      this.startedNanos = this.owner.clock.unsafeCurrentTimeNanos()
      this.series.depth.add(-1)
      this.series.inFlight.add(1)
      this.series.wait.record(seconds(this.arrivedNanos, this.startedNanos))
    }
  }

  /** It is over, in one of the four outcomes. */
  end(outcome: Outcome, isFatal: boolean): void {
    const before = this.state
    if (before === "ended") {
      return
    }
    this.state = "ended"
    const now = this.owner.clock.unsafeCurrentTimeNanos()
    const { series } = this
    if (before === "queued") {
      series.depth.add(-1)
    }
    if (before === "running") {
      series.inFlight.add(-1)
      const processed = outcome === success ? series.processed : series.processing(outcome)
      processed.record(seconds(this.startedNanos, now))
    }
    series.latency.record(seconds(this.arrivedNanos, now))
    const type = outcome === success ? undefined : errorTypeOf(outcome)
    if (type !== undefined) {
      series.errors(type).record(1)
    }
    this.owner.messageEnded(this, outcome, isFatal)
  }
}

/** The site of defects in watching messages. */
export const site = "cluster messages"

const seconds = (from: bigint, to: bigint): number => Math.max(0, Number(to - from) / 1e9)
