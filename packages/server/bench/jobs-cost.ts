/**
 * What the metrics of durable jobs cost: processor time of a process that submits jobs and runs them, with metrics and
 * without, in turns. The tables are in its memory: what a database and its driver take varies by more than metrics do.
 */
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { settingsOf } from "@parametric-portal/server/infra/jobs"
import { layerOf } from "../src/infra/jobs/service.ts"
import { JobStore } from "../src/infra/jobs/store.ts"
import { interleave, medians, pairedMicros, type Result, type Subject } from "./harness.ts"
import { makeHandled } from "./jobs/handled.ts"
import { pause } from "./jobs/loop.ts"
import { openOn } from "./jobs/ours.ts"
import { tablesInMemory } from "./jobs/tables-in-memory.ts"

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
  const settings = { ...settingsOf({ sampleInterval: "1 hour" }), isWatched: watched.includes(name) }
  const { areEmpty, tables } = tablesInMemory()
  const queue = await openOn({
    // Of the cluster, and of nothing else.
    database: Layer.orDie(SqliteClient.layer({ filename: ":memory:" })),
    service: layerOf(Effect.succeed(settings), Layer.succeed(JobStore, tables))
  })
  const handled = makeHandled()
  const { stop } = await queue.run(handled.handle)
  let next = 0
  return {
    name,
    run: async (jobs) => {
      const all = handled.more(jobs)
      await queue.submit({ from: next, jobs })
      next += jobs
      await all
      while (!areEmpty()) {
        await pause(1)
      }
    },
    check: (jobs) => handled.checkEach(name, { from: 0, jobs }),
    end: async () => {
      await stop()
      await queue.close()
    }
  }
}
