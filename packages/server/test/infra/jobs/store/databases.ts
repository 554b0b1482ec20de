/** The tables of jobs on each database, one after the other: the same promises on both. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, it } from "@effect/vitest"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as TestServices from "effect/TestServices"
import { JobStore } from "../../../../src/infra/jobs/store.ts"
import type { ClaimRequest, Fence, HeldJob, NewJob } from "../../../../src/infra/jobs/store/operations.ts"
import { Postgres } from "../../../support/postgres.ts"

/** Another session of the same database. */
export class Second extends Context.Tag("test/Second")<Second, SqlClient.SqlClient>() {}

export type Needs = JobStore | SqlClient.SqlClient | Second | Scope.Scope

/** What is promised of the tables, by its sentence. */
export type Promises = Record<string, Effect.Effect<void, unknown, Needs>>

/** Two sessions of a database of SQLite, in a file. */
export const sqliteFile: Layer.Layer<SqlClient.SqlClient | Second> = Layer.unwrapScoped(
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "jobs-"))),
      (folder) => Effect.promise(() => rm(folder, { recursive: true, force: true }))
    ),
    (folder) => {
      const file = SqliteClient.layer({ filename: join(folder, "jobs.sqlite") })
      return Layer.merge(file, secondOf(file))
    }
  )
).pipe(Layer.orDie)

/** Two sessions of a schema of PostgreSQL that nothing else uses; it is the first of the search path, unless told. */
export const postgresOf = (
  name: string,
  searchPath = name
): Layer.Layer<SqlClient.SqlClient | Second, never, Postgres> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const url = yield* Effect.flatMap(Postgres, (server) => server.database("tables"))
      const clientOf = (address: string) => PgClient.layer({ url: Redacted.make(address) })
      const made = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`CREATE SCHEMA IF NOT EXISTS ${name}`))
      yield* Effect.provide(made, clientOf(url))
      const client = clientOf(`${url}?options=${encodeURIComponent(`-c search_path=${searchPath}`)}`)
      return Layer.merge(client, secondOf(client))
    })
  ).pipe(Layer.orDie)

const secondOf = <E, R>(client: Layer.Layer<SqlClient.SqlClient, E, R>) =>
  Layer.project(Layer.fresh(client), SqlClient.SqlClient, Second, (sql) => sql)

export const memory = Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))

export const storeOver = <A, E, R>(database: Layer.Layer<SqlClient.SqlClient | A, E, R>) =>
  JobStore.layer().pipe(Layer.provideMerge(database), Layer.orDie)

/** Tests each promise on SQLite and on PostgreSQL, with tables of its own. */
export const onBoth = (name: string, promises: Promises): void => {
  onSqlite(promises)
  onPostgres(name, promises)
}

export const onSqlite = (promises: Promises): void => {
  describe("on SQLite", () => {
    for (const [title, promise] of Object.entries(promises)) {
      // oxlint-disable-next-line rooms/expects -- each of the promises expects
      it.scoped(title, () => promise.pipe(Effect.provide(storeOver(sqliteFile)), TestServices.provideLive))
    }
  })
}

export const onPostgres = (name: string, promises: Promises): void =>
  it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
    for (const [index, [title, promise]] of Object.entries(promises).entries()) {
      // oxlint-disable-next-line rooms/expects -- each of the promises expects
      it.scoped(title, () =>
        promise.pipe(Effect.provide(storeOver(postgresOf(`${name}_${index}`))), TestServices.provideLive)
      )
    }
  })

export const outside = { isInTransaction: false, hint: false } as const
export const inside = { isInTransaction: true, hint: false } as const

export const jobOf = (id: string, more: Partial<NewJob> = {}): NewJob => ({
  id,
  type: "t",
  partition: 0,
  priority: "normal",
  payload: "1",
  isLimited: false,
  ...more
})

/** Accepts jobs, outside of a transaction. */
export const accept = (...jobs: ReadonlyArray<NewJob>) =>
  Effect.flatMap(JobStore, ({ insert }) => insert(jobs, outside))

export const lease = 60_000

export const requestOf = (more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  runnerId: "me",
  leaseMs: lease,
  partitions: 64,
  owned: undefined,
  types: [{ type: "t", most: 100 }],
  most: 100,
  ...more
})

/** Begins the life of a runner. */
export const live = (id = "me", slots?: number) =>
  Effect.flatMap(JobStore, ({ begin }) => begin({ id, name: id, slots }))

/** Claims what there is, in the order in which it is to run. */
export const claimAll = (more: Partial<ClaimRequest> = {}) =>
  Effect.flatMap(JobStore, ({ claim }) => Effect.map(claim(requestOf(more)), ({ jobs }) => jobs))

/** Claims one job, which begins at once. */
export const startOne = (runnerId = "me", type = "t") =>
  Effect.flatMap(claimAll({ runnerId, most: 1, types: [{ type, most: 1 }] }), ([job]) =>
    job === undefined ? Effect.dieMessage("nothing to claim") : Effect.succeed(job)
  )

/** Ends a run as it is told; what became of it. */
export const endAs = (job: HeldJob, settlement: Parameters<typeof JobStore.Service.end>[1][number]["settlement"]) =>
  Effect.flatMap(JobStore, ({ end }) => end("me", [{ id: job.id, run: job.run, attempt: job.attempt, settlement }]))

export const fenceOf = ({ id, run }: HeldJob): Fence => ({ id, run })

export const failure = { reason: "r", message: "m" } as const
export const completed = { _tag: "Completed", result: "1" } as const
export const dead = { _tag: "Dead", failure } as const

/** Lets so much time have passed for the jobs in the tables. */
export const age = (ms: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.all([
      sql`UPDATE jobs SET due_at = due_at - ${ms}, accepted_at = accepted_at - ${ms}`,
      sql`UPDATE jobs_done SET finished_at = finished_at - ${ms}, accepted_at = accepted_at - ${ms}`
    ])
  )

/** What is written in the ledger, without taking it. */
export const ledger = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    sql<{ readonly operation: string; readonly attempts: number; readonly times: number }>`
      SELECT operation, attempts, times FROM job_uncounted ORDER BY seq`
)

/** Runs an effect while another session has a transaction open that has done this; then that one commits. */
export const whileOpen = <A, E, R>(
  done: (sql: SqlClient.SqlClient) => Effect.Effect<unknown, unknown>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError, R | Second> =>
  Effect.gen(function* () {
    const sql = yield* Second
    const isDone = yield* Deferred.make<void>()
    const mayEnd = yield* Deferred.make<void>()
    const open = yield* done(sql).pipe(
      Effect.orDie,
      Effect.zipRight(Deferred.succeed(isDone, undefined)),
      Effect.zipRight(Deferred.await(mayEnd)),
      sql.withTransaction,
      Effect.forkDaemon
    )
    yield* Deferred.await(isDone)
    return yield* Effect.ensuring(
      effect,
      Effect.zipRight(Deferred.succeed(mayEnd, undefined), Effect.ignore(Fiber.join(open)))
    )
  })
