/** The handlers that this process can run, by type: layers add and remove them while the runner runs. */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { OptionsError } from "../../../observe/instrument/options-error.ts"
import type { ForkAttempt } from "./attempt-fiber.ts"
import type { BackoffSettings } from "./backoff.ts"
import type { ClusterLimits } from "./limits.ts"

/** A handler with the payload's and the result's types taken off: both are JSON text. */
export interface RegisteredHandler {
  readonly type: string
  /** How many of the type this runner runs at once. */
  readonly concurrency: number
  readonly maxAttempts: number
  readonly timeout: Duration.Duration
  readonly backoff: BackoffSettings
  /** Limits across the cluster, where there are any. */
  readonly limits: ClusterLimits | undefined
  readonly fork: ForkAttempt
}

/** Told when a handler comes and goes. */
export interface HandlersListener {
  readonly added: (handler: RegisteredHandler) => Effect.Effect<void>
  /** Ends when no attempt of the handler runs any more. */
  readonly removed: (handler: RegisteredHandler) => Effect.Effect<void>
}

/** The handlers of this process. */
export class JobHandlers extends Context.Tag("@parametric-portal/server/JobHandlers")<
  JobHandlers,
  {
    /** Adds a handler until the scope closes. A second one of the same type is refused: it would shadow the first. */
    readonly register: (handler: RegisteredHandler) => Effect.Effect<void, OptionsError, Scope.Scope>
    /** Tells of the handlers that are there and of those that come and go, until the scope closes. */
    readonly listen: (listener: HandlersListener) => Effect.Effect<void, never, Scope.Scope>
    readonly all: Effect.Effect<ReadonlyArray<RegisteredHandler>>
  }
>() {
  /** No handlers at first: the layers of `Job.toLayer` add theirs. */
  static readonly layer: Layer.Layer<JobHandlers> = Layer.sync(JobHandlers, () => {
    const handlers = new Map<string, RegisteredHandler>()
    const listeners = new Set<HandlersListener>()
    const tell = (told: (listener: HandlersListener) => Effect.Effect<void>) =>
      Effect.suspend(() => Effect.forEach(Array.from(listeners), told, { discard: true }))
    return {
      register: (handler) =>
        Effect.acquireRelease(
          Effect.suspend(() => {
            if (handlers.has(handler.type)) {
              return OptionsError.of({
                option: `the handler of the job type "${handler.type}"`,
                given: "a second one",
                expected: "one in a process: it would shadow the first"
              })
            }
            handlers.set(handler.type, handler)
            return tell((listener) => listener.added(handler))
          }),
          () =>
            Effect.suspend(() => {
              handlers.delete(handler.type)
              return tell((listener) => listener.removed(handler))
            })
        ),
      listen: (listener) =>
        Effect.acquireRelease(
          Effect.suspend(() => {
            listeners.add(listener)
            return Effect.forEach(Array.from(handlers.values()), listener.added, { discard: true })
          }),
          () => Effect.sync(() => listeners.delete(listener))
        ),
      all: Effect.sync(() => Array.from(handlers.values()))
    }
  })
}
