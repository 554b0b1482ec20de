/** Calls of a lane's entity, wherever in the cluster it is. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { describe } from "./attempt.ts"
import type { JobsSettings } from "./config.ts"
import { JobError } from "./error.ts"

/**
 * A call of a lane's entity: what the cluster can't do becomes `RunnerUnavailable`. A runner that stops can take a call
 * with it and say nothing, so a call that is not answered is made again: `call` is told, and must mean the same.
 */
export const called = <A, E>(
  { callAgainAfter, callTimeout }: JobsSettings,
  call: (isRepeated: boolean) => Effect.Effect<A, JobError | E>
): Effect.Effect<A, JobError> => {
  // A lane that moves interrupts what it was asked, and that is answered as if the caller had been interrupted.
  const insist = (isRepeated: boolean): Effect.Effect<A, JobError | E> =>
    Effect.flatMap(Effect.exit(Effect.timeoutOption(call(isRepeated), callAgainAfter)), (exit) => {
      if (Exit.isFailure(exit)) {
        return Cause.isInterruptedOnly(exit.cause) || isConnectionLost(exit.cause)
          ? Effect.delay(
              Effect.suspend(() => insist(true)),
              "100 millis"
            )
          : Effect.failCause(exit.cause)
      }
      return Option.match(exit.value, { onNone: () => insist(true), onSome: Effect.succeed })
    })
  return insist(false).pipe(
    Effect.catchAll((error) => (error instanceof JobError ? Effect.fail(error) : unavailable(error))),
    Effect.timeoutFail({
      duration: callTimeout,
      onTimeout: () =>
        new JobError({
          reason: "RunnerUnavailable",
          message: `No runner answered within ${Duration.format(callTimeout)}`
        })
    })
  )
}

/** The connection to a runner that is lost while a call is written ends the call as a defect of the cluster's client. */
const isConnectionLost = (cause: Cause.Cause<unknown>): boolean =>
  Option.exists(
    Cause.dieOption(cause),
    (defect) => Predicate.isTagged(defect, "SocketError") || Predicate.isTagged(defect, "RpcClientError")
  )

const unavailable = (cause: unknown): Effect.Effect<never, JobError> =>
  new JobError({ reason: "RunnerUnavailable", message: describe(cause), cause })
