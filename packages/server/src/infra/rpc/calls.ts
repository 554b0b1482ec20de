/** The calls of one client that are under way, by the ids of their requests. */
import type { RequestEncoded } from "@effect/rpc/RpcMessage"
import { interrupted, type Outcome } from "../../observe/catalogue/outcome.ts"
import { currentFiber } from "../../observe/instrument/fiber.ts"
import type { MetricsService } from "../../observe/metrics.ts"
import { Watch } from "../../observe/track/watch.ts"
import { CallTracker } from "./call-tracker.ts"

/** The calls of one client. */
export class Calls {
  private readonly metrics: MetricsService
  private readonly trackers = new Map<string, CallTracker>()
  private readonly underWay = new Map<string, Watch>()
  private readers = 0
  private isClosed = false

  constructor(metrics: MetricsService) {
    this.metrics = metrics
  }

  /** A request is sent, on this fiber. */
  begin({ id, tag }: RequestEncoded): void {
    const tracker = this.trackerOf(tag)
    const watch = new Watch(tracker, currentFiber())
    watch.begin(tracker, undefined)
    if (this.isClosed) {
      watch.end(interrupted)
    } else {
      this.underWay.set(id, watch)
    }
  }

  /** Answers are read from now on. */
  open(): void {
    this.readers += 1
    this.isClosed = false
  }

  /** Answers are not read any more: all calls have ended, and so have those that are sent nevertheless. */
  close(): void {
    this.readers -= 1
    this.isClosed = this.readers === 0
    this.endAll(interrupted)
  }

  /** A call has ended, unless it had before. */
  end(id: string, outcome: Outcome): void {
    const watch = this.underWay.get(id)
    this.underWay.delete(id)
    watch?.end(outcome)
  }

  /** All calls have ended. */
  endAll(outcome: Outcome): void {
    for (const id of this.underWay.keys()) {
      this.end(id, outcome)
    }
  }

  // The methods of the client's own group: a closed set.
  private trackerOf(method: string): CallTracker {
    const known = this.trackers.get(method)
    if (known !== undefined) {
      return known
    }
    const { meter, rpc } = this.metrics
    const made = new CallTracker(meter, { active: rpc.clientCallsActive, duration: rpc.clientCallDuration }, method)
    this.trackers.set(method, made)
    return made
  }
}
