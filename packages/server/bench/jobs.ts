/**
 * Durable jobs: how many are submitted and processed a second on SQLite and on PostgreSQL, with one runner and three, and
 * claims among a million finished jobs.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { type PostgresServer, startPostgres } from "../test/support/postgres.ts"
import { median, type Result } from "./harness.ts"
import { plans } from "./jobs/plans.ts"
import { several } from "./jobs/several.ts"
import { makeRunner, sqlite } from "./jobs/world.ts"

const batch = 1000

/** Measures jobs a second, and what a claim reads. */
export const measure = async (): Promise<ReadonlyArray<Result>> => {
  const folder = mkdtempSync(path.join(tmpdir(), "jobs-"))
  const scope = await Effect.runPromise(Scope.make())
  const postgres = await Effect.runPromise(Scope.extend(startPostgres, scope))
  const file = (name: string) => sqlite(path.join(folder, `${name}.sqlite`))
  try {
    return [
      ...(await perSecond("sqlite", file("throughput"))),
      ...(await perSecond("postgres", await database(postgres, "throughput"))),
      await several(await url(postgres, "one"), 1, 5000),
      await several(await url(postgres, "three"), 3, 5000),
      ...(await plans("sqlite", file("plans"))),
      ...(await plans("postgres", await database(postgres, "plans")))
    ]
  } finally {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    rmSync(folder, { recursive: true })
  }
}

const url = (postgres: PostgresServer, name: string): Promise<string> => Effect.runPromise(postgres.database(name))

const database = async (postgres: PostgresServer, name: string): Promise<Layer.Layer<SqlClient.SqlClient>> =>
  Layer.orDie(PgClient.layer({ url: Redacted.make(await url(postgres, name)), maxConnections: 12 }))

const perSecond = async (name: string, layer: Layer.Layer<SqlClient.SqlClient>): Promise<ReadonlyArray<Result>> => {
  const runner = makeRunner(layer, true)
  const submitted: Array<number> = []
  const processed: Array<number> = []
  for (let round = -1; round < 5; round++) {
    const started = performance.now()
    const accepted = await runner.runTimed(batch)
    const seconds = (performance.now() - started) / 1000
    if (round >= 0) {
      submitted.push(batch / accepted)
      processed.push(batch / seconds)
    }
  }
  await runner.runtime.dispose()
  return [
    { name: `jobs.${name} submitted meanwhile`, value: median(submitted), unit: "jobs/s", samples: submitted.length },
    {
      name: `jobs.${name} submitted and processed`,
      value: median(processed),
      unit: "jobs/s",
      samples: processed.length
    }
  ]
}
