/**
 * What is recorded of the operations of callers: after their commit, by whoever made them. In a caller's transaction
 * only what failed is: what succeeded is counted by a runner once it is committed.
 */
import type { JobOperation, MetricsService } from "../../../observe/metrics.ts"
import { unspanned } from "../../../observe/instrument/moment.ts"
import { record } from "../../../observe/instrument/update.ts"
import type { JobWatch, Surroundings } from "../../../observe/track/job-watch.ts"
import type { Priority } from "../definition/priority.ts"

/** What the metrics know a job by. */
export interface Kind {
  readonly type: string
  readonly priority: Priority
}

/** One operation of a caller, from its beginning on. It ends once, at whatever time and on whatever fiber. */
export interface Recording {
  /** It was made, for so many jobs. */
  readonly succeeded: (times?: number) => void
  readonly failed: (error: unknown) => void
  /** Nobody waits for it any more, and it was not made. */
  readonly interrupted: () => void
  /** It met live jobs with the same key, so often, and changed nothing. */
  readonly duplicates: (times: number) => void
  /** It brought a job to its end after so many attempts. */
  readonly attempts: (attempts: number) => void
  /** It was made after all, though it has failed or was left. */
  readonly found: () => void
  /** It is not counted here. */
  readonly dropped: () => void
}

/** Begins the recording of an operation, on the fiber that runs. */
export type Recorder = (operation: JobOperation, kind: Kind) => Recording

/** What an operation is known by, and where it is made. */
export interface Watching {
  readonly operation: JobOperation
  readonly kind: Kind
  readonly around: Surroundings
}

/** An operation under watch. */
export class Watched implements Recording {
  private readonly metrics: MetricsService
  private readonly operation: JobOperation
  protected readonly kind: Kind
  protected readonly around: Surroundings
  private readonly watch: JobWatch

  constructor(metrics: MetricsService, { around, kind, operation }: Watching, watch: JobWatch) {
    this.metrics = metrics
    this.operation = operation
    this.kind = kind
    this.around = around
    this.watch = watch
  }

  succeeded(times = 1): void {
    this.watch.count({ _tag: "success" }, false)
    if (times > 1) {
      const { enqueued } = this.metrics.jobs
      record(enqueued, times - 1, { labels: this.labels(this.operation), ambient: this.around.ambient })
    }
  }

  failed(error: unknown): void {
    this.watch.count({ _tag: "failure", error }, false)
  }

  interrupted(): void {
    this.watch.endUncounted()
  }

  duplicates(times: number): void {
    record(this.metrics.jobs.duplicates, times, { labels: this.labels("submit"), ambient: this.around.ambient })
  }

  attempts(attempts: number): void {
    record(this.metrics.jobs.attempts, attempts, {
      labels: this.labels("process"),
      ambient: this.around.ambient,
      at: unspanned(this.around.clock)
    })
  }

  found(): void {
    const { cancellations, enqueued, replays } = this.metrics.jobs
    const counters = { submit: enqueued, cancel: cancellations, replay: replays, process: undefined }
    const counter = counters[this.operation]
    if (counter !== undefined) {
      record(counter, 1, { labels: this.labels(this.operation), ambient: this.around.ambient })
    }
  }

  dropped(): void {
    this.watch.stop()
  }

  private labels(operation: JobOperation) {
    return { job_type: this.kind.type, operation, priority: this.kind.priority }
  }
}

const nothing = (): void => {}

/** Nothing is recorded. */
export const unwatched: Recording = {
  succeeded: nothing,
  failed: nothing,
  interrupted: nothing,
  duplicates: nothing,
  attempts: nothing,
  found: nothing,
  dropped: nothing
}
