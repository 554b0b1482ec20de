/** Rows that another session has locked, as somebody does who looks at them by hand and goes to lunch. */
import { expect, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { JobService } from "../../../src/infra/jobs.ts"
import { eventually } from "../../support/eventually.ts"
import { Postgres } from "../../support/postgres.ts"
import { client, counts, runners, settled } from "./processes.ts"
import { lines, Work } from "./work.ts"

/** Locks rows of jobs in a session of its own, until the effect that it gives is run. */
const locked = (url: string, ids: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const isLocked = yield* Deferred.make<void>()
    const mayGo = yield* Deferred.make<void>()
    const session = yield* Effect.flatMap(PgClient.PgClient, (sql) =>
      sql.withTransaction(
        sql`SELECT id FROM jobs WHERE ${sql.in("id", ids)} FOR UPDATE`.pipe(
          Effect.zipRight(Deferred.succeed(isLocked, undefined)),
          Effect.zipRight(Deferred.await(mayGo))
        )
      )
    ).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })), Effect.orDie, Effect.fork)
    yield* Deferred.await(isLocked)
    return Effect.zipRight(Deferred.succeed(mayGo, undefined), Fiber.join(session))
  })

it.scopedLive("a waiting and a running job whose rows are locked wait, and nothing else does", () =>
  Effect.gen(function* () {
    const url = yield* Effect.flatMap(Postgres, (server) => server.database("locked"))
    const { record, start } = yield* runners
    const store = { _tag: "Postgres", url } as const
    const one = yield* start({ name: "one", store })
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        const running = yield* jobs.submit(Work, { n: 1, ms: 1500 })
        const waiting = yield* jobs.submit(Work, { n: 2, ms: 0 }, { delay: "1 second" })
        yield* eventually(
          Effect.sync(() => lines(record)),
          (found) => found.length > 0
        )
        const unlock = yield* locked(url, [running, waiting])
        yield* Effect.forEach(Array.from({ length: 500 }), (_, n) => jobs.submit(Work, { n: 10 + n, ms: 1 }), {
          concurrency: 40
        })
        const others = yield* eventually(counts, ({ completed }) => completed === 500)
        expect(others).toEqual({ completed: 500, waiting: 1, held: 1 })
        // The end of the running one can't be written yet: it is neither lost nor run again.
        yield* Effect.sleep("5 seconds")
        expect(lines(record).filter(({ n }) => n <= 2)).toMatchObject([
          { runner: "one", n: 1, attempt: 1, isRedelivered: false, what: "began" },
          { runner: "one", n: 1, attempt: 1, isRedelivered: false, what: "ended" }
        ])
        yield* unlock
        expect(yield* settled).toEqual({ completed: 502 })
        expect(lines(record).filter(({ what }) => what === "began").length).toBe(502)

        const last = yield* jobs.submit(Work, { n: 3, ms: 60_000 })
        yield* eventually(
          Effect.sync(() => lines(record)),
          (found) => found.some(({ n }) => n === 3)
        )
        const unlockLast = yield* locked(url, [last])
        yield* one.signal("SIGTERM")
        yield* Effect.timeoutFail(one.ended, {
          duration: "20 seconds",
          onTimeout: () => new Error("the runner waits for a row that is locked, and does not end")
        })
        yield* unlockLast
        yield* start({ name: "two", store })
        yield* eventually(
          Effect.sync(() => lines(record)),
          (found) => found.some(({ n, runner }) => n === 3 && runner === "two")
        )
        yield* jobs.cancel(last)
        expect(yield* settled).toEqual({ completed: 502, cancelled: 1 })
      }),
      client(url)
    )
  }).pipe(Effect.provide(Postgres.layer))
)
