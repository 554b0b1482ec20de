/**
 * Metrics of all that a server has, with one layer, and nothing else changed:
 *
 *     const Metrics = Server.layer().pipe(
 *       Layer.provideMerge(Layer.mergeAll(PgClient.layer({ url }), NodeHttpClient.layer)),
 *       Layer.provideMerge(MetricsService.Default)
 *     )
 *
 * It decorates the clients that it is provided with, measures the process, and, provided to `HttpApiBuilder.serve()`, the
 * requests to an `HttpApi`. A plain `HttpRouter` is no layer: `HttpMetrics.router`, of `infra/http`, goes around it.
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
