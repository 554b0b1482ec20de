/** The middleware that observes each request, wherever between the server and the handler it stands. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { type AnyFiber, currentFiber, serviceOf } from "../../observe/instrument/fiber.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { type Recorder, recorderOf } from "./recorder.ts"
import type { ServedRequest } from "./served-request.ts"

type Response = HttpServerResponse.HttpServerResponse

/**
 * Observes the requests to an application: `HttpServer.serve(app, HttpMetrics.middleware)`, or around an application
 * that is served by other means. Where one request meets it twice, it counts once.
 */
export const middleware = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R | MetricsService> =>
  Effect.flatMap(MetricsService, (metrics) => observe(app, recorderOf(metrics)))

/** Observes the requests to an application with a recorder that is at hand. */
export const observe = <E, R>(app: HttpApp.Default<E, R>, recorder: Recorder): HttpApp.Default<E, R> =>
  Effect.uninterruptibleMask((restore) => {
    const fiber = currentFiber()
    if (fiber === undefined) {
      return restore(app)
    }
    const request = serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest)
    const served = recorder.begin(request, fiber)
    if (served === undefined) {
      return restore(app)
    }
    const upgradeable =
      request.headers["upgrade"] === undefined
        ? app
        : Effect.provideService(
            app,
            HttpServerRequest.HttpServerRequest,
            seeUpgrade(request, () => recorder.guard(() => served.upgraded()))
          )
    const seen = Effect.zipRight(recorder.seeResponse, restore(upgradeable))
    return Effect.matchCauseEffect(seen, {
      onFailure: (cause) => {
        const exit = Exit.failCause(cause)
        return appEnded({ recorder, served, fiber }, exit) ?? exit
      },
      onSuccess: (response) => {
        const exit = Exit.succeed(response)
        return appEnded({ recorder, served, fiber }, exit) ?? exit
      }
    })
  })

interface Observed {
  readonly recorder: Recorder
  readonly served: ServedRequest
  readonly fiber: AnyFiber
}

/**
 * The application has ended. Where the response has not been written yet, the request ends with its scope, which closes
 * after the body; without one, it ends with the stream, or here.
 */
const appEnded = <E>(
  { fiber, recorder, served }: Observed,
  exit: Exit.Exit<Response, E>
): Effect.Effect<Response, E> | undefined =>
  recorder.guard(() => {
    served.appEnded(exit)
    if (served.isAnswered) {
      if (exit._tag === "Failure" || !served.isStreaming) {
        served.end()
      }
      return undefined
    }
    const scope: Scope.Scope | undefined = fiber.currentContext.unsafeMap.get(Scope.Scope.key)
    if (scope !== undefined) {
      const end = Effect.sync(() => recorder.guard(() => served.end()))
      return Effect.zipRight(Scope.addFinalizer(scope, end), exit)
    }
    if (exit._tag === "Success") {
      served.answer(recorder.counted(served, exit.value))
    }
    if (!served.isStreaming) {
      served.end()
    }
    return served.isStreaming && served.response !== undefined ? Effect.succeed(served.response) : undefined
  })

/** The same request, whose use as the beginning of another protocol is seen. */
const seeUpgrade = (
  request: HttpServerRequest.HttpServerRequest,
  upgraded: () => void
): HttpServerRequest.HttpServerRequest =>
  Object.create(request, {
    upgrade: { get: () => Effect.tap(request.upgrade, () => Effect.sync(upgraded)) },
    modify: {
      value: (options: Parameters<typeof request.modify>[0]) => seeUpgrade(request.modify(options), upgraded)
    }
  })
