/** Watching one operation on a job. */
import type { Outcome } from "../catalogue/outcome.ts"
import { Bindings } from "../instrument/bindings.ts"
import { InstrumentId } from "../instrument/instrument.ts"
import type { Ambient } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import type { Series } from "../instrument/series.ts"
import { elapsedSeconds, type JobEnd, type JobHandles, type JobLabels, JobSeries, type JobStart } from "./job-series.ts"
import { JobWatch, type Surroundings, surroundings, type Tracking } from "./job-watch.ts"
import { type Run, Runs } from "./runs.ts"
import type { Ending, Start, Tracker } from "./watch.ts"

/** What is known of a job and of the operation on it. */
export interface TrackJobOptions extends JobStart {
  /** No attempt follows if this one fails: its failure is the job's final outcome. Default: false. */
  readonly final?: boolean | undefined
  /**
   * `elsewhere`: an interruption of this `process` is accounted for elsewhere, because the job goes on on another
   * runner or because a tracked `cancel` counts it. Default: an interruption cancels the job.
   */
  readonly interruption?: "cancels" | "elsewhere" | undefined
}

/** Tracks operations on jobs in one set of job metrics. */
export class JobTracker implements Tracker<TrackJobOptions>, Tracking {
  readonly site = "trackJob"
  readonly meter: Meter
  private readonly handles: JobHandles
  private readonly operations: Bindings<JobSeries>
  /** What runs, by series of `inFlightOldestAge`. */
  private readonly running = new Map<Series, Runs>()

  constructor(handles: JobHandles, meter: Meter) {
    this.handles = handles
    this.meter = meter
    this.operations = new Bindings(meter)
    meter.observe({
      instrument: handles.inFlightOldestAge[InstrumentId],
      refresh: () => this.observeOldest()
    })
  }

  begin(options: TrackJobOptions, start: Start): Ending {
    return new JobRun(this, options, start)
  }

  /**
   * For whoever knows better than an exit how an operation ends. It begins now, on this fiber unless told otherwise.
   */
  watch(start: JobStart, around: Surroundings = surroundings(), startMs?: number): JobWatch {
    return new JobWatch(this, around, startMs).begin(start)
  }

  /** The series that an operation moves. */
  seriesOf(labels: JobLabels, ambient: Ambient): JobSeries {
    const branch = this.operations.under(ambient).at(labels.operation).at(labels.jobType).at(labels.priority)
    branch.bound ??= new JobSeries(this.handles, labels, { ambient, epoch: this.meter.epoch, runsOf: this.runsOf })
    return branch.bound
  }

  /** Series that were removed meanwhile are bound again, so that what ends now is counted. */
  current(series: JobSeries): JobSeries {
    return series.epoch === this.meter.epoch ? series : this.seriesOf(series.labels, series.ambient)
  }

  private readonly runsOf = (oldest: Series): Runs => {
    const known = this.running.get(oldest)
    const runs = known ?? new Runs()
    this.running.set(oldest, runs)
    return runs
  }

  private observeOldest(): void {
    const oldestAge = this.handles.inFlightOldestAge[InstrumentId]
    for (const [series, { oldest }] of this.running) {
      if (oldest === undefined && oldestAge.find(series.labels) !== series) {
        this.running.delete(series)
      } else {
        series.set(oldest === undefined ? 0 : oldest.elapsed())
      }
    }
  }
}

/** One operation on one job, from its beginning on a fiber to its end. */
class JobRun implements Ending, Run, JobEnd {
  before: Run | undefined = undefined
  after: Run | undefined = undefined
  seconds = 0
  readonly attempts = undefined
  private readonly tracker: JobTracker
  private readonly options: TrackJobOptions
  private readonly start: Start
  private readonly series: JobSeries

  constructor(tracker: JobTracker, options: TrackJobOptions, start: Start) {
    this.tracker = tracker
    this.options = options
    this.start = start
    this.series = tracker.seriesOf(options, start.ambient)
    this.series.begin(options, this)
  }

  get span(): Start["span"] {
    return this.start.span
  }

  get enqueuedAt(): number | undefined {
    return this.options.enqueuedAt
  }

  get isFinal(): boolean {
    return this.options.final === true
  }

  nowMillis(): number {
    return this.start.nowMillis()
  }

  secondsSince(epochMs: number): number {
    return elapsedSeconds(epochMs, this.start.nowMillis())
  }

  elapsed(): number {
    return this.start.elapsed()
  }

  ended(outcome: Outcome, seconds: number): void {
    this.seconds = seconds
    this.series.leave(this)
    const series = this.tracker.current(this.series)
    if (outcome._tag === "interrupted" && this.options.interruption === "elsewhere") {
      series.notCounted(seconds, this)
    } else {
      series.end(outcome, this)
    }
  }
}
