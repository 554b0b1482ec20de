/** `JobService` as a user has it: a runner and its callers in one process, metrics on. */
import type * as Sharding from "@effect/cluster/Sharding"
import * as SingleRunner from "@effect/cluster/SingleRunner"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { Job, JobService } from "@parametric-portal/server/infra/jobs"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import * as Testing from "@parametric-portal/server/observe/testing"
import { concurrency, connections, type Numbers, type Queue, type Servers } from "./queue.ts"

// `slots` is what a checkout from before calls it.
const atOnce = { concurrency, slots: concurrency }

/** Does nothing: what is measured is everything around it. */
export const Nothing = Job.make({
  type: "nothing",
  payload: Schema.Struct({ n: Schema.Number }),
  success: Schema.Void,
  error: Schema.Never,
  ...atOnce
})

/** What the runners of `JobService` stand on. */
export interface Ground {
  readonly database: Layer.Layer<SqlClient.SqlClient>
  /** A cluster of one unless given. */
  readonly cluster?: Layer.Layer<Sharding.Sharding, unknown, SqlClient.SqlClient>
  /** `JobService.layer()` unless given. */
  readonly service?: ReturnType<typeof JobService.layer>
}

const clusterOfOne = SingleRunner.layer({ runnerStorage: "memory" })

/** Everything but the handler. */
export const jobsOn = ({ cluster = clusterOfOne, database, service = JobService.layer() }: Ground) =>
  service.pipe(
    Layer.provide(cluster),
    Layer.provideMerge(database),
    Layer.provideMerge(MetricsService.layer({ registry: "own" })),
    Layer.provide(Logger.minimumLogLevel(LogLevel.Warning)),
    Layer.orDie
  )

/** A database of PostgreSQL. */
export const postgres = (url: string): Layer.Layer<SqlClient.SqlClient> =>
  Layer.orDie(PgClient.layer({ url: Redacted.make(url), maxConnections: connections }))

/** On PostgreSQL. */
export const open = (servers: Servers): Promise<Queue> => openOn({ database: postgres(servers.postgres) })

const bulk = 10_000

/** On any ground. */
export const openOn = async (ground: Ground): Promise<Queue> => {
  const runtime = ManagedRuntime.make(jobsOn(ground))
  const { context } = await runtime.runtime()
  const jobs = await runtime.runPromise(JobService)
  const sql = await runtime.runPromise(SqlClient.SqlClient)
  return {
    submit: (numbers) => runtime.runPromise(each(numbers, (n) => jobs.submit(Nothing, { n }))),
    submitOne: (n) => runtime.runPromise(jobs.submit(Nothing, { n })),
    submitInTransactions: (numbers) =>
      runtime.runPromise(each(numbers, (n) => sql.withTransaction(jobs.submit(Nothing, { n })))),
    submitMany: ({ from, jobs: count }) =>
      runtime.runPromise(
        Effect.forEach(
          Array.from({ length: Math.ceil(count / bulk) }, (_, group) => group * bulk),
          (start) => jobs.submitMany(Nothing, payloads({ from: from + start, jobs: Math.min(bulk, count - start) })),
          { discard: true }
        )
      ),
    run: async (handle) => {
      const before = await runtime.runPromise(completed)
      const scope = await runtime.runPromise(Scope.make())
      const handler = Nothing.toLayer(({ n }) => Effect.sync(() => handle(n)))
      await Effect.runPromise(handler.pipe(Layer.buildWithScope(scope), Effect.provide(context)))
      return {
        written: (count) => runtime.runPromise(writtenSince(before, count)),
        countWritten: () => runtime.runPromise(Effect.map(completed, (now) => now - before)),
        stop: () => Effect.runPromise(Scope.close(scope, Exit.void))
      }
    },
    close: () => runtime.dispose()
  }
}

/** By 32 callers at once. */
const each = <E, R>({ from, jobs }: Numbers, call: (n: number) => Effect.Effect<unknown, E, R>) => {
  let next = from
  const caller = Effect.whileLoop({
    while: () => next < from + jobs,
    body: () => call(next++),
    step: () => undefined
  })
  return Effect.all(
    Array.from({ length: concurrency }, () => caller),
    { concurrency: "unbounded", discard: true }
  )
}

const payloads = ({ from, jobs }: Numbers): ReadonlyArray<{ readonly n: number }> =>
  Array.from({ length: jobs }, (_, at) => ({ n: from + at }))

/** An end is counted after its transaction has committed. */
const completed = Effect.map(Testing.snapshot, (snapshot) =>
  Object.entries(snapshot)
    .filter(([text]) => text.startsWith("jobs_completed_total"))
    .reduce((sum, [, value]) => sum + Number(value), 0)
)

const writtenSince = (before: number, jobs: number) =>
  completed.pipe(Effect.delay("3 millis"), Effect.repeat({ until: (now) => now - before >= jobs }), Effect.asVoid)
