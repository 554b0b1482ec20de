/** The first page of the jobs list over HTTP with a million jobs in the tables, in each state and order; and the summary. */
import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { JobService } from "../src/infra/jobs.ts"
import { makeWith } from "../src/infra/jobs-page/app.ts"
import { summaryOf } from "../src/infra/jobs-page/summary.ts"
import { MetricsService } from "../src/observe/metrics.ts"
import { median, type Result } from "./harness.ts"
import { startServers } from "./jobs/servers.ts"

/** Of twenty types and each priority: 400,000 ready, 100,000 scheduled, 100,000 retrying, the others have ended. */
const fill = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const numbers = (to: number) => sql.literal(`generate_series(1, ${to}) AS i`)
  const now = sql.literal("(extract(epoch FROM now()) * 1000)::bigint")
  yield* sql`
    INSERT INTO jobs (id, type, partition, priority, due_at, is_retry, accepted_at, payload)
    SELECT gen_random_uuid()::text, 'type ' || i % 20, i % 64, i / 20 % 4,
      ${now} + CASE WHEN i % 6 < 4 THEN -i ELSE 3600000 + i END, CASE WHEN i % 6 = 5 THEN 1 ELSE 0 END, ${now} - i,
      repeat('x', 200) FROM ${numbers(600_000)}`
  yield* sql`
    INSERT INTO jobs_done (id, type, partition, priority, state, due_at, accepted_at, finished_at, payload)
    SELECT gen_random_uuid()::text, 'type ' || i % 20, 0, 2, 2 + i % 4 % 3, 1, 1, ${now} - i, repeat('x', 200)
    FROM ${numbers(400_000)}`
  yield* sql`
    INSERT INTO job_errors (job_id, run, attempt, failed_at, reason, message)
    SELECT id, n, n, 1, 'Refused', repeat('m', 200) FROM jobs_done, generate_series(1, 3) AS n WHERE state = 4`
  yield* sql`VACUUM ANALYZE`
})

/** The files of the page are not what is measured. */
const page = () =>
  Promise.resolve({
    readPageFiles: () => new Map(),
    answerPage: () => undefined,
    withSlash: () => undefined,
    pageHeaders: {}
  })

const rounds = 40

/** Milliseconds of each round, after some that do not count. */
const timesOf = (round: () => Promise<unknown>, many = rounds) =>
  Effect.promise(async () => {
    const times: Array<number> = []
    for (let n = -5; n < many; n += 1) {
      const from = performance.now()
      await round()
      if (n >= 0) {
        times.push(performance.now() - from)
      }
    }
    return times
  })

const read = async (address: string): Promise<unknown> => {
  const response = await fetch(address)
  const body: unknown = await response.json()
  if (!response.ok) {
    throw new Error(`${address}: ${JSON.stringify(body)}`)
  }
  return body
}

const measureOn = Effect.gen(function* () {
  yield* fill
  const jobs = yield* JobService
  const app = yield* makeWith({ access: () => Effect.succeed({ level: "read", who: "bench" }) }, page)
  const served = HttpServer.serve(app).pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
  )
  const { address } = Context.get(yield* Layer.build(served), HttpServer.HttpServer)
  const base = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/jobs`
  const lists = new Map<string, ReadonlyArray<number>>()
  for (const state of ["ready", "scheduled", "retrying", "running", "completed", "cancelled", "dead"]) {
    for (const order of ["oldest", "newest"]) {
      const query = `state=${state}&order=${order}`
      lists.set(query, yield* timesOf(() => read(`${base}/list?${query}`)))
    }
  }
  const summary = yield* timesOf(() => Effect.runPromise(summaryOf(jobs)), 10)
  const shared = yield* timesOf(() => read(`${base}/summary`))
  return { lists, summary, shared }
})

/** Measures `jobs_list_1m_ms`, of the slowest of the lists. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const servers = await startServers()
  const database = PgClient.layer({ url: Redacted.make(await servers.database("list")), maxConnections: 10 })
  const service = JobService.layerClient().pipe(
    Layer.provideMerge(database),
    Layer.provideMerge(MetricsService.Default)
  )
  const { lists, shared, summary } = await Effect.runPromise(measureOn.pipe(Effect.scoped, Effect.provide(service)))
  await servers.stop()
  const each = Array.from(lists, ([query, times]) => resultOf(`jobs.list of a million, ${query}`, times))
  return [
    { ...each.reduce((slowest, one) => (one.value > slowest.value ? one : slowest)), name: "jobs_list_1m_ms" },
    resultOf("jobs_summary_1m_ms", summary),
    resultOf("jobs.summary of a million, shared", shared),
    ...each
  ]
}

const resultOf = (name: string, times: ReadonlyArray<number>): Result => ({
  name,
  value: median(times),
  unit: "ms",
  samples: times.length
})
