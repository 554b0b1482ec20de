/** A reserved connection that times what is executed on it. */
import type { Connection } from "@effect/sql/SqlConnection"
import type { StatementTimer } from "./statement-timer.ts"

/** A connection, timed; whatever else it can do is as it was. */
export const watchedConnection = (connection: Connection, timer: StatementTimer): Connection => {
  if (isWatchedConnection(connection)) {
    return connection
  }
  const overrides: Connection = {
    execute: (sql, params, transform) => timer.time(connection.execute(sql, params, transform), () => sql),
    executeRaw: (sql, params) => timer.time(connection.executeRaw(sql, params), () => sql),
    executeValues: (sql, params) => timer.time(connection.executeValues(sql, params), () => sql),
    executeUnprepared: (sql, params, transform) =>
      timer.time(connection.executeUnprepared(sql, params, transform), () => sql),
    executeStream: (sql, params, transform) =>
      timer.timeStream(connection.executeStream(sql, params, transform), () => sql)
  }
  const made = new Proxy(connection, {
    get: (target, key) => (Object.hasOwn(overrides, key) ? Reflect.get(overrides, key) : Reflect.get(target, key))
  })
  watchedConnections.add(made)
  return made
}

const watchedConnections = new WeakSet<object>()

/** Is it one that times what is executed on it? */
export const isWatchedConnection = (connection: object): boolean => watchedConnections.has(connection)
