/** The routers of `HttpApi` and `HttpLayerRouter`, which their layers give to a middleware only as an application. */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { attempt } from "../../observe/catalogue/attempt.ts"
import { lookUpBySpan, lookUpIn } from "./look-up.ts"
import { observe } from "./observe.ts"
import type { Recorder } from "./recorder.ts"
import type { LookUp } from "./request-route.ts"

type Request = HttpServerRequest.HttpServerRequest
type Response = HttpServerResponse.HttpServerResponse
type ApiRouter = Effect.Effect<HttpRouter.HttpRouter<unknown, unknown>>

/** Observes an `HttpApi`, whose router is complete when the first request arrives. */
export const observeApi = <E, R>(
  app: HttpApp.Default<E, R>,
  router: ApiRouter,
  recorder: Recorder
): HttpApp.Default<E, R> => {
  let observed: HttpApp.Default<E, R> | undefined = undefined
  return Effect.withFiberRuntime<Response, E, R | Request>((fiber) => {
    if (observed !== undefined) {
      return observed
    }
    const config = fiber.getFiberRef(HttpRouter.currentRouterConfig)
    return Effect.flatMap(router, (given) => {
      const lookUp = recorder.guard(() => lookUpIn(given, config, recorder))
      observed = observe(app, recorder, lookUp)
      return observed
    })
  })
}

/**
 * Looks up in an `HttpLayerRouter`. It hands its routes to the middleware that was added last, which takes them, and throws
 * before the function of any other middleware is called. Routes that are added later are found too.
 */
export const lookUpInLayers = (router: HttpLayerRouter.HttpRouter): Effect.Effect<LookUp | undefined> =>
  Effect.suspend(() => {
    let found: LookUp | undefined = undefined
    let isAsked = false
    const take = (routes: LayerApp): LayerApp => {
      if (isAsked) {
        found = lookUpBySpan(routes)
        throw taken
      }
      return routes
    }
    return Effect.map(router.addGlobalMiddleware(take), () => {
      isAsked = true
      attempt(() => router.asHttpEffect())
      isAsked = false
      return found
    })
  })

const taken = new Error("The routes were taken")

type LayerApp = Effect.Effect<Response, HttpLayerRouter.unhandled, Request>
