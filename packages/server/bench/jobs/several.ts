/** Jobs a second on PostgreSQL with runners in processes of their own. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { JobStore } from "@parametric-portal/server/infra/jobs"
import type { Result } from "../harness.ts"

/**
 * What so many runners process a second: the jobs are there before the runners come, and the time runs from the first
 * start to the last end, as the tables have it.
 */
export const several = async (url: string, runners: number, jobs: number): Promise<Result> => {
  // A runner makes the cluster's tables, which its migrations don't let several do at once.
  await stop(await started(url))
  const runtime = ManagedRuntime.make(
    JobStore.layer.pipe(Layer.provideMerge(PgClient.layer({ url: Redacted.make(url), maxConnections: 2 })), Layer.orDie)
  )
  await runtime.runPromise(
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql`
        INSERT INTO jobs (id, job_type, lane, priority, state, rank, due_at, accepted_at, payload)
        SELECT 'job ' || n, 'nothing', n % 48, 'normal', 'ready', n, 0, 0, n::text FROM generate_series(1, ${jobs}::int) n`
    )
  )
  const children = await Promise.all(Array.from({ length: runners }, () => started(url)))
  const done = Effect.repeat(spent, { schedule: Schedule.spaced("250 millis"), until: ({ left }) => left === 0 })
  await Promise.race([runtime.runPromise(done), ...children.map(early)])
  const { seconds } = await runtime.runPromise(spent)
  await Promise.all(children.map(stop))
  await runtime.dispose()
  return { name: `jobs.postgres processed, ${runners} runners`, value: jobs / seconds, unit: "jobs/s", samples: 1 }
}

const spent = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ seconds: string | null; left: string }>`
      SELECT (max(finished_at) - min(started_at)) / 1000.0 AS seconds,
        sum(CASE WHEN state = 'completed' THEN 0 ELSE 1 END) AS left FROM jobs`,
    ([row]) => ({ seconds: Number(row?.seconds), left: Number(row?.left) })
  )
)

const started = async (url: string): Promise<ChildProcess> => {
  const file = fileURLToPath(new URL("./runner.js", import.meta.url))
  const child = fork(file, [url, String(await freePort())], { execArgv: [] })
  await Promise.race([once(child, "message"), early(child)])
  return child
}

/** Fails when the runner ends. */
const early = async (child: ChildProcess): Promise<never> => {
  const [code] = await once(child, "exit")
  throw new Error(`a runner ended with ${code}`)
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  return typeof address === "object" && address !== null ? address.port : 0
}

const stop = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, "exit")
  child.kill("SIGTERM")
  await ended
}
