/** The routers of `HttpApi` and `HttpLayerRouter`, which their layers give to a middleware only as an application. */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { serviceOf } from "../../observe/instrument/fiber.ts"
import { lookUpBySpan, lookUpIn, runQuietly } from "./look-up.ts"
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

/** An `HttpLayerRouter` that is observed by a middleware of its own. */
export class LayerRoutes {
  private asked: Asked | undefined = undefined
  private readonly router: HttpLayerRouter.HttpRouter
  private readonly recorder: Recorder

  constructor(router: HttpLayerRouter.HttpRouter, recorder: Recorder) {
    this.router = router
    this.recorder = recorder
  }

  /**
   * Observes what is inside of this middleware. That may be other middleware, so the router is asked for its application
   * once more, with a middleware next to its routes.
   */
  observe(app: LayerApp): LayerApp {
    const { recorder, router } = this
    if (this.asked !== undefined) {
      this.asked.inside = app
      return app
    }
    const asked: Asked = { inside: app, lookUp: undefined }
    const innermost = (routes: LayerApp): LayerApp => {
      if (this.asked !== asked) {
        return routes
      }
      asked.lookUp = lookUpBySpan(routes)
      return reached(routes, asked.lookUp, recorder)
    }
    this.asked = asked
    recorder.guard(() => {
      runQuietly(router.addGlobalMiddleware(innermost))
      router.asHttpEffect()
    })
    this.asked = undefined
    return observe(asked.inside, recorder, asked.lookUp)
  }
}

type LayerApp = Effect.Effect<Response, HttpLayerRouter.unhandled, Request>

/** What the router has answered. */
interface Asked {
  inside: LayerApp
  lookUp: LookUp | undefined
}

/** The same routes, which tell that a request reaches them, and with which URL. */
const reached = (routes: LayerApp, lookUp: LookUp, recorder: Recorder): LayerApp =>
  Effect.withFiberRuntime<Response, HttpLayerRouter.unhandled, Request>((fiber) => {
    recorder.guard(() => recorder.reached(serviceOf(fiber.currentContext, HttpServerRequest.HttpServerRequest), lookUp))
    return routes
  })
