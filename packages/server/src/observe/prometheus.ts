/**
 * Metrics for a Prometheus server to scrape, as OpenMetrics or Prometheus text, whichever it asks for: as an application
 * for `@effect/platform`'s router, or with a separate server. The guide shows both.
 *
 * [Prometheus](https://github.com/parametric-portal/parametric-portal/blob/main/docs/guides/prometheus.md)
 *
 * @module
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { MetricsService } from "./metrics.ts"
import { listen, type PrometheusListenError } from "./prometheus/listen.ts"
import { makePages, type PageFor } from "./prometheus/page.ts"
import type { Meter } from "./instrument/meter.ts"
import { collectorOf, type Registries } from "./collect/collector.ts"

export type { Registries } from "./collect/collector.ts"
export { PrometheusListenError } from "./prometheus/listen.ts"

/** What to show. */
export interface PrometheusPageOptions {
  /** `all` shows Effect's global registry beside that of `MetricsService`; `own` does not. `all` unless said otherwise. */
  readonly registries?: Registries | undefined
  /**
   * Text of another library to add to the end of the page, such as `Effect.promise(() => register.metrics())` of
   * prom-client. It is read at each scrape and must be in the Prometheus text format 0.0.4; the whole page is then in that
   * format. Metrics whose names are already on the page are left out. If the effect fails or takes more than five seconds,
   * the page has our metrics alone.
   */
  readonly append?: Effect.Effect<string, unknown> | undefined
}

/** Where to show it. */
export interface PrometheusServerOptions extends PrometheusPageOptions {
  /** `localhost` unless said otherwise: whoever reaches the page can read it. */
  readonly host?: string | undefined
  /** 9464 unless said otherwise; 0 takes a free one. */
  readonly port?: number | undefined
  /** `/metrics` unless said otherwise. */
  readonly path?: string | undefined
  /**
   * The names that a request may have in `Host`, without a port. On the loopback interface its own names are always
   * right and all others are refused; on other addresses all are right unless said otherwise.
   */
  readonly names?: ReadonlyArray<string> | undefined
}

/** A server that shows the metrics of a {@link MetricsService}. */
export class Prometheus extends Context.Tag("server/Prometheus")<Prometheus, { readonly url: URL }>() {
  /** Starts an HTTP server that listens for as long as the layer lives. */
  static readonly layer = ({
    host = "localhost",
    names,
    path = "/metrics",
    port = 9464,
    ...options
  }: PrometheusServerOptions = {}): Layer.Layer<Prometheus, PrometheusListenError, MetricsService> =>
    Layer.scoped(
      Prometheus,
      Effect.flatMap(pages(options), (pageFor) =>
        Effect.map(listen(pageFor, { host, names, path, port }), (url) => ({ url }))
      )
    )

  /** An application to mount: `HttpRouter.get("/metrics", yield* Prometheus.httpApp())`. */
  static readonly httpApp = (
    options: PrometheusPageOptions = {}
  ): Effect.Effect<HttpApp.Default, never, MetricsService> =>
    Effect.map(pages(options), (pageFor) =>
      Effect.map(HttpServerRequest.HttpServerRequest, ({ headers }) => {
        const { body, contentType } = pageFor(headers["accept"])
        return HttpServerResponse.stream(Stream.encodeText(body), { contentType })
      })
    )
}

const pages = ({ append, registries = "all" }: PrometheusPageOptions): Effect.Effect<PageFor, never, MetricsService> =>
  Effect.gen(function* () {
    const metrics = yield* MetricsService
    const { collector, dropped } = yield* collectorOf(metrics, registries)
    return makePages({
      collector,
      dropped,
      append: append === undefined ? undefined : orNothing(append, metrics.meter)
    })
  })

/** Ours are shown whatever becomes of the others. */
const orNothing = (append: Effect.Effect<string, unknown>, meter: Meter): Effect.Effect<string> =>
  append.pipe(
    Effect.filterOrDieMessage(Predicate.isString, "what was appended is no text"),
    // One that can't be interrupted would be waited for.
    Effect.disconnect,
    Effect.timeout("5 seconds"),
    Effect.catchAllCause((cause) =>
      Effect.as(
        Effect.sync(() => meter.swallow("prometheus append", Cause.squash(cause))),
        ""
      )
    )
  )
