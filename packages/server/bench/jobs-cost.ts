/**
 * What the metrics of durable jobs cost: processor time of a process that submits jobs and runs them, with metrics and
 * without, in turns. The tables are in the memory of the process: what a driver and its sockets take varies by more.
 */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { settingsOf } from "@parametric-portal/server/infra/jobs"
import { layerOf } from "../src/infra/jobs/service.ts"
import { interleave, medians, pairedMicros, type Result, type Subject } from "./harness.ts"
import { makeHandled } from "./jobs/handled.ts"
import { pause } from "./jobs/loop.ts"
import { openOn } from "./jobs/ours.ts"

// Two of each, so that neither is always made first.
const watched = ["watched", "watched, the second"]
const unwatched = ["unwatched", "unwatched, the second"]

/** Measures `jobs_metrics_us`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const subjects: Array<Subject & { readonly end: () => Promise<void> }> = []
  for (const name of ["watched", ...unwatched, "watched, the second"]) {
    subjects.push(await subject(name))
  }
  const samples = await interleave(subjects, { rounds: 60, batchMs: 150, warmups: 15 })
  for (const { end } of subjects) {
    await end()
  }
  return [
    pairedMicros("jobs_metrics_us", samples, { of: watched, to: unwatched }),
    ...medians("jobs.processor time of a job", samples)
  ]
}

const subject = async (name: string): Promise<Subject & { readonly end: () => Promise<void> }> => {
  // Samples of depth and ages cost a query now and then, whatever the jobs.
  const settings = { ...settingsOf({ sampleInterval: "1 hour" }), isWatched: watched.includes(name) }
  const table = ManagedRuntime.make(Layer.orDie(SqliteClient.layer({ filename: ":memory:" })))
  const sql = await table.runPromise(SqlClient.SqlClient)
  const database = Layer.succeed(SqlClient.SqlClient, sql)
  const queue = await openOn({ database, service: layerOf(Effect.succeed(settings)) })
  const handled = makeHandled()
  const { stop } = await queue.run(handled.handle)
  // Without metrics nothing tells when the last end is committed, so the table is asked, in both variants.
  const rows = sql`SELECT 1 FROM jobs LIMIT 1`
  let next = 0
  return {
    name,
    run: async (jobs) => {
      const all = handled.more(jobs)
      await queue.submit({ from: next, jobs })
      next += jobs
      await all
      while ((await table.runPromise(rows)).length > 0) {
        await pause(2)
      }
    },
    check: (jobs) => handled.checkEach(name, { from: 0, jobs }),
    end: async () => {
      await stop()
      await queue.close()
      await table.dispose()
    }
  }
}
