/** Runners to measure: one in this process over a database, watched or not. */
import * as SingleRunner from "@effect/cluster/SingleRunner"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import {
  Job,
  JobEntityLive,
  JobHandlers,
  JobsConfig,
  JobService,
  JobStore,
  settingsOf
} from "@parametric-portal/server/infra/jobs"
import { service } from "../../src/infra/jobs/service.ts"
import { MetricsService } from "@parametric-portal/server/observe/metrics"

/** Does nothing: what is measured is everything around it. */
export const Nothing = Job.make({
  type: "nothing",
  payload: Schema.Number,
  success: Schema.Number,
  error: Schema.Never,
  slots: 32
})

export const NothingLive = Nothing.toLayer((n) => Effect.succeed(n))

export const sqlite = (file: string): Layer.Layer<SqlClient.SqlClient> =>
  Layer.orDie(SqliteClient.layer({ filename: file }))

/** A runner in this process, and how many jobs it has completed. */
export const makeRunner = (database: Layer.Layer<SqlClient.SqlClient>, isWatched: boolean) => {
  let done = 0
  let target = 0
  let wake: (() => void) | undefined
  const handler = Nothing.toLayer((n) =>
    Effect.sync(() => {
      done += 1
      if (done === target) {
        wake?.()
      }
      return n
    })
  )
  const runtime = ManagedRuntime.make(
    handler.pipe(
      Layer.provideMerge(Layer.merge(service, JobEntityLive)),
      Layer.provideMerge(JobHandlers.layer),
      Layer.provideMerge(JobStore.layer),
      Layer.provide(Layer.succeed(JobsConfig, { ...settingsOf({ lanes: 16, sampleEvery: "1 hour" }), isWatched })),
      Layer.provide(SingleRunner.layer({ runnerStorage: "memory" })),
      Layer.provideMerge(database),
      Layer.provide(MetricsService.layer({ registry: "own" })),
      Layer.provide(Logger.remove(Logger.defaultLogger)),
      Layer.orDie
    )
  )
  const submit = (jobs: number) =>
    runtime.runPromise(
      Effect.flatMap(JobService, ({ submit: one }) =>
        Effect.forEach(
          Array.from({ length: jobs }, (_, n) => n),
          (n) => one(Nothing, n),
          { concurrency: 32, discard: true }
        )
      )
    )
  /** Submits jobs and waits until the last has run; the seconds until the last was accepted. */
  const runTimed = async (jobs: number): Promise<number> => {
    target = done + jobs
    const ended = new Promise<void>((resolve) => {
      wake = resolve
    })
    const started = performance.now()
    await submit(jobs)
    const seconds = (performance.now() - started) / 1000
    await ended
    return seconds
  }
  return {
    runtime,
    runTimed,
    run: async (jobs: number): Promise<void> => void (await runTimed(jobs)),
    done: () => done
  }
}
