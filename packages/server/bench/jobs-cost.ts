/**
 * What the metrics of durable jobs cost: processor time of a process that submits jobs and runs them on PostgreSQL, with
 * metrics and without, in turns.
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { settingsOf } from "@parametric-portal/server/infra/jobs"
import { layerOf } from "../src/infra/jobs/service.ts"
import { interleave, medians, pairedMicros, type Result, type Subject } from "./harness.ts"
import { makeHandled } from "./jobs/handled.ts"
import { pause } from "./jobs/loop.ts"
import { openOn, postgres } from "./jobs/ours.ts"
import { startServers } from "./jobs/servers.ts"

// Two of each, so that neither is always made first.
const watched = ["watched", "watched, the second"]
const unwatched = ["unwatched", "unwatched, the second"]

/** Measures `jobs_metrics_us`. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const subjects: Array<Subject & { readonly end: () => Promise<void> }> = []
  for (const [at, name] of ["watched", ...unwatched, "watched, the second"].entries()) {
    subjects.push(await subject(name, await servers.database(`cost_${at}`)))
  }
  const samples = await interleave(subjects, { rounds: 60, batchMs: 150, warmups: 15 })
  for (const { end } of subjects) {
    await end()
  }
  await servers.stop()
  return [
    pairedMicros("jobs_metrics_us", samples, { of: watched, to: unwatched }),
    ...medians("jobs.processor time of a job", samples)
  ]
}

const subject = async (name: string, url: string): Promise<Subject & { readonly end: () => Promise<void> }> => {
  // Samples of depth and ages cost a query now and then, whatever the jobs.
  const settings = { ...settingsOf({ sampleInterval: "1 hour" }), isWatched: watched.includes(name) }
  const queue = await openOn({ database: postgres(url), service: layerOf(Effect.succeed(settings)) })
  const handled = makeHandled()
  const { stop } = await queue.run(handled.handle)
  // Without metrics nothing tells when the last end is committed, so the table is asked, in both variants.
  const table = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 }))
  const rows = Effect.flatMap(PgClient.PgClient, (sql) => sql`SELECT 1 FROM jobs LIMIT 1`)
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
