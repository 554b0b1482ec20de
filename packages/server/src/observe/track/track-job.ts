/** Watching one operation on a job: the table of `trackJob` in the reference, row by row. */
import type * as Clock from "effect/Clock"
import type * as MetricLabel from "effect/MetricLabel"
import type { jobs } from "../catalogue/jobs.ts"
import { type Declared, type HandlesOf, InstrumentId } from "../instrument/instrument.ts"
import { canonical, label, type Pairs } from "../catalogue/label.ts"
import type { Meter } from "../instrument/meter.ts"
import { defectReason, failureReason, type FailedOutcome, type Outcome } from "../catalogue/outcome.ts"
import { Runs } from "./runs.ts"
import type { Series } from "../instrument/series.ts"
import { remember, SeriesCache } from "../instrument/series-cache.ts"
import type { Begin, End, Tracker } from "./watch.ts"

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
type Ambient = ReadonlyArray<MetricLabel.MetricLabel>

/** Tracks operations on jobs in one set of job metrics. */
export class JobTracker implements Tracker<TrackJobOptions> {
  readonly site = "trackJob"
  readonly meter: Meter
  private readonly handles: JobHandles
  private readonly types: { readonly [O in JobOperation]: SeriesCache<TypeSeries, TrackJobOptions> }
  /** What runs, by series of `inFlightOldestAge`. */
  private readonly running = new Map<Series, Runs>()

  constructor(handles: JobHandles, meter: Meter) {
    this.handles = handles
    this.meter = meter
    const cache = () =>
      new SeriesCache<TypeSeries, TrackJobOptions>(
        meter,
        (_, ambient) => new TypeSeries(this.handles, ambient, this.runsOf)
      )
    this.types = { submit: cache(), process: cache(), cancel: cache(), replay: cache() }
    meter.observe({
      instrument: handles.inFlightOldestAge[InstrumentId],
      refresh: (nowNanos) => this.observeOldest(nowNanos)
    })
  }

  track(options: TrackJobOptions, begin: Begin): End {
    const { ambient, clock, startNanos } = begin
    const { epoch } = this.meter
    const series = this.seriesOf(options, ambient)
    series.begin(options, clock)
    series.inFlight.add(1)
    const { runs } = series
    const run = runs?.enter(startNanos)
    return (outcome, seconds) => {
      if (run !== undefined) {
        runs?.leave(run)
      }
      series.inFlight.add(-1)
      // Series that were removed meanwhile are resolved again, so that what ends now is counted.
      const current = epoch === this.meter.epoch ? series : this.seriesOf(options, ambient)
      current.end(options, outcome, { seconds, clock })
    }
  }

  private seriesOf(options: TrackJobOptions, ambient: Ambient): OperationSeries {
    return this.types[options.operation].get(options.jobType, options, ambient).of(options)
  }

  private readonly runsOf = (oldest: Series): Runs => {
    const known = this.running.get(oldest)
    const runs = known ?? new Runs()
    this.running.set(oldest, runs)
    return runs
  }

  private observeOldest(nowNanos: bigint): void {
    const oldestAge = this.handles.inFlightOldestAge[InstrumentId]
    for (const [series, { oldest }] of this.running) {
      if (oldest === undefined && oldestAge.find(series.labels) !== series) {
        this.running.delete(series)
      } else {
        series.record(oldest === undefined ? 0 : Math.max(0, Number(nowNanos - oldest.startNanos) / 1e9))
      }
    }
  }
}

/** The series of one operation on one type of job, by priority. */
class TypeSeries {
  private readonly byPriority = new Map<string | undefined, OperationSeries>()
  private readonly make: (options: TrackJobOptions) => OperationSeries

  constructor(handles: JobHandles, ambient: Ambient, runsOf: (oldest: Series) => Runs) {
    this.make = (options) => new OperationSeries(handles, options, { ambient, runsOf })
  }

  of(options: TrackJobOptions): OperationSeries {
    const known = this.byPriority.get(options.priority)
    return known ?? remember(this.byPriority, options.priority, this.make(options))
  }
}

/** The series that one operation on one type and priority of job moves, each resolved when it first moves. */
class OperationSeries {
  readonly inFlight: Series
  readonly runs: Runs | undefined
  private readonly processing: Series
  private readonly succeeded: Series
  private readonly labelled: (handle: Declared<string>, extra?: Pairs) => Series
  private readonly handles: JobHandles
  private readonly labels: Pairs
  private readonly byOutcome = new Map<FailedOutcome, Series>()
  private readonly byReason = new Map<string, Series>()
  private wait: Series | undefined
  private duration: Series | undefined
  private retries: Series | undefined
  private cancellations: Series | undefined

  constructor(
    handles: JobHandles,
    { jobType: job_type, operation, priority }: TrackJobOptions,
    { ambient, runsOf }: { readonly ambient: Ambient; readonly runsOf: (oldest: Series) => Runs }
  ) {
    this.handles = handles
    this.labels = { job_type, operation, priority }
    this.labelled = (handle, extra = this.labels) => handle[InstrumentId].resolve(canonical(label(extra), ambient))
    this.inFlight = this.labelled(handles.inFlight)
    this.processing = this.labelled(handles.processingSeconds)
    this.succeeded = this.labelled(handles[succeeds[operation]])
    this.runs = operation === "process" ? runsOf(this.labelled(handles.inFlightOldestAge)) : undefined
  }

  begin({ attempt = 1, deliverAt, enqueuedAt, operation }: TrackJobOptions, clock: Clock.Clock): void {
    if (operation !== "process") {
      return
    }
    if (enqueuedAt !== undefined) {
      const dueMs = Math.max(enqueuedAt, deliverAt ?? enqueuedAt)
      this.wait ??= this.labelled(this.handles.waitDuration)
      this.wait.record(elapsedSeconds(dueMs, clock.unsafeCurrentTimeMillis()))
    }
    if (attempt > 1) {
      this.retries ??= this.labelled(this.handles.retries)
      this.retries.record(1)
    }
  }

  end(options: TrackJobOptions, outcome: Outcome, { clock, seconds }: { seconds: number; clock: Clock.Clock }): void {
    switch (outcome._tag) {
      case "success": {
        this.processing.record(seconds)
        this.succeeded.record(1)
        return this.finish(options, clock)
      }
      case "failure":
      case "defect": {
        this.processingOf(outcome._tag).record(seconds)
        this.failuresOf(
          outcome._tag === "failure" ? failureReason(outcome.error) : defectReason(outcome.defect)
        ).record(1)
        return options.final === true ? this.finish(options, clock) : undefined
      }
      case "interrupted": {
        this.processingOf(outcome._tag).record(seconds)
        if (options.operation === "process" && options.interruption !== "elsewhere") {
          this.cancellations ??= this.labelled(this.handles.cancellations)
          this.cancellations.record(1)
        }
      }
    }
  }

  private finish({ enqueuedAt, operation }: TrackJobOptions, clock: Clock.Clock): void {
    if (operation === "process" && enqueuedAt !== undefined) {
      this.duration ??= this.labelled(this.handles.duration)
      this.duration.record(elapsedSeconds(enqueuedAt, clock.unsafeCurrentTimeMillis()))
    }
  }

  private processingOf(outcome: FailedOutcome): Series {
    const known = this.byOutcome.get(outcome)
    return (
      known ??
      remember(this.byOutcome, outcome, this.labelled(this.handles.processingSeconds, { ...this.labels, outcome }))
    )
  }

  private failuresOf(reason: string): Series {
    const known = this.byReason.get(reason)
    const { job_type } = this.labels
    return known ?? remember(this.byReason, reason, this.labelled(this.handles.failures, { job_type, reason }))
  }
}

/** The counter that a success of an operation moves. */
const succeeds = {
  submit: "enqueued",
  process: "completions",
  cancel: "cancellations",
  replay: "replays"
} as const satisfies Record<JobOperation, keyof JobHandles>

/** Never negative, as the two times may be of two clocks; what is no time gives no number, to be refused and counted. */
const elapsedSeconds = (fromMs: number, toMs: number): number => {
  const seconds = (toMs - fromMs) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : Number.NaN
}
