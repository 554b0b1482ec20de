/**
 * The law over random programs: enqueued + replays = completed + cancelled + dead-lettered + held, in the tables at
 * every moment and in the metrics as soon as it is quiet; each counter is what an independent record in the database
 * says.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { describe, expect, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type { Scope } from "effect/Scope"
import { Postgres } from "../../support/postgres.ts"
import { minus } from "./law/audit.ts"
import { type Came, type Connection, play, type Stage } from "./law/play.ts"
import { makeProxy } from "./law/proxy.ts"
import { programs, type Step } from "./law/steps.ts"

/** So many programs each; ten minutes of them are among the end-to-end tests. */
const numRuns = Number(process.env["LAW_RUNS"] ?? 1)
const seed = process.env["LAW_SEED"] === undefined ? undefined : Number(process.env["LAW_SEED"])

const lawful = {
  imbalances: [0],
  contradictions: [],
  left: { held: 0, uncounted: 0 },
  inFlight: 0,
  used: 0,
  asMessages: [],
  lies: []
} satisfies Omit<Came, "counted" | "tables">

/** What a program came to that it should not have, as text. */
const violation = ({ counted, tables, ...rest }: Came): string | undefined => {
  const tooMuch = Object.entries(minus(counted, tables)).filter(([, times]) => times !== 0)
  const found = JSON.stringify({ tooMuch, ...rest })
  const isBalanced =
    tables.enqueued + tables.replays === tables.completions + tables.cancellations + tables.deadLettered
  return isBalanced && found === JSON.stringify({ tooMuch: [], ...lawful }) ? undefined : found
}

const keeps = (
  name: string,
  stage: Effect.Effect<Stage, never, Scope>,
  given: FastCheck.Arbitrary<ReadonlyArray<Step>>
) =>
  it(name, { timeout: 60_000 + numRuns * 60_000 }, async () => {
    const played = FastCheck.assert(
      FastCheck.asyncProperty(given, async (program) => {
        const came = await Effect.runPromise(
          Effect.flatMap(stage, (made) => play(made, program)).pipe(
            Effect.scoped,
            Effect.provide(process.env["LAW_LOG"] === undefined ? Logger.remove(Logger.defaultLogger) : Layer.empty)
          )
        )
        const found = violation(came)
        if (found !== undefined) {
          throw new Error(found)
        }
      }),
      { numRuns, ...(seed === undefined ? {} : { seed }), endOnFailure: true }
    )
    await expect(played).resolves.toBe(undefined)
  })

describe("on SQLite", () => {
  /** All share a connection, as they do in one process. */
  const sqliteStage = (runners: number, semconv: boolean): Effect.Effect<Stage, never, Scope> =>
    Effect.map(Layer.build(Layer.orDie(SqliteClient.layer({ filename: ":memory:" }))), (context) => {
      const way: Connection = {
        database: Layer.succeed(SqlClient.SqlClient, Context.get(context, SqlClient.SqlClient)),
        proxy: undefined
      }
      return {
        runners: Array.from({ length: runners }, () => way),
        caller: way,
        observer: way.database,
        options: { semconv },
        place: { name: (table) => table }
      }
    })
  keeps("the law holds with one runner", sqliteStage(1, false), programs(false))
  keeps("the law holds with two runners that come and go", sqliteStage(2, true), programs(true))
})

let stages = 0

describe("on PostgreSQL", () => {
  const postgresStage = (runners: number, isViolent: boolean): Effect.Effect<Stage, never, Scope> =>
    Effect.gen(function* () {
      const server = Context.get(yield* Layer.build(Postgres.layer), Postgres)
      const url = yield* server.database("law")
      const schema = `law_${(stages += 1)}`
      const way = (name: string): Effect.Effect<Connection, never, Scope> =>
        Effect.map(isViolent ? makeProxy(server.port) : Effect.succeed(undefined), (proxy) => {
          const through = new URL(url)
          through.port = String(proxy?.port ?? server.port)
          const database = PgClient.layer({
            url: Redacted.make(through.href),
            applicationName: name,
            maxConnections: 5
          })
          return { database: Layer.orDie(database), proxy }
        })
      return {
        runners: yield* Effect.forEach(
          Array.from({ length: runners }, (_, nth) => nth),
          (nth) => way(`runner ${nth}`)
        ),
        caller: yield* way("caller"),
        observer: Layer.orDie(PgClient.layer({ url: Redacted.make(url), applicationName: "observer" })),
        options: { schema, semconv: true },
        place: { name: (table) => `${schema}.${table}` }
      }
    })
  keeps("the law holds with one runner", postgresStage(1, false), programs(false))
  keeps("the law holds with two runners whose connections are lost", postgresStage(2, true), programs(true))
})
