/** A queue of jobs in memory, tracked by the library as a user would: what waits, what runs, what was given up. */
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Process } from "./simulation.ts"

interface Waiting {
  readonly enqueuedAt: number
}

/** Jobs of one type; `lost` is what ended in the dead letters. */
export class Queue {
  readonly jobType: string
  readonly waiting: Array<Waiting> = []
  readonly lost: Array<Waiting> = []

  constructor(jobType: string) {
    this.jobType = jobType
  }

  /** A process tells of this queue from now on, whenever it is read. */
  readonly tell = (process: Process) => {
    const { jobs } = process.metrics
    const job_type = this.jobType
    const age = (nowNanos: bigint, oldest: Waiting | undefined): number =>
      oldest === undefined ? 0 : Number(nowNanos / 1_000_000n) / 1000 - oldest.enqueuedAt / 1000
    return process.run(
      Effect.all(
        [
          MetricsService.observe(jobs.queueOldestAge, (now) => [
            { labels: { job_type }, value: age(now, this.waiting[0]) }
          ]),
          MetricsService.observe(jobs.queueDepth, () => [
            { labels: { job_type, state: "ready" }, value: this.waiting.length }
          ]),
          MetricsService.observe(jobs.dlqSize, () => [{ labels: { job_type }, value: this.lost.length }]),
          MetricsService.observe(jobs.dlqOldestAge, (now) => [{ labels: { job_type }, value: age(now, this.lost[0]) }])
        ],
        { discard: true }
      )
    )
  }

  /** Accepts so many jobs. */
  readonly submit = (count: number): Effect.Effect<void, never, MetricsService> =>
    Clock.currentTimeMillis.pipe(
      Effect.map((enqueuedAt) => void this.waiting.push({ enqueuedAt })),
      MetricsService.trackJob({ jobType: this.jobType, operation: "submit" }),
      Effect.repeatN(count - 1)
    )

  /** Works on the oldest jobs, one after the other, until none waits. */
  readonly drain = <E>(work: Effect.Effect<void, E>): Effect.Effect<void, never, MetricsService> =>
    Effect.whileLoop({
      while: () => this.waiting.length > 0,
      body: () => this.work(work),
      step: () => {}
    })

  /** Takes the oldest job and works on it once; a failure leaves it in the dead letters. */
  readonly work = <E>(work: Effect.Effect<void, E>): Effect.Effect<void, never, MetricsService> =>
    Effect.gen(this, function* () {
      const job = this.waiting.shift()
      if (job === undefined) {
        return
      }
      const { jobs } = yield* MetricsService
      const { jobType } = this
      const options = { jobType, operation: "process", enqueuedAt: job.enqueuedAt, final: true } as const
      const attempt = MetricsService.trackJob(options)(work)
      yield* Effect.catchAll(attempt, (error) => {
        this.lost.push(job)
        const reason = MetricsService.errorTag(error)
        return MetricsService.inc(jobs.deadLettered, MetricsService.label({ job_type: jobType, reason }))
      })
    })
}
