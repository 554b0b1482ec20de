/**
 * Looks a request up in the router that serves it, so that its route is known where no span tells. The router runs on a
 * fiber that nothing observes, and no handler runs.
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as Tracer from "effect/Tracer"
import type { Recorder } from "./recorder.ts"
import type { LookUp, RequestRoute } from "./request-route.ts"
import { isPath, isRouter, withRoutes } from "./route.ts"

type Request = HttpServerRequest.HttpServerRequest

/** Looks up in a router whose routes and mounts can be read, by the configuration of routers that it is served with. */
export const lookUpIn = (
  given: HttpRouter.HttpRouter<unknown, unknown>,
  config: RouterConfig,
  recorder: Recorder
): LookUp => {
  const telling = HttpRouter.withRouterConfig(withRoutes(withoutHandlers(given), recorder), config)
  return {
    hasMounts: Chunk.isNonEmpty(given.mounts),
    find: (request) => run(telling, Context.make(HttpServerRequest.HttpServerRequest, request))
  }
}

/** A configuration of `find-my-way`. */
export type RouterConfig = Parameters<typeof HttpRouter.setRouterConfig>[0]

/**
 * Looks up in a router that has no mounts, and whose routes can't be read: it says the route to the span of the request
 * before it runs the handler.
 */
export const lookUpBySpan = (router: Effect.Effect<unknown, unknown, Request>): LookUp => ({
  hasMounts: false,
  find: (request, route) => {
    const context = Context.make(HttpServerRequest.HttpServerRequest, request)
    run(router, Context.add(context, Tracer.ParentSpan, spanThatTells(route)))
  }
})

class Told extends Error {
  override readonly name = "Told"
}

const told = new Told()

/** A span that ends the fiber once it was told the route. */
const spanThatTells = (route: RequestRoute): Tracer.Span =>
  Object.create(span, {
    attribute: {
      value: (key: string, value: unknown) => {
        if (key === "http.route" && typeof value === "string") {
          route.routed(value)
          throw told
        }
      }
    }
  })

const span = Effect.runSync(Effect.makeSpan("look-up", { root: true, captureStackTrace: false }))

// Without flags and references its fiber is none of the program's: no metrics of fibers, no supervisor and no logger see it.
const run = <R>(effect: Effect.Effect<unknown, unknown, R>, context: Context.Context<R>): void => {
  Runtime.runSyncExit(Runtime.make({ context, runtimeFlags: RuntimeFlags.none, fiberRefs }))(Effect.exit(effect))
}

const fiberRefs = FiberRefs.empty()

type Silent = HttpRouter.HttpRouter<HttpServerError.RouteNotFound>

const nothing = Effect.succeed(HttpServerResponse.empty())

const withoutHandlers = (given: HttpRouter.HttpRouter<unknown, unknown>): Silent => {
  const routes: Silent = HttpRouter.fromIterable(
    Chunk.map(given.routes, ({ method, path, prefix }) =>
      HttpRouter.makeRoute(method, path, nothing, { prefix: Option.getOrUndefined(prefix), uninterruptible: true })
    )
  )
  return Chunk.reduce(given.mounts, routes, (router, [prefix, app, options]) =>
    HttpRouter.mountApp(router, isPath(prefix) ? prefix : "/", isRouter(app) ? withoutHandlers(app) : nothing, options)
  )
}
