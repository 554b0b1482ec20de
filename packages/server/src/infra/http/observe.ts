/** Observes each request to an application, wherever between the server and the handler it stands. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Socket from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as Scope from "effect/Scope"
import { attempted } from "../../observe/catalogue/attempt.ts"
import { type AnyFiber, serviceOf } from "../../observe/instrument/fiber.ts"
import type { Recorder } from "./recorder.ts"
import type { LookUp } from "./request-route.ts"
import type { ServedRequest } from "./served-request.ts"

type Response = HttpServerResponse.HttpServerResponse

/** Observes the requests to an application that may write its responses itself, so that they are seen before they are. */
export const observeWriting = <E, R>(
  app: HttpApp.Default<E, R>,
  recorder: Recorder,
  lookUp?: LookUp | undefined
): HttpApp.Default<E, R> => watched({ app, recorder, observed: Effect.zipRight(recorder.seeResponse, app), lookUp })

/**
 * Observes the requests to an application that answers them, with a recorder that is at hand: it ends before its
 * response is written, so that the response is seen as it ends.
 */
export const observe = <E, R>(
  app: HttpApp.Default<E, R>,
  recorder: Recorder,
  lookUp?: LookUp | undefined
): HttpApp.Default<E, R> => watched({ app, recorder, observed: app, lookUp })

interface Watched<E, R> {
  readonly app: HttpApp.Default<E, R>
  readonly recorder: Recorder
  /** What is run instead where the observation begins here. */
  readonly observed: HttpApp.Default<E, R>
  readonly lookUp: LookUp | undefined
}

/** Runs `observed` under observation, or the application alone where the request has an observation already. */
const watched = <E, R>({ app, lookUp, observed, recorder }: Watched<E, R>): HttpApp.Default<E, R> => {
  const begin = (fiber: AnyFiber, restore: Restore): HttpApp.Default<E, R> => {
    const served = recorder.begin(fiber)
    if (lookUp !== undefined) {
      recorder.reached(serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest), lookUp)
    }
    if (served === undefined) {
      return restore(app)
    }
    const seen: Observed = { recorder, served, scope: scopeOf(fiber), fiber }
    return Effect.matchCauseEffect(restore(upgradeSeen(observed, served)), {
      onFailure: (cause) => {
        const exit = Exit.failCause(cause)
        const first = seeFailed(seen, exit)
        return first === undefined ? exit : Effect.zipRight(first, exit)
      },
      onSuccess: (response) => seeSucceeded(seen, response) ?? Exit.succeed(response)
    })
  }
  // A server handles its requests where nothing is interruptible, but for what the router makes so.
  return Effect.withFiberRuntime((fiber, { runtimeFlags }) =>
    RuntimeFlags.interruptible(runtimeFlags)
      ? Effect.uninterruptibleMask((restore) => begin(fiber, restore))
      : begin(fiber, identity)
  )
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

interface Observed {
  readonly recorder: Recorder
  readonly served: ServedRequest
  readonly scope: Scope.Scope | undefined
  readonly fiber: AnyFiber
}

const scopeOf = (fiber: AnyFiber): Scope.Scope | undefined => fiber.currentContext.unsafeMap.get(Scope.Scope.key)

/** The request ends with its scope, which closes after the body of its response. */
const endWithScope = ({ served }: Observed, scope: Scope.Scope): Effect.Effect<void> =>
  Scope.addFinalizerExit(scope, (exit) => Effect.sync(() => seeWritten(served, exit)))

// A request whose answer can't be seen, as it may be no response, ends with the fiber that fails to write it.
const unseen = ({ fiber, served }: Observed, thrown: unknown): undefined => {
  fiber.addObserver((exit) => seeWritten(served, exit))
  return served.swallow(thrown)
}

/** The application failed. What that is answered with is not known yet, unless it was written already. */
const failed = (observed: Observed, exit: Exit.Exit<never, unknown>): Effect.Effect<void> => {
  const { recorder, scope, served } = observed
  served.appEnded(exit)
  if (served.isAnswered || scope === undefined) {
    served.end()
    return Effect.void
  }
  return Effect.zipRight(recorder.seeResponse, endWithScope(observed, scope))
}

const seeFailed = attempted(failed, unseen)

/**
 * The application has a response. Where that is written already, only a stream may be still under way; where it is not,
 * the request ends when it is, and without a scope with the stream or here.
 */
const succeeded = (observed: Observed, response: Response): Effect.Effect<Response> => {
  const { fiber, recorder, scope, served } = observed
  const isWritten = served.isAnswered
  const ended = Exit.succeed(response)
  served.appEnded(ended)
  const seen = isWritten ? response : recorder.answered(served, response)
  const exit = seen === response ? ended : Exit.succeed(seen)
  if (!isWritten && scope !== undefined && !served.isWithoutEnd && !served.hasEnded) {
    if (served.hasFiberOfItsOwn && !served.isStreaming) {
      fiber.addObserver((written) => seeWritten(served, written))
      return exit
    }
    return Effect.as(endWithScope(observed, scope), seen)
  }
  if (!served.isStreaming) {
    served.end()
  }
  return exit
}

const seeSucceeded = attempted(succeeded, unseen)

const seeWritten = attempted(
  (served: ServedRequest, exit: Exit.Exit<unknown, unknown>) => served.written(exit),
  (served, thrown) => served.swallow(thrown)
)

/** The application, where a client asks for another protocol with a request whose acceptance is seen. */
const upgradeSeen = <E, R>(app: HttpApp.Default<E, R>, served: ServedRequest): HttpApp.Default<E, R> =>
  served.arriving.request.headers["upgrade"] === undefined
    ? app
    : Effect.provideService(app, HttpServerRequest.HttpServerRequest, seeUpgrade(served.arriving.request, served))

/** The same request, which tells when another protocol has begun. */
const seeUpgrade = (
  request: HttpServerRequest.HttpServerRequest,
  served: ServedRequest
): HttpServerRequest.HttpServerRequest =>
  Object.create(request, {
    upgrade: {
      get: () =>
        Effect.map(request.upgrade, (socket) => {
          served.upgrading()
          return seeOpen(socket, served)
        })
    },
    modify: {
      value: (options: Parameters<typeof request.modify>[0]) => seeUpgrade(request.modify(options), served)
    }
  })

/** The same socket, which tells when it is open: the handshake comes as it is run, and may fail. */
const seeOpen = (socket: Socket.Socket, served: ServedRequest): Socket.Socket => {
  const opened = (options: { readonly onOpen?: Effect.Effect<void> | undefined } | undefined) => ({
    ...options,
    onOpen: Effect.zipRight(
      Effect.sync(() => served.upgraded()),
      options?.onOpen ?? Effect.void
    )
  })
  const run: Socket.Socket["run"] = (handler, options) => socket.run(handler, opened(options))
  const runRaw: Socket.Socket["runRaw"] = (handler, options) => socket.runRaw(handler, opened(options))
  return Object.create(socket, { run: { value: run }, runRaw: { value: runRaw } })
}
