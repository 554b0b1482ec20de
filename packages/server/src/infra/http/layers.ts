/** The middleware as layers, for `HttpApi` and `HttpLayerRouter`. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../observe/metrics.ts"
import { lookUpInLayers, observeApi } from "./look-up-of-layers.ts"
import { observe } from "./observe.ts"
import { recorderOf } from "./recorder.ts"

/** Observes the requests to an `HttpApi`: provide it to `HttpApiBuilder.serve()` or `HttpApiBuilder.toWebHandler`. */
export const apiLayer: Layer.Layer<never, never, MetricsService> = HttpApiBuilder.middleware(
  Effect.map(Effect.all([HttpApiBuilder.Router, MetricsService]), ([{ router }, metrics]) => {
    const recorder = recorderOf(metrics)
    return (app) => observeApi(app, router, recorder)
  })
).pipe(Layer.provide(HttpApiBuilder.Router.Live))

/**
 * Observes the requests to an `HttpLayerRouter`: merge it with the layers of the routes. Middleware that is added after it is
 * inside of it.
 */
export const layerRouter: Layer.Layer<never, never, HttpLayerRouter.HttpRouter | MetricsService> = HttpLayerRouter.use(
  (router) =>
    Effect.flatMap(Effect.all([MetricsService, lookUpInLayers(router)]), ([metrics, lookUp]) => {
      const recorder = recorderOf(metrics)
      return router.addGlobalMiddleware((app) => observe(app, recorder, lookUp))
    })
)
