/** A page to scrape as one of the destinations, as `OTEL_METRICS_EXPORTER=prometheus` asks for. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { listen, type PrometheusListenError } from "./listen.ts"
import { makePages } from "./page.ts"
import type { Destination } from "../collect/destination.ts"
import type { Collector } from "../collect/registries.ts"
import type { SelfMetrics } from "../collect/self-metrics.ts"
import type { PrometheusSettings } from "../config/settings.ts"

/** Listens until the scope closes. It is scraped, so there is nothing to send at an interval or at the end. */
export const makePrometheusDestination = (
  { host, names, port }: PrometheusSettings,
  { collector, selfMetrics }: { readonly collector: Collector; readonly selfMetrics: SelfMetrics }
): Effect.Effect<Destination, PrometheusListenError, Scope.Scope> =>
  Effect.gen(function* () {
    const url = yield* listen(makePages({ collector, dropped: selfMetrics.dropped }), {
      host,
      names,
      port,
      path: "/metrics"
    })
    yield* Effect.logInfo(`Metrics can be scraped at ${url.href}`)
    return {
      stream: url.href,
      name: url.href,
      export: Effect.succeed({ requests: 0, points: 0, rejected: 0, failures: [] }),
      end: Effect.void
    }
  })
