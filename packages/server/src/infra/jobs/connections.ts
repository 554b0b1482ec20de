/** What jobs need of the connections to their database: enough of them, and that what was committed stays. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { OptionsError } from "../../observe/instrument/options-error.ts"

/**
 * Fails where a runner would wait for a connection for ever: it keeps one to listen, and needs another for its
 * statements, beside those that the storage of the cluster keeps. Warns where SQLite may lose what it has answered.
 */
export const checkConnections: Effect.Effect<void, OptionsError, SqlClient.SqlClient> = Effect.flatMap(
  SqlClient.SqlClient,
  (client) =>
    client.onDialectOrElse({
      pg: () => twoAreFree(client),
      sqlite: () => warnOfLoss(client),
      orElse: () => Effect.void
    })
)

const twoAreFree = (client: SqlClient.SqlClient): Effect.Effect<void, OptionsError> =>
  Effect.flatMap(
    Effect.either(Effect.scoped(Effect.all([client.reserve, client.reserve]))).pipe(
      Effect.disconnect,
      Effect.timeoutOption(patience)
    ),
    (reserved) => (Option.isSome(reserved) ? Effect.void : tooFew(client))
  )

const patience = "5 seconds"

const tooFew = (client: SqlClient.SqlClient): Effect.Effect<never, OptionsError> => {
  const most = maxConnectionsOf(client)
  return new OptionsError({
    option: "maxConnections",
    given: most === undefined ? "a pool that is in use" : String(most),
    expected:
      "2 connections for jobs, one to listen and one for statements, beside those that are kept: the storage of a " +
      "cluster on the same client keeps one, so that 3 is the least",
    fix: "Raise maxConnections of the PgClient"
  })
}

const maxConnectionsOf = (client: SqlClient.SqlClient): number | undefined =>
  Predicate.hasProperty(client, "config") &&
  Predicate.hasProperty(client.config, "maxConnections") &&
  Predicate.isNumber(client.config.maxConnections)
    ? client.config.maxConnections
    : undefined

const warnOfLoss = (client: SqlClient.SqlClient): Effect.Effect<void> =>
  Effect.gen(function* () {
    const sql = client.withoutTransforms()
    const [setting] = yield* sql<{ readonly synchronous: number }>`PRAGMA synchronous`
    const [database] = yield* sql<{ readonly file: string }>`SELECT file FROM pragma_database_list WHERE name = 'main'`
    if (database?.file !== "" && setting !== undefined && setting.synchronous < full) {
      yield* Effect.logWarning(
        `SQLite has synchronous = ${setting.synchronous === 1 ? "NORMAL" : "OFF"}: when the power fails, the last jobs ` +
          "that were answered as accepted or done may be lost. PRAGMA synchronous = FULL keeps them."
      )
    }
  }).pipe(Effect.catchAll((error: SqlError) => Effect.logDebug("PRAGMA synchronous can't be read", error)))

const full = 2
