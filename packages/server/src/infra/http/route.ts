/** The routes of an `HttpRouter`, told to the observation of the request whether anything is traced or not. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { serviceOf } from "../../observe/instrument/fiber.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { observe } from "./middleware.ts"
import { type Recorder, recorderOf } from "./recorder.ts"
import type { ServedRequest } from "./served-request.ts"

/**
 * An application of a router, whose requests are observed: `HttpServer.serve(HttpMetrics.router(router))`. It knows the
 * route without tracing too, and the prefix of what is mounted on the router.
 */
export const router = <E, R>(
  given: HttpRouter.HttpRouter<E, R>
): HttpApp.Default<E | HttpServerError.RouteNotFound, R | MetricsService> => {
  const known = new WeakMap<Recorder, HttpApp.Default<E | HttpServerError.RouteNotFound, R>>()
  return Effect.flatMap(MetricsService, (metrics) => {
    const recorder = recorderOf(metrics)
    const app = known.get(recorder) ?? observe(withRoutes(given, recorder), recorder)
    known.set(recorder, app)
    return app
  })
}

const withRoutes = <E, R>(given: HttpRouter.HttpRouter<E, R>, recorder: Recorder) =>
  HttpRouter.use(given, (handler) =>
    Effect.withFiberRuntime<Effect.Effect.Success<typeof handler>, E, Effect.Effect.Context<typeof handler>>(
      (fiber) => {
        recorder.guard(() => {
          const request = serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest)
          const { route } = serviceOf(fiber.currentContext, HttpRouter.RouteContext)
          const served = recorder.find(request)
          if (served !== undefined) {
            tellRoute(served, route)
          }
        })
        return handler
      }
    )
  )

// What is mounted has a route of its own, whose path says nothing but that it is mounted.
const tellRoute = (served: ServedRequest, { path, prefix }: HttpRouter.Route<unknown, unknown>): void => {
  if (path === "/*" && Option.isSome(prefix)) {
    served.mountedAt(prefix.value)
  } else {
    served.routed(path)
  }
}
