/** Callers behind PgBouncer in transaction mode; the runner has a direct connection. */
import { expect, it } from "@effect/vitest"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { JobService } from "../../../src/infra/jobs.ts"
import * as Testing from "../../../src/observe/testing.ts"
import { eventually } from "../../support/eventually.ts"
import { pgBouncer } from "../../support/pgbouncer.ts"
import { Postgres } from "../../support/postgres.ts"
import { client, counts, runners, settled } from "./processes.ts"
import { lines, Work } from "./work.ts"

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

class RolledBack extends Error {}

it.scopedLive("submits, cancels and waits through PgBouncer, in transactions and outside of them", () =>
  Effect.gen(function* () {
    const direct = yield* Effect.flatMap(Postgres, (server) => server.database("pgbouncer"))
    const pooled = yield* pgBouncer(direct)
    const { record, start } = yield* runners
    yield* start({ name: "one", store: { _tag: "Postgres", url: direct } })
    yield* Effect.provide(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const jobs = yield* JobService
        const single = yield* Effect.forEach(numbers(400), (n) => jobs.submit(Work, { n, ms: 0 }), { concurrency: 40 })
        const committed = yield* Effect.forEach(
          numbers(100),
          (n) => sql.withTransaction(jobs.submit(Work, { n: 1000 + n, ms: 0 })),
          { concurrency: 40 }
        )
        const rolledBack = yield* Effect.forEach(
          numbers(50),
          (n) =>
            Effect.exit(
              sql.withTransaction(
                Effect.zipRight(jobs.submit(Work, { n: 2000 + n, ms: 0 }), Effect.fail(new RolledBack()))
              )
            ),
          { concurrency: 40 }
        )
        expect(rolledBack.every(Exit.isFailure)).toBe(true)
        const many = yield* jobs.submitMany(
          Work,
          numbers(3000).map((n) => ({ n: 3000 + n, ms: 0 }))
        )
        const long = yield* jobs.submit(Work, { n: 9000, ms: 60_000 })
        yield* eventually(
          Effect.sync(() => lines(record).some(({ n }) => n === 9000)),
          (hasBegun) => hasBegun
        )
        yield* jobs.cancel(long)
        expect(yield* jobs.awaitResult(Work, single[7] ?? "")).toBe(7)
        expect(new Set([...single, ...committed, ...many]).size).toBe(3500)
        expect(yield* settled).toEqual({ completed: 3500, cancelled: 1 })
        expect(lines(record).filter(({ what }) => what === "ended").length).toBe(3500)
        expect(lines(record).some(({ n }) => n >= 2000 && n < 3000)).toBe(false)
        // The hundred of the transactions are counted by the runner, these by their caller.
        const counted = yield* Testing.snapshot
        expect(counted['jobs_enqueued_total{job_type="work",operation="submit",priority="normal"}']).toBe(3401)
      }),
      client(pooled)
    )
  }).pipe(Effect.provide(Postgres.layer))
)

it.scopedLive("a job that was told of through PgBouncer starts before the next poll", () =>
  Effect.gen(function* () {
    const direct = yield* Effect.flatMap(Postgres, (server) => server.database("pgbouncer_told"))
    const pooled = yield* pgBouncer(direct)
    const { record, start } = yield* runners
    yield* start({ name: "one", store: { _tag: "Postgres", url: direct }, pollInterval: "30 seconds" })
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        const sql = yield* SqlClient.SqlClient
        // A hint that nobody listens for yet is lost, and the poll finds what it told of. Who is idle listens.
        yield* eventually(
          sql`
            SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'LISTEN %' AND state = 'idle'`,
          (sessions) => sessions.length > 0
        )
        const started = performance.now()
        yield* jobs.awaitResult(Work, yield* jobs.submit(Work, { n: 1, ms: 0 }))
        expect(performance.now() - started).toBeLessThan(5000)
        expect(yield* counts).toEqual({ completed: 1 })
        expect(lines(record).map(({ what }) => what)).toEqual(["began", "ended"])
      }),
      client(pooled)
    )
  }).pipe(Effect.provide(Postgres.layer))
)
