/**
 * The decorator of `SqlClient`: times statements, streams and transactions of it, of its copies without transformations,
 * and of the connections that it reserves. Whatever else the client of a driver can do is as it was.
 */
import type * as SqlConnection from "@effect/sql/SqlConnection"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../observe/metrics.ts"
import { decorateOnce, markDecorated } from "../decorator/decorate-once.ts"
import { observePool } from "./connections.ts"
import type { SqlMetricsOptions } from "./options.ts"
import { StatementTimer } from "./statement-timer.ts"
import { watchedConnection } from "./connection.ts"
import { WatchedStatement } from "./statement.ts"
import { systemOf } from "./system.ts"
import { TransactionTracker, watchTransaction } from "./transaction.ts"

/**
 * Decorates the `SqlClient` that it is given. Each statement is one in `db_client_operation_duration_seconds`, a stream when
 * it ends, and each transaction one in `db_transaction_duration_seconds`. Provide the result to whatever queries.
 */
export const layer = (
  options: SqlMetricsOptions = {}
): Layer.Layer<SqlClient.SqlClient, never, SqlClient.SqlClient | MetricsService> =>
  layerOf(SqlClient.SqlClient, options)

/**
 * Decorates the client of a driver under a tag of its own, such as `PgClient`. What is the driver's alone stays as it is:
 * `listen` and `notify` are not counted.
 */
export const layerOf = <I, S extends SqlClient.SqlClient>(
  tag: Context.Tag<I, S>,
  options: SqlMetricsOptions = {}
): Layer.Layer<I, never, I | MetricsService> =>
  Layer.scoped(
    tag,
    Effect.flatMap(Effect.all([tag, MetricsService]), ([client, metrics]) =>
      Effect.as(
        options.pool === undefined ? Effect.void : observePool(metrics, options.pool),
        decorateOnce("SqlClient", client, {
          meter: metrics.meter,
          decorate: (given) => watched(given, watchingOf(given, metrics, options))
        })
      )
    )
  )

/** What records the statements and transactions of one client. */
interface Watching {
  readonly timer: StatementTimer
  readonly transactions: TransactionTracker
  /** The clients that are decorated already, by what they decorate. */
  readonly known: WeakMap<object, unknown>
}

const watchingOf = (client: SqlClient.SqlClient, metrics: MetricsService, options: SqlMetricsOptions): Watching => {
  const system = systemOf(client)
  return {
    timer: new StatementTimer(metrics, system, options.collections !== false),
    transactions: new TransactionTracker(metrics, system),
    known: new WeakMap()
  }
}

/** A decorated client, with the properties and the types of the one that it decorates. */
const watched = <Client extends SqlClient.SqlClient>(client: Client, watching: Watching): Client => {
  const overrides = overridesOf(client, watching, (copy) =>
    copy === client ? made : (watching.known.get(copy) ?? watched(copy, watching))
  )
  const made: Client = new Proxy(client, {
    apply: (target, self, given) => watchedResult(Reflect.apply(target, self, given), watching.timer),
    get: (target, key) => (Object.hasOwn(overrides, key) ? Reflect.get(overrides, key) : Reflect.get(target, key))
  })
  markDecorated(made)
  watching.known.set(client, made)
  watching.known.set(made, made)
  return made
}

const overridesOf = (
  client: SqlClient.SqlClient,
  { timer, transactions }: Watching,
  copyOf: (client: SqlClient.SqlClient) => unknown
) => ({
  get safe() {
    return copyOf(client.safe)
  },
  withoutTransforms: () => copyOf(client.withoutTransforms()),
  unsafe: <A extends object>(sql: string, params?: ReadonlyArray<unknown>): Statement.Statement<A> =>
    new WatchedStatement(client.unsafe<A>(sql, params), timer),
  reserve: Effect.map(client.reserve, (connection): SqlConnection.Connection => watchedConnection(connection, timer)),
  withTransaction: <A, E, R>(self: Effect.Effect<A, E, R>) => watchTransaction(client, self, transactions)
})

// The other results are identifiers.
const watchedResult = (result: unknown, timer: StatementTimer): unknown =>
  isStatement(result) ? new WatchedStatement(result, timer) : result

const isStatement = (result: unknown): result is Statement.Statement<unknown> => Effect.isEffect(result)
