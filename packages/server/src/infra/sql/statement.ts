/** A statement that is timed whichever way it is run. As a part of another statement it is what it was. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Inspectable from "effect/Inspectable"
import * as Stream from "effect/Stream"
import { currentFiber } from "../../observe/instrument/fiber.ts"
import { isWatchedConnection } from "./connection.ts"
import type { StatementTimer } from "./statement-timer.ts"

/** A timed statement. */
export class WatchedStatement<A>
  extends Effectable.Class<ReadonlyArray<A>, SqlError>
  implements Statement.Statement<A>
{
  private readonly statement: Statement.Statement<A>
  private readonly timer: StatementTimer

  constructor(statement: Statement.Statement<A>, timer: StatementTimer) {
    super()
    this.statement = statement
    this.timer = timer
  }

  get [Statement.FragmentId]() {
    return this.statement[Statement.FragmentId]
  }

  get segments() {
    return this.statement.segments
  }

  get raw() {
    return this.timed(this.statement.raw, true)
  }

  get withoutTransform() {
    return this.timed(this.statement.withoutTransform, true)
  }

  get values() {
    return this.timed(this.statement.values, false)
  }

  get unprepared() {
    return this.timed(this.statement.unprepared, false)
  }

  get stream(): Stream.Stream<A, SqlError> {
    const { stream } = this.statement
    return Stream.suspend(() =>
      isTimedByConnection() ? stream : this.timer.timeStream(stream, () => this.statement.compile()[0])
    )
  }

  compile(withoutTransform?: boolean) {
    return this.statement.compile(withoutTransform)
  }

  commit(): Effect.Effect<ReadonlyArray<A>, SqlError> {
    return this.timed(this.statement, false)
  }

  /** As the statement has it. */
  toJSON(): unknown {
    return Inspectable.toJSON(this.statement)
  }

  // The client keeps what it compiled: it is compiled once.
  private timed<X, E>(effect: Effect.Effect<X, E>, withoutTransform: boolean): Effect.Effect<X, E> {
    return Effect.suspend(() =>
      isTimedByConnection() ? effect : this.timer.time(effect, () => this.statement.compile(withoutTransform)[0])
    )
  }
}

// Whoever has put a reserved connection into the context as that of a transaction: it times what goes through it.
const isTimedByConnection = (): boolean => {
  const found: readonly [connection: Connection, depth: number] | undefined =
    currentFiber()?.currentContext.unsafeMap.get(SqlClient.TransactionConnection.key)
  return found !== undefined && isWatchedConnection(found[0])
}
