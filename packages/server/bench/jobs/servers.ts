/** The servers of a family: PostgreSQL as it comes but for its buffers, so durable, and Redis where it is needed. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { startPostgresWith } from "../../test/support/postgres.ts"
import { type Redis, startRedis } from "../../test/support/redis.ts"

/** Servers that run. */
export interface Running {
  /** The URL of a database, made on the first use of its name. */
  readonly database: (name: string) => Promise<string>
  /** The port of Redis, started on the first use. */
  readonly redis: () => Promise<number>
  readonly stop: () => Promise<void>
}

export const startServers = async (): Promise<Running> => {
  const scope = await Effect.runPromise(Scope.make())
  const postgres = await Effect.runPromise(Scope.extend(startPostgresWith({ shared_buffers: "512MB" }), scope))
  let redis: Promise<Redis> | undefined
  return {
    database: (name) => Effect.runPromise(postgres.database(name)),
    redis: async () => (await (redis ??= startRedis())).port,
    stop: async () => {
      await (await redis)?.stop()
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}

/** What a turn finds: no dead rows of the one before, and nothing that has to be written to disk meanwhile. */
export const tidied = (url: string): Promise<void> =>
  Effect.flatMap(PgClient.PgClient, (sql) => Effect.zipRight(sql.unsafe("VACUUM"), sql.unsafe("CHECKPOINT"))).pipe(
    Effect.asVoid,
    Effect.provide(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })),
    Effect.runPromise
  )
