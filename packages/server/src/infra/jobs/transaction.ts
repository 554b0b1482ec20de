/** The caller's transaction: whether there is one, and how what outlives it leaves it behind. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"

/** Whether the caller is in a transaction, of whatever database. */
export const isInTransaction: Effect.Effect<boolean> = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  Option.isSome
)

/**
 * Without the transaction that it is made in: for what forks a fiber, keeps its context or a runtime, and may still be
 * at work when the transaction has ended.
 */
export const outliving = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.locallyWith(effect, FiberRef.currentContext, Context.omit(SqlClient.TransactionConnection))
