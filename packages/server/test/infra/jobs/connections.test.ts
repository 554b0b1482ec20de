/** What jobs need of their connections is said at the start. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestServices from "effect/TestServices"
import { Job, JobService } from "../../../src/infra/jobs.ts"
import { checkConnections } from "../../../src/infra/jobs/connections.ts"
import { Postgres } from "../../support/postgres.ts"
import { totals, world } from "./world.ts"

const Plain = Job.make({ type: "plain", payload: Schema.Void, success: Schema.Void, error: Schema.Never })
const PlainLive = Plain.toLayer(() => Effect.void)

it.layer(Postgres.layer, { timeout: "1 minute" })("on PostgreSQL", (it) => {
  const pool = (maxConnections: number) =>
    Layer.unwrapEffect(
      Effect.map(
        Effect.flatMap(Postgres, ({ database }) => database(`pool_${maxConnections}`)),
        (url) => PgClient.layer({ url: Redacted.make(url), maxConnections })
      )
    ).pipe(Layer.orDie)

  it.effect("a pool that is too small is refused, with how many are needed", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(checkConnections)
      expect(error).toMatchObject({ option: "maxConnections", given: "1" })
      expect(error.expected).toMatch(/^2 connections for jobs/)
    }).pipe(Effect.provide(pool(1)), TestServices.provideLive)
  )

  it.effect("one that is just large enough works", () =>
    Effect.flatMap(Postgres, (server) =>
      Effect.gen(function* () {
        const jobs = yield* JobService
        const ids = yield* Effect.forEach(Array.from({ length: 20 }), () => jobs.submit(Plain, undefined), {
          concurrency: 20
        })
        yield* Effect.forEach(ids, (id) => jobs.awaitResult(Plain, id), { concurrency: 20 })
        expect((yield* totals).completions).toBe(20)
      }).pipe(
        Effect.provide(world(PlainLive, {}, pool(2).pipe(Layer.provide(Layer.succeed(Postgres, server))))),
        TestServices.provideLive
      )
    )
  )
})

it.scopedLive("SQLite that may lose what it has answered is warned of, once", () =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "connections-"))),
      (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
    )
    const lines: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => void lines.push(String(message)))
    )
    const check = (level: string) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.unsafe(`PRAGMA synchronous = ${level}`)
        yield* checkConnections
      }).pipe(Effect.provide(SqliteClient.layer({ filename: join(folder, "jobs.sqlite") })), Effect.provide(logger))
    yield* check("FULL")
    yield* check("EXTRA")
    expect(lines).toEqual([])
    yield* check("NORMAL")
    yield* check("OFF")
    expect(lines.map((line) => line.slice(0, 35))).toEqual([
      "SQLite has synchronous = NORMAL: wh",
      "SQLite has synchronous = OFF: when "
    ])
  })
)
