/**
 * What a runner counts: each fact once it is in the tables, and an attempt timed to the end of its handler.
 */
import * as Duration from "effect/Duration"
import type * as Tracer from "effect/Tracer"
import type { MetricsService } from "../../../observe/metrics.ts"
import type { Outcome } from "../../../observe/catalogue/outcome.ts"
import { unspanned } from "../../../observe/instrument/moment.ts"
import { type AnyMetric, record } from "../../../observe/instrument/update.ts"
import type { JobStart } from "../../../observe/track/job-series.ts"
import type { JobWatch, Surroundings } from "../../../observe/track/job-watch.ts"
import type { Priority } from "../definition/priority.ts"
import { lostReason } from "../store/dialect.ts"
import type { Uncounted } from "../store/operations.ts"
import type { Run } from "./run.ts"

/** What the metrics know a job by. */
interface Kind {
  readonly type: string
  readonly priority: Priority
}

/** Counts for one runner. */
export class Recorder {
  protected readonly metrics: MetricsService
  protected readonly around: Surroundings
  private readonly isWatched: boolean

  constructor(metrics: MetricsService, around: Surroundings, isWatched: boolean) {
    this.metrics = metrics
    this.around = around
    this.isWatched = isWatched
  }

  /** An attempt begins, of a job that was submitted in this span; times are those that watches use. */
  begin(run: Run, now: number, submit: Tracer.AnySpan | undefined): void {
    if (!this.isWatched) {
      return
    }
    const { attempt, ageMs, dueMs, isRedelivered, priority, type } = run.job
    if (isRedelivered) {
      this.add(this.metrics.jobs.redelivered, labelsOf(run.job, "process"), 1)
    }
    run.watch = this.watch(
      {
        jobType: type,
        operation: "process",
        priority,
        // A redelivery is no attempt after the first: it is counted by itself.
        attempt: isRedelivered ? undefined : attempt,
        enqueuedAt: run.claimedAt - ageMs,
        deliverAt: run.claimedAt - dueMs
      },
      submit === undefined ? this.around : { ...this.around, span: submit },
      now
    )
  }

  protected watch(start: JobStart, around: Surroundings, now: number): JobWatch {
    return this.metrics.jobTracker.watch(start, around, now)
  }

  /** The tables say that an attempt began, and it is given up before it did. */
  neverBegun({ job }: { readonly job: Pick<Run["job"], "type" | "priority" | "attempt" | "isRedelivered"> }): void {
    if (job.isRedelivered) {
      this.add(this.metrics.jobs.redelivered, labelsOf(job, "process"), 1)
    } else if (job.attempt > 1) {
      this.add(this.metrics.jobs.retries, labelsOf(job, "process"), 1)
    }
  }

  /** An attempt came to its end, and its job too if it is final. */
  end({ job, watch }: Run, outcome: Outcome, isFinal: boolean): void {
    watch?.count(outcome, isFinal, isFinal || outcome._tag === "success" ? job.attempt : undefined)
  }

  deadLettered(job_type: string, reason: string): void {
    this.add(this.metrics.jobs.deadLettered, { job_type, reason }, 1)
  }

  /** A job became a dead letter because its runners died, with no attempt here. */
  private lost({ ageMs, attempts, ...job }: Uncounted): void {
    const { jobs } = this.metrics
    const { reason } = lostReason
    this.add(jobs.failures, { job_type: job.type, reason }, 1)
    this.add(jobs.deadLettered, { job_type: job.type, reason }, 1)
    this.add(jobs.attempts, labelsOf(job, "process"), attempts)
    this.add(jobs.duration, labelsOf(job, "process"), Duration.millis(ageMs))
  }

  /** What transactions of callers did, and jobs that were lost. */
  uncounted(rows: ReadonlyArray<Uncounted>): void {
    const { jobs } = this.metrics
    for (const row of rows) {
      const { attempts, operation, times, ...kind } = row
      switch (operation) {
        case "lose":
          this.lost(row)
          break
        case "submit":
          this.add(jobs.enqueued, labelsOf(kind, "submit"), times)
          break
        case "duplicate":
          this.add(jobs.duplicates, labelsOf(kind, "submit"), times)
          break
        case "replay":
          this.add(jobs.replays, labelsOf(kind, "replay"), times)
          break
        case "cancel":
          this.add(jobs.cancellations, labelsOf(kind, "cancel"), times)
          for (let each = 0; attempts > 0 && each < times; each += 1) {
            this.add(jobs.attempts, labelsOf(kind, "process"), attempts)
          }
      }
    }
  }

  private add<In>(metric: AnyMetric<In>, labels: Readonly<Record<string, string>>, amount: In): void {
    if (this.isWatched) {
      const { ambient, clock } = this.around
      record(metric, amount, { labels, ambient, at: unspanned(clock) })
    }
  }
}

const labelsOf = ({ priority, type }: Kind, operation: string) => ({ job_type: type, operation, priority })
