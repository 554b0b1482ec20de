/**
 * Metrics of all parts of a server with one layer:
 *
 *     const Metrics = Server.layer().pipe(
 *       Layer.provideMerge(Layer.mergeAll(PgClient.layer({ url }), NodeHttpClient.layer)),
 *       Layer.provideMerge(MetricsService.Default)
 *     )
 *
 * It decorates the clients that it is provided with, measures the process, and, provided to `HttpApiBuilder.serve()`, the
 * requests to an `HttpApi`. Routers take a second line, of `infra/http`: `HttpMetrics.layerRouter`, merged with the routes of an
 * `HttpLayerRouter`, and `HttpMetrics.router` around a plain `HttpRouter`.
 *
 * [Metrics of a server](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/server.md)
 *
 * @module
 */
import { layer } from "./server/layer.ts"

export { OptionsError } from "../observe/instrument/options-error.ts"
export type { ServerOptions } from "./server/options.ts"

/** The metrics of a server. */
export const Server = { layer } as const
