/** Watching one operation on a job: the table of `trackJob` in the reference, row by row. */
import type { jobOperations, jobs } from "../catalogue/jobs.ts"
import type { Outcome } from "../catalogue/outcome.ts"
import { defectReason, failureReason } from "../catalogue/error-name.ts"
import { detached } from "../catalogue/clean-text.ts"
import type { Pairs } from "../catalogue/label.ts"
import { type Bindable, bind, bindEach } from "../instrument/bind.ts"
import { Bindings } from "../instrument/bindings.ts"
import { ambientOf, clockOf, currentFiber } from "../instrument/fiber.ts"
import { type HandlesOf, InstrumentId } from "../instrument/instrument.ts"
import type { Ambient } from "../instrument/label.ts"
import type { Meter } from "../instrument/meter.ts"
import type { Series } from "../instrument/series.ts"
import { type Run, Runs } from "./runs.ts"
import { JobWatch, type Operation, type Surroundings } from "./job-watch.ts"
import type { Start, Tracker } from "./watch.ts"

/** What can be done to a job. */
export type JobOperation = (typeof jobOperations)[number]

/** What is known of a job and of the operation on it. */
export interface TrackJobOptions {
  /** The kind of job: a small, closed set of names, never an id. */
  readonly jobType: string
  readonly operation: JobOperation
  readonly priority?: string | undefined
  /** The number of this attempt, from 1. Above 1, a `process` counts a retry when it begins. */
  readonly attempt?: number | undefined
  /**
   * When the job was first accepted, in epoch milliseconds. Without it a `process` measures neither wait nor duration.
   */
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

/** Tracks operations on jobs in one set of job metrics. */
export class JobTracker implements Tracker<TrackJobOptions, JobRun> {
  readonly site = "trackJob"
  readonly meter: Meter
  private readonly handles: JobHandles
  private readonly operations: Bindings<OperationSeries>
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

  begin(options: TrackJobOptions, start: Start): JobRun {
    return new JobRun(this, options, start)
  }

  /**
   * For whoever knows better than an exit how an operation ends. It begins now, on this fiber unless told otherwise.
   */
  watch(options: TrackJobOptions, surroundings: Surroundings = here()): JobWatch {
    const watch = new JobWatch(this, surroundings)
    return watch.watched(watch.begin(this, options))
  }

  /** The series that an operation moves. */
  seriesOf(options: TrackJobOptions, ambient: Ambient): OperationSeries {
    const { jobType, operation, priority } = options
    const branch = this.operations.under(ambient).at(operation).at(jobType).at(priority)
    branch.bound ??= new OperationSeries(this.handles, options, { ambient, runsOf: this.runsOf })
    return branch.bound
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
        series.record(oldest === undefined ? 0 : oldest.elapsed())
      }
    }
  }
}

const here = (): Surroundings => {
  const fiber = currentFiber()
  return { clock: clockOf(fiber), ambient: ambientOf(fiber) }
}

/** One operation on one job, from its beginning to its end. */
class JobRun implements Operation, Run {
  before: Run | undefined = undefined
  after: Run | undefined = undefined
  isFinal: boolean
  attempts: number | undefined = undefined
  private isRunning = true
  private readonly tracker: JobTracker
  private readonly options: TrackJobOptions
  private readonly start: Start
  private readonly epoch: number
  private readonly series: OperationSeries

  constructor(tracker: JobTracker, options: TrackJobOptions, start: Start) {
    this.tracker = tracker
    this.options = options
    this.start = start
    this.isFinal = options.final === true
    this.epoch = tracker.meter.epoch
    this.series = tracker.seriesOf(options, start.ambient)
    this.series.begin(options, start)
    this.series.inFlight.add(1)
    this.series.runs?.enter(this)
  }

  elapsed(): number {
    return this.start.elapsed()
  }

  ended(outcome: Outcome, seconds: number): void {
    const { interruption } = this.options
    if (outcome._tag === "interrupted" && interruption === "elsewhere") {
      this.notCounted(seconds)
    } else {
      const { attempts, isFinal, options, start } = this
      this.leave().end(options, outcome, { seconds, start, isFinal, attempts })
    }
  }

  notCounted(seconds: number): void {
    this.leave().processing("interrupted").record(seconds)
  }

  stop(): void {
    if (this.isRunning) {
      this.isRunning = false
      this.series.runs?.leave(this)
      this.series.inFlight.add(-1)
    }
  }

  /** Series that were removed meanwhile are bound again, so that what ends now is counted. */
  private leave(): OperationSeries {
    const { epoch, options, series, start, tracker } = this
    this.stop()
    return epoch === tracker.meter.epoch ? series : tracker.seriesOf(options, start.ambient)
  }
}

interface AtEnd {
  readonly seconds: number
  readonly start: Start
  readonly isFinal: boolean
  readonly attempts: number | undefined
}

/** The series that one operation on one type and priority of job moves, each bound when it first moves. */
class OperationSeries {
  readonly inFlight: Series
  readonly runs: Runs | undefined
  readonly processing: (outcome: string | undefined) => Series
  private readonly processed: Series
  private readonly succeeded: Series
  private readonly failures: (reason: string) => Series
  private readonly bind: (handle: Bindable) => Series
  private readonly handles: JobHandles
  private wait: Series | undefined
  private duration: Series | undefined
  private retries: Series | undefined
  private cancellations: Series | undefined
  private attempts: Series | undefined

  constructor(
    handles: JobHandles,
    { jobType, operation, priority }: TrackJobOptions,
    { ambient, runsOf }: { readonly ambient: Ambient; readonly runsOf: (oldest: Series) => Runs }
  ) {
    // Kept as long as the series are: by themselves, whatever they were cut from.
    const job_type = detached(jobType)
    const labels: Pairs = { job_type, operation, priority: priority === undefined ? priority : detached(priority) }
    this.handles = handles
    this.bind = (handle) => bind(handle, labels, ambient)
    this.inFlight = this.bind(handles.inFlight)
    this.processing = bindEach(handles.processingSeconds, "outcome", { labels, ambient })
    this.processed = this.processing(undefined)
    this.succeeded = this.bind(handles[succeeds[operation]])
    this.failures = bindEach(handles.failures, "reason", { labels: { job_type }, ambient })
    this.runs = operation === "process" ? runsOf(this.bind(handles.inFlightOldestAge)) : undefined
  }

  begin({ attempt = 1, deliverAt, enqueuedAt, operation }: TrackJobOptions, start: Start): void {
    if (operation !== "process") {
      return
    }
    if (enqueuedAt !== undefined) {
      const dueMs = Math.max(enqueuedAt, deliverAt ?? enqueuedAt)
      this.wait ??= this.bind(this.handles.waitDuration)
      this.wait.record(elapsedSeconds(dueMs, start.nowMillis()))
    }
    if (attempt > 1) {
      this.retries ??= this.bind(this.handles.retries)
      this.retries.record(1)
    }
  }

  end(options: TrackJobOptions, outcome: Outcome, at: AtEnd): void {
    if (at.attempts !== undefined) {
      this.attempts ??= this.bind(this.handles.attempts)
      this.attempts.record(at.attempts)
    }
    switch (outcome._tag) {
      case "success": {
        this.processed.record(at.seconds)
        this.succeeded.record(1)
        return this.finish(options, at.start)
      }
      case "failure":
      case "defect": {
        const { _tag } = outcome
        this.processing(_tag).record(at.seconds)
        this.failures(_tag === "failure" ? failureReason(outcome.error) : defectReason(outcome.defect)).record(1)
        return at.isFinal ? this.finish(options, at.start) : undefined
      }
      case "interrupted": {
        this.processing(outcome._tag).record(at.seconds)
        return options.operation === "process" ? this.cancel() : undefined
      }
      default:
        return outcome satisfies never
    }
  }

  private cancel(): void {
    this.cancellations ??= this.bind(this.handles.cancellations)
    this.cancellations.record(1)
  }

  private finish({ enqueuedAt, operation }: TrackJobOptions, start: Start): void {
    if (operation === "process" && enqueuedAt !== undefined) {
      this.duration ??= this.bind(this.handles.duration)
      this.duration.record(elapsedSeconds(enqueuedAt, start.nowMillis()))
    }
  }
}

/** The counter that a success of an operation moves. */
const succeeds = {
  submit: "enqueued",
  process: "completions",
  cancel: "cancellations",
  replay: "replays"
} as const satisfies Record<JobOperation, keyof JobHandles>

/**
 * Never negative, as the two times may be of two clocks; what is no time gives no number, to be refused and counted.
 */
const elapsedSeconds = (fromMs: number, toMs: number): number => {
  const seconds = (toMs - fromMs) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : Number.NaN
}
