/** Watching one operation on a job: the table of `trackJob` in the reference, row by row. */
import type * as MetricLabel from "effect/MetricLabel"
import type { jobs } from "./catalogue/jobs.ts"
import { type Declared, type HandlesOf, InstrumentId } from "./instrument.ts"
import { canonical, label, type Pairs } from "./label.ts"
import type { Meter } from "./meter.ts"
import { defectReason, failureReason, type FailedOutcome, type Outcome } from "./outcome.ts"
import type { Series } from "./series.ts"
import { SeriesCache } from "./series-cache.ts"
import type { Begin, End, Watcher } from "./watch.ts"

/** What can be done to a job. */
export type JobOperation = "submit" | "process" | "cancel" | "replay"

/** What is known of a job and of the operation on it. */
export interface TrackJobOptions {
  /** The kind of job: a small, closed set of names, never an id. */
  readonly jobType: string
  readonly operation: JobOperation
  readonly priority?: string | undefined
  /** The number of this attempt, from 1. Above 1, a `process` counts a retry when it begins. */
  readonly attempt?: number | undefined
  /** When the job was first accepted, in epoch milliseconds. Without it a `process` measures neither wait nor duration. */
  readonly enqueuedAt?: number | undefined
  /** When the job was due if it was deliberately delayed, in epoch milliseconds: the delay is no waiting. */
  readonly deliverAt?: number | undefined
  /** No attempt follows if this one fails: its failure is the job's final outcome. Default: false. */
  readonly final?: boolean | undefined
  /**
   * `elsewhere`: an interruption of this `process` is accounted for elsewhere, because the job goes on on another
   * runner or because a tracked `cancel` counts it. Default: an interruption cancels the job.
   */
  readonly interruption?: "cancels" | "elsewhere" | undefined
}

type JobHandles = HandlesOf<typeof jobs>

/** A run of a `process` that has not ended. */
interface Run {
  readonly startNanos: bigint
}

/** Tracks operations on jobs in one set of job metrics. */
export class JobTracker {
  private readonly meter: Meter
  private readonly series: SeriesCache<OperationSeries, TrackJobOptions>
  /** By series of `inFlightOldestAge`, in the order in which they began. */
  private readonly runs = new Map<Series, Set<Run>>()

  constructor(handles: JobHandles, meter: Meter) {
    this.meter = meter
    this.series = new SeriesCache(meter, (options, ambient) => new OperationSeries(handles, options, ambient))
    meter.observe({
      instrument: handles.inFlightOldestAge[InstrumentId],
      refresh: (nowNanos) => this.observeOldest(nowNanos)
    })
  }

  watcher(options: TrackJobOptions): Watcher {
    return { site: "trackJob", meter: this.meter, begin: (begin) => this.begin(options, begin) }
  }

  private begin(options: TrackJobOptions, { ambient, clock, startNanos }: Begin): End {
    const series = this.series.get(
      `${options.operation}\u0000${options.jobType}\u0000${options.priority ?? ""}`,
      options,
      ambient
    )
    series.begin(options, clock.unsafeCurrentTimeMillis())
    const leave = series.oldest === undefined ? undefined : this.enter(series.oldest, { startNanos })
    return (outcome, seconds) => {
      leave?.()
      series.end(options, outcome, { seconds, nowMs: clock.unsafeCurrentTimeMillis() })
    }
  }

  private enter(oldest: Series, run: Run): () => void {
    const runs = this.runs.get(oldest) ?? new Set()
    this.runs.set(oldest, runs.add(run))
    return () => {
      runs.delete(run)
    }
  }

  private observeOldest(nowNanos: bigint): void {
    for (const [series, runs] of this.runs) {
      const [first] = runs
      series.record(first === undefined ? 0 : Math.max(0, Number(nowNanos - first.startNanos) / 1e9))
    }
  }
}

/** The series that one operation on one type of job moves. */
class OperationSeries {
  readonly oldest: Series | undefined
  private readonly inFlight: Series
  private readonly processing: Series
  private readonly succeeded: Series
  private readonly labelled: (handle: Declared<string>, extra?: Pairs) => Series
  private readonly handles: JobHandles

  constructor(handles: JobHandles, options: TrackJobOptions, ambient: ReadonlyArray<MetricLabel.MetricLabel>) {
    const { jobType: job_type, operation, priority } = options
    this.handles = handles
    this.labelled = (handle, extra = { job_type, operation, priority }) =>
      handle[InstrumentId].resolve(canonical(label(extra), ambient))
    this.inFlight = this.labelled(handles.inFlight)
    this.processing = this.labelled(handles.processingSeconds)
    this.succeeded = this.labelled(handles[succeeds[operation]])
    this.oldest = operation === "process" ? this.labelled(handles.inFlightOldestAge) : undefined
  }

  begin({ attempt = 1, deliverAt, enqueuedAt, operation }: TrackJobOptions, nowMs: number): void {
    this.inFlight.add(1)
    if (operation !== "process") {
      return
    }
    if (enqueuedAt !== undefined) {
      const dueMs = Math.max(enqueuedAt, deliverAt ?? enqueuedAt)
      this.labelled(this.handles.waitDuration).record(elapsedSeconds(dueMs, nowMs))
    }
    if (attempt > 1) {
      this.labelled(this.handles.retries).record(1)
    }
  }

  end(options: TrackJobOptions, outcome: Outcome, { nowMs, seconds }: { seconds: number; nowMs: number }): void {
    this.inFlight.add(-1)
    switch (outcome._tag) {
      case "success": {
        this.processing.record(seconds)
        this.succeeded.record(1)
        return this.finish(options, nowMs)
      }
      case "failure":
      case "defect": {
        this.processingOf(options, outcome._tag).record(seconds)
        const reason = outcome._tag === "failure" ? failureReason(outcome.error) : defectReason(outcome.defect)
        this.labelled(this.handles.failures, { job_type: options.jobType, reason }).record(1)
        return options.final === true ? this.finish(options, nowMs) : undefined
      }
      case "interrupted": {
        this.processingOf(options, outcome._tag).record(seconds)
        if (options.operation === "process" && options.interruption !== "elsewhere") {
          this.labelled(this.handles.cancellations).record(1)
        }
      }
    }
  }

  private finish({ enqueuedAt, operation }: TrackJobOptions, nowMs: number): void {
    if (operation === "process" && enqueuedAt !== undefined) {
      this.labelled(this.handles.duration).record(elapsedSeconds(enqueuedAt, nowMs))
    }
  }

  private processingOf({ jobType: job_type, operation, priority }: TrackJobOptions, outcome: FailedOutcome): Series {
    return this.labelled(this.handles.processingSeconds, { job_type, operation, priority, outcome })
  }
}

/** The counter that a success of an operation moves. */
const succeeds = {
  submit: "enqueued",
  process: "completions",
  cancel: "cancellations",
  replay: "replays"
} as const satisfies Record<JobOperation, keyof JobHandles>

/** Never negative, as the two times may be of two clocks; not a number stays one, to be refused and counted. */
const elapsedSeconds = (fromMs: number, toMs: number): number => {
  const seconds = (toMs - fromMs) / 1000
  return seconds < 0 ? 0 : seconds
}
