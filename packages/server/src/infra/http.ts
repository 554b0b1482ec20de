/**
 * Metrics of HTTP, by OpenTelemetry's semantic conventions: the requests that a server of `@effect/platform` answers, and
 * those that its `HttpClient` sends. No handler changes:
 *
 *     HttpServer.serve(HttpMetrics.router(router))                           // an HttpRouter
 *     HttpServer.serve(app, HttpMetrics.middleware)                          // any other HttpApp
 *     HttpApiBuilder.serve().pipe(Layer.provide(HttpMetrics.apiLayer))       // an HttpApi
 *     HttpLayerRouter.serve(Layer.merge(routes, HttpMetrics.layerRouter))    // an HttpLayerRouter
 *     HttpMetrics.clientLayer.pipe(Layer.provide(NodeHttpClient.layer))      // an HttpClient
 *
 * The route is the template that the router matched, never a path, with and without tracing.
 *
 * [Metrics of a server](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/server.md)
 *
 * @module
 */
import { clientLayer } from "./http/client.ts"
import { apiLayer, layerRouter } from "./http/layers.ts"
import { middleware } from "./http/middleware.ts"
import { router } from "./http/route.ts"

/** What observes the requests to a server and of a client. */
export const HttpMetrics = { middleware, router, apiLayer, layerRouter, clientLayer } as const
