/** The routes of an `HttpRouter`, told to the observation of the request whether anything is traced or not. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { attempted } from "../../observe/catalogue/attempt.ts"
import { type AnyFiber, serviceOf } from "../../observe/instrument/fiber.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { isUnmatched, outcomeOf } from "./error-type.ts"
import { observe } from "./observe.ts"
import { type Recorder, recorderOf } from "./recorder.ts"
import type { RequestRoute } from "./request-route.ts"

/**
 * An application of a router, whose requests are observed: `HttpServer.serve(HttpMetrics.router(router))`. It knows the
 * route without tracing too, and the prefix of what is mounted on the router.
 */
export const router = <E, R>(
  given: HttpRouter.HttpRouter<E, R>
): HttpApp.Default<E | HttpServerError.RouteNotFound, R | MetricsService> => {
  const known = new WeakMap<MetricsService, HttpApp.Default<E | HttpServerError.RouteNotFound, R>>()
  return Effect.withFiberRuntime<
    HttpServerResponse.HttpServerResponse,
    E | HttpServerError.RouteNotFound,
    R | HttpServerRequest.HttpServerRequest | MetricsService
  >((fiber) => {
    const metrics = serviceOf(fiber.currentContext, MetricsService)
    const made = known.get(metrics)
    if (made !== undefined) {
      return made
    }
    const recorder = recorderOf(metrics)
    const app = observe(withRoutes(given, recorder), recorder)
    known.set(metrics, app)
    return app
  })
}

/** The same router, each of whose routes tells of itself before its handler runs; so do the routers mounted on it. */
export const withRoutes = <E, R>(given: HttpRouter.HttpRouter<E, R>, recorder: Recorder): Routed<E, R> => {
  const tell = tellingOf(recorder)
  const left = leavingOf(recorder)
  const routes: Routed<E, R> = HttpRouter.fromIterable(
    Chunk.map(given.routes, ({ handler, method, path, prefix, uninterruptible }) =>
      HttpRouter.makeRoute(
        method,
        path,
        tell(handler, (route) => route.routed(path)),
        { prefix: Option.getOrUndefined(prefix), uninterruptible }
      )
    )
  )
  return Chunk.reduce(given.mounts, routes, (router, [prefix, app, options]) => {
    const mounted: HttpApp.Default<E | HttpServerError.RouteNotFound, R> = isRouter(app)
      ? withRoutes(app, recorder)
      : app
    const told: Told = (route) =>
      options?.includePrefix === true ? route.routed(`${prefix}/*`) : route.mountedAt(prefix)
    return HttpRouter.mountApp(router, isPath(prefix) ? prefix : "/", left(tell(mounted, told)), options)
  })
}

type Routed<E, R> = HttpRouter.HttpRouter<E | HttpServerError.RouteNotFound, HttpRouter.HttpRouter.ExcludeProvided<R>>

/** What an application can be mounted at. */
export const isPath = (prefix: string): prefix is `/${string}` => prefix.startsWith("/")

// Its errors and what it needs are those of the application that it is.
/** The application is a router, whose routes can be read. */
export const isRouter = (app: object): app is HttpRouter.HttpRouter => Predicate.hasProperty(app, HttpRouter.TypeId)

/** Runs `told` with the observation of the request before the handler. */
const tellingOf = (recorder: Recorder) => {
  const tell = attempted(
    (fiber: AnyFiber, told: Told): void => {
      const served = recorder.find(serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest))
      if (served !== undefined) {
        told(served.route)
      }
    },
    (_, thrown) => recorder.swallow(thrown)
  )
  return <A, E, R>(handler: Effect.Effect<A, E, R>, told: Told): Effect.Effect<A, E, R> =>
    Effect.withFiberRuntime<A, E, R>((fiber) => {
      tell(fiber, told)
      return handler
    })
}

type Told = (route: RequestRoute) => void

// Where what is mounted has no route, another router may have one: what was told of the mount is taken back.
const leavingOf =
  (recorder: Recorder) =>
  <A, E, R>(mounted: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiberRuntime<A, E, R>((fiber) => {
      const served = recorder.guard(() =>
        recorder.find(serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest))
      )
      const before = served?.route.mounted
      return Effect.tapErrorCause(mounted, (cause) =>
        Effect.sync(() =>
          recorder.guard(() => {
            if (isUnmatched(outcomeOf(cause))) {
              served?.route.leftMount(before)
            }
          })
        )
      )
    })
