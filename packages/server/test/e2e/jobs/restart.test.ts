/** PostgreSQL crashes and comes back under load, twice. */
import * as SqlClient from "@effect/sql/SqlClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import { JobService } from "../../../src/infra/jobs.ts"
import { startPostgresWith } from "../../support/postgres.ts"
import { client, runners, settled } from "./processes.ts"
import { lines, Work } from "./work.ts"

const callers = 16

it.scopedLive("what was accepted before, between and after two crashes of PostgreSQL is done, once in the tables", () =>
  Effect.gen(function* () {
    // A crash must not take what was committed, so none of what tests give up to be quick.
    const server = yield* startPostgresWith({})
    const url = yield* server.database("restart")
    const { record, start } = yield* runners
    const store = { _tag: "Postgres", url } as const
    const one = yield* start({ name: "one", store })
    const two = yield* start({ name: "two", store })
    yield* Effect.provide(
      Effect.gen(function* () {
        const jobs = yield* JobService
        const sql = yield* SqlClient.SqlClient
        const isOver = yield* Ref.make(false)
        let next = 0
        const submitted = { accepted: Array<string>(), unknown: 0 }
        // A half of them in transactions of their callers.
        const submit = Effect.suspend(() => {
          const n = next++
          const one = jobs.submit(Work, { n, ms: n % 40 })
          return n % 2 === 0 ? one : sql.withTransaction(one)
        })
        const once = Effect.flatMap(Effect.exit(Effect.timeout(submit, "20 seconds")), (exit) =>
          Exit.match(exit, {
            // Whether it was accepted is not known. A caller's transaction dies of a connection that is lost at its end.
            onFailure: () => {
              submitted.unknown += 1
              return Effect.sleep("100 millis")
            },
            onSuccess: (id) =>
              Effect.zipRight(
                Effect.sync(() => submitted.accepted.push(id)),
                Effect.sleep("5 millis")
              )
          })
        )
        const load = yield* Effect.fork(
          Effect.forEach(Array.from({ length: callers }), () => Effect.repeat(once, { until: () => Ref.get(isOver) }), {
            concurrency: "unbounded",
            discard: true
          })
        )
        for (let crash = 0; crash < 2; crash += 1) {
          yield* Effect.sleep("3 seconds")
          yield* server.crash
          yield* Effect.sleep("2 seconds")
          yield* server.start
        }
        yield* Effect.sleep("3 seconds")
        yield* Ref.set(isOver, true)
        yield* Fiber.join(load)
        const ends = yield* settled
        const statuses = yield* Effect.forEach(
          submitted.accepted,
          (id) => Effect.retry(jobs.status(id), { times: 3 }),
          {
            concurrency: 8
          }
        )
        expect(statuses.filter(({ state }) => state !== "completed")).toEqual([])
        expect(Object.keys(ends)).toEqual(["completed"])
        const { completed = 0 } = ends
        expect(completed).toBeGreaterThanOrEqual(submitted.accepted.length)
        expect(completed).toBeLessThanOrEqual(submitted.accepted.length + submitted.unknown)
        expect(submitted.accepted.length).toBeGreaterThan(200)
        expect([one, two].map(({ isAlive }) => isAlive())).toEqual([true, true])
        const ended = new Set(
          lines(record)
            .filter(({ what }) => what === "ended")
            .map(({ n }) => n)
        )
        expect(ended.size).toBe(completed)
      }),
      client(url)
    )
  })
)
