/** The middleware as layers, for `HttpApi` and `HttpLayerRouter`. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../observe/metrics.ts"
import { LayerRoutes, observeApi } from "./look-up-of-layers.ts"
import { recorderOf } from "./recorder.ts"

/** Observes the requests to an `HttpApi`: provide it to `HttpApiBuilder.serve()` or `HttpApiBuilder.toWebHandler`. */
export const apiLayer: Layer.Layer<never, never, MetricsService> = HttpApiBuilder.middleware(
  Effect.map(Effect.all([HttpApiBuilder.Router, MetricsService]), ([{ router }, metrics]) => {
    const recorder = recorderOf(metrics)
    return (app) => observeApi(app, router, recorder)
  })
).pipe(Layer.provide(HttpApiBuilder.Router.Live))

/** Observes the requests to an `HttpLayerRouter`: merge it with the layers of the routes. */
export const layerRouter: Layer.Layer<never, never, HttpLayerRouter.HttpRouter | MetricsService> = HttpLayerRouter.use(
  (router) =>
    Effect.flatMap(MetricsService, (metrics) => {
      const routes = new LayerRoutes(router, recorderOf(metrics))
      return router.addGlobalMiddleware((app) => routes.observe(app))
    })
)
