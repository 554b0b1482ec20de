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
import { serviceOf } from "../../observe/instrument/fiber.ts"
import { MetricsService } from "../../observe/metrics.ts"
import { isUnmatched, outcomeOf } from "./error-type.ts"
import { observe } from "./observe.ts"
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
  return Effect.withFiberRuntime<
    HttpServerResponse.HttpServerResponse,
    E | HttpServerError.RouteNotFound,
    R | HttpServerRequest.HttpServerRequest | MetricsService
  >((fiber) => {
    const recorder = recorderOf(serviceOf(fiber.currentContext, MetricsService))
    const made = known.get(recorder)
    if (made !== undefined) {
      return made
    }
    const app = observe(withRoutes(given, recorder), recorder)
    known.set(recorder, app)
    return app
  })
}

/** The same router, each of whose routes tells of itself before its handler runs; so do the routers mounted on it. */
export const withRoutes = <E, R>(given: HttpRouter.HttpRouter<E, R>, recorder: Recorder): Routed<E, R> => {
  const tell = tellingOf(recorder)
  const left = leavingOf(recorder)
  const routes: Routed<E, R> = HttpRouter.fromIterable(
    Chunk.map(given.routes, ({ handler, method, path, prefix, uninterruptible }) =>
      HttpRouter.makeRoute(method, path, tell(handler), { prefix: Option.getOrUndefined(prefix), uninterruptible })
    )
  )
  return Chunk.reduce(given.mounts, routes, (router, [prefix, app, options]) => {
    const mounted: HttpApp.Default<E | HttpServerError.RouteNotFound, R> = isRouter(app)
      ? withRoutes(app, recorder)
      : app
    return HttpRouter.mountApp(router, isPath(prefix) ? prefix : "/", left(tell(mounted)), options)
  })
}

type Routed<E, R> = HttpRouter.HttpRouter<E | HttpServerError.RouteNotFound, HttpRouter.HttpRouter.ExcludeProvided<R>>

/** What an application can be mounted at. */
export const isPath = (prefix: string): prefix is `/${string}` => prefix.startsWith("/")

// Its errors and what it needs are those of the application that it is.
/** The application is a router, whose routes can be read. */
export const isRouter = (app: object): app is HttpRouter.HttpRouter => Predicate.hasProperty(app, HttpRouter.TypeId)

const tellingOf =
  (recorder: Recorder) =>
  <A, E, R>(handler: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withFiberRuntime<A, E, R>((fiber) => {
      recorder.guard(() => {
        const request = serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest)
        const { route } = serviceOf(fiber.currentContext, HttpRouter.RouteContext)
        const served = recorder.find(request)
        if (served !== undefined) {
          tellRoute(served, route)
        }
      })
      return handler
    })

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

// What is mounted has a route of its own, whose path says nothing but that it is mounted.
const tellRoute = (served: ServedRequest, { path, prefix }: HttpRouter.Route<unknown, unknown>): void => {
  if (path === "/*" && Option.isSome(prefix)) {
    served.route.mountedAt(prefix.value)
  } else {
    served.route.routed(path)
  }
}
