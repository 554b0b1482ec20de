/**
 * One message from its arrival at an entity to its end. All times come from one clock of the runner. Each step happens
 * at most once, in whatever order the server, a defect or a shutdown asks for them.
 */
import type * as Clock from "effect/Clock"
import { failedOutcome, type Outcome, success } from "../../../observe/catalogue/outcome.ts"
import type { Moment } from "../../../observe/instrument/moment.ts"
import { errorTypeOf } from "../cluster-error.ts"
import { messageErrorType } from "../messages.ts"
import type { MessageSeries } from "./message-series.ts"

/** The entity that a message arrived at. */
export interface MessageOwner {
  readonly clock: Clock.Clock
  /** `isFatal`: the server rebuilds the entity because of this end. */
  readonly messageEnded: (message: ArrivedMessage, outcome: Outcome, isFatal: boolean) => void
}

/**
 * A message that arrived: queued, then running, then ended; or ended before it ran. No step throws: recording does not,
 * and neither does naming the error of a failed message. So a handler is not affected by them.
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
    series.consumer?.delivered()
  }

  /** The message waits for its turn. */
  queue(): void {
    if (this.state === "arrived") {
      this.state = "queued"
      this.series.depth.add(1)
    }
  }

  /** Its handler starts without a wait. */
  startAtOnce(): void {
    if (this.state === "arrived") {
      this.state = "running"
      this.series.inFlight.add(1)
      this.series.wait.record(0)
    }
  }

  /** Its handler starts, after the wait. */
  start(): void {
    if (this.state === "queued") {
      this.state = "running"
      this.startedNanos = this.owner.clock.unsafeCurrentTimeNanos()
      this.series.depth.add(-1)
      this.series.inFlight.add(1)
      this.series.wait.record(seconds(this.arrivedNanos, this.startedNanos))
    }
  }

  /** The message ended, in one of the four outcomes; here, in the span that runs now, unless a moment is given. */
  end(outcome: Outcome, isFatal: boolean, at?: Moment): void {
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
      const processed = outcome === success ? series.processed : series.processing(failedOutcome(outcome))
      const took = seconds(this.startedNanos, now)
      processed.record(took, at)
      series.consumer?.ended({ seconds: took, errorType: messageErrorType(outcome) }, at)
    }
    series.latency.record(seconds(this.arrivedNanos, now), at)
    const type = outcome === success ? undefined : errorTypeOf(outcome)
    if (type !== undefined) {
      series.errors(type).record(1)
    }
    this.owner.messageEnded(this, outcome, isFatal)
  }
}

const seconds = (from: bigint, to: bigint): number => Math.max(0, Number(to - from) / 1e9)
