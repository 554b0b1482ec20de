/** The fiber of an attempt: it has the services of its handler and a scope, both from its beginning on. */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as Scope from "effect/Scope"
import { type Baggage, JobBaggage } from "../baggage.ts"
import { attempting, type AttemptTrace } from "../spans.ts"
import type { Attempt, AttemptFailed } from "./attempt.ts"

/** What a runner gives to the fiber of an attempt. */
export interface AttemptFiber {
  /** Its references and flags; the services are those of the handler. */
  readonly runtime: Runtime.Runtime<never>
  /** Closed when the handler has ended. */
  readonly scope: Scope.CloseableScope
  readonly updateRefs: NonNullable<Runtime.RunForkOptions["updateRefs"]>
  /** How it is traced; not at all where it is undefined. */
  readonly trace: AttemptTrace | undefined
  /** What is carried with its job; that of the handler's layer where it is undefined. */
  readonly baggage: Baggage | undefined
}

/** Begins an attempt at a payload on a fiber of its own. */
export type ForkAttempt = (
  payload: string,
  attempt: Attempt,
  on: AttemptFiber
) => Fiber.RuntimeFiber<string, AttemptFailed>

/** Where a handler works: closed with how it ended, before anything is made of that. */
export type AttemptScope = Scope.CloseableScope

/**
 * Begins attempts with these services. A fiber that is made with them, and in which all but the handler is
 * uninterruptible, costs a third of one to which they are provided.
 */
export const forking =
  <R>(
    context: Context.Context<Exclude<R, Scope.Scope>>,
    run: (payload: string, attempt: Attempt, scope: AttemptScope) => Effect.Effect<string, AttemptFailed, R>
  ): ForkAttempt =>
  (payload, attempt, { baggage, runtime, scope, trace, updateRefs }) => {
    const scoped = Context.add(context, Scope.Scope, scope)
    const { unsafeMap } = baggage === undefined ? scoped : Context.add(scoped, JobBaggage, baggage)
    const withServices = Runtime.make({
      context: Context.unsafeMake<R>(unsafeMap),
      fiberRefs: runtime.fiberRefs,
      runtimeFlags: RuntimeFlags.disable(runtime.runtimeFlags, RuntimeFlags.Interruption)
    })
    const ran = run(payload, attempt, scope)
    return Runtime.runFork(withServices, trace === undefined ? ran : attempting(ran, attempt, trace), { updateRefs })
  }

/** The handler, interruptible, then its finalizers. */
export const closing = <A, E, R>(handler: Effect.Effect<A, E, R>, scope: AttemptScope): Effect.Effect<A, E, R> =>
  Effect.matchCauseEffect(Effect.interruptible(handler), {
    onSuccess: (value) => Effect.as(Scope.close(scope, Exit.succeed(value)), value),
    onFailure: (cause) =>
      Effect.matchCauseEffect(Scope.close(scope, Exit.failCause(cause)), {
        onSuccess: () => Effect.failCause(cause),
        onFailure: (last) => Effect.failCause(Cause.sequential(cause, last))
      })
  })
