/** The series that operations on one type and priority of job move: the table of `trackJob` in the reference. */
import type { jobOperations, jobs } from "../catalogue/jobs.ts"
import type { Outcome } from "../catalogue/outcome.ts"
import { defectReason, failureReason } from "../catalogue/error-name.ts"
import { detached } from "../catalogue/clean-text.ts"
import { type Bindable, bind, bindEach } from "../instrument/bind.ts"
import { type HandlesOf, InstrumentId } from "../instrument/instrument.ts"
import type { Ambient } from "../instrument/label.ts"
import type { Moment } from "../instrument/moment.ts"
import type { Series } from "../instrument/series.ts"
import type { Run, Runs } from "./runs.ts"

/** What can be done to a job. */
export type JobOperation = (typeof jobOperations)[number]

/** What the metrics know an operation on a job by. */
export interface JobLabels {
  /** The kind of job: a small, closed set of names, never an id. */
  readonly jobType: string
  readonly operation: JobOperation
  readonly priority?: string | undefined
}

/** What is known of an operation on a job when it begins. */
export interface JobStart extends JobLabels {
  /** The number of this attempt, from 1. Above 1, a `process` counts a retry when it begins. */
  readonly attempt?: number | undefined
  /**
   * When the job was first accepted, in epoch milliseconds. Without it a `process` measures neither wait nor duration.
   */
  readonly enqueuedAt?: number | undefined
  /** When the job was due if it was deliberately delayed, in epoch milliseconds: the delay is no waiting. */
  readonly deliverAt?: number | undefined
}

/** An operation that a clock times, which need not be the wall's: its moment is. */
export interface Timed extends Moment {
  /** The seconds from a time of that clock, in milliseconds of the epoch, to now. */
  readonly secondsSince: (epochMs: number) => number
}

/** What is known of it when it ends. */
export interface JobEnd extends Timed {
  readonly seconds: number
  readonly enqueuedAt: number | undefined
  /** No attempt follows. */
  readonly isFinal: boolean
  /** How many attempts the job had taken, if this was its end. */
  readonly attempts: number | undefined
}

/** The handles of job metrics. */
export type JobHandles = HandlesOf<typeof jobs>

/** Where series of jobs are bound: under which ambient labels, and in which epoch of their meter. */
export interface JobSite {
  readonly ambient: Ambient
  readonly epoch: number
  /** What runs, by series of `inFlightOldestAge`. */
  readonly runsOf: (oldest: Series) => Runs
}

/** The series of one operation on one type and priority of job, each bound when it first moves. */
export class JobSeries {
  readonly labels: JobLabels
  readonly ambient: Ambient
  readonly epoch: number
  private readonly inFlight: Series
  private readonly oldest: Series | undefined
  private readonly runs: Runs | undefined
  private readonly processing: (outcome: string | undefined) => Series
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

  constructor(handles: JobHandles, { jobType, operation, priority }: JobLabels, { ambient, epoch, runsOf }: JobSite) {
    // Kept as long as the series are: by themselves, whatever they were cut from.
    const job_type = detached(jobType)
    const labels = { job_type, operation, priority: priority === undefined ? priority : detached(priority) }
    this.labels = { jobType: job_type, operation, priority: labels.priority }
    this.ambient = ambient
    this.epoch = epoch
    this.handles = handles
    this.bind = (handle) => bind(handle, labels, ambient)
    this.inFlight = this.bind(handles.inFlight)
    this.processing = bindEach(handles.processingSeconds, "outcome", { labels, ambient })
    this.processed = this.processing(undefined)
    this.succeeded = this.bind(handles[succeeds[operation]])
    this.failures = bindEach(handles.failures, "reason", { labels: { job_type }, ambient })
    this.oldest = operation === "process" ? this.bind(handles.inFlightOldestAge) : undefined
    this.runs = this.oldest === undefined ? undefined : runsOf(this.oldest)
  }

  /** An operation begins: the wait of a `process` is over, and it is in flight. */
  begin({ attempt = 1, deliverAt, enqueuedAt }: JobStart, run: Run & Timed): void {
    if (this.labels.operation === "process") {
      if (enqueuedAt !== undefined) {
        const dueMs = Math.max(enqueuedAt, deliverAt ?? enqueuedAt)
        this.wait ??= this.bind(this.handles.waitDuration)
        this.wait.record(run.secondsSince(dueMs), run)
      }
      if (attempt > 1) {
        this.retries ??= this.bind(this.handles.retries)
        this.retries.record(1)
      }
    }
    this.inFlight.add(1)
    this.runs?.enter(run)
    if (this.oldest?.isOverflow === true) {
      const instrument = this.handles.inFlightOldestAge[InstrumentId]
      instrument.keeper.folded(instrument)
    }
  }

  /** It does not run any more. */
  leave(run: Run): void {
    this.runs?.leave(run)
    this.inFlight.add(-1)
  }

  /** It goes on elsewhere. */
  notCounted(seconds: number, at: Moment): void {
    this.processing("interrupted").record(seconds, at)
  }

  /** It is counted. */
  end(outcome: Outcome, at: JobEnd): void {
    if (at.attempts !== undefined) {
      this.attempts ??= this.bind(this.handles.attempts)
      this.attempts.record(at.attempts, at)
    }
    switch (outcome._tag) {
      case "success": {
        this.processed.record(at.seconds, at)
        this.succeeded.record(1)
        return this.finish(at)
      }
      case "failure":
      case "defect": {
        const { _tag } = outcome
        this.processing(_tag).record(at.seconds, at)
        this.failures(_tag === "failure" ? failureReason(outcome.error) : defectReason(outcome.defect)).record(1)
        return at.isFinal ? this.finish(at) : undefined
      }
      case "interrupted": {
        this.notCounted(at.seconds, at)
        return this.labels.operation === "process" ? this.cancel() : undefined
      }
      default:
        return outcome satisfies never
    }
  }

  private cancel(): void {
    this.cancellations ??= this.bind(this.handles.cancellations)
    this.cancellations.record(1)
  }

  private finish(at: JobEnd): void {
    if (this.labels.operation === "process" && at.enqueuedAt !== undefined) {
      this.duration ??= this.bind(this.handles.duration)
      this.duration.record(at.secondsSince(at.enqueuedAt), at)
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
export const elapsedSeconds = (fromMs: number, toMs: number): number => {
  const seconds = (toMs - fromMs) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : Number.NaN
}
