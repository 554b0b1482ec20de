/** What a user may say in code about telemetry. What is left out comes from the `OTEL_*` variables, then from defaults. */
import type * as Duration from "effect/Duration"
import type { Agent } from "node:http"
import type { Temporality } from "../collect/points/temporality.ts"

/** A collector, or anything else that takes OTLP over HTTP. */
export interface OtlpOptions {
  readonly type: "otlp"
  /**
   * The whole address, path included. Left out: `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, else
   * `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/metrics` added, else `http://localhost:4318/v1/metrics`.
   */
  readonly url?: string
  /** Added to those of `OTEL_EXPORTER_OTLP_METRICS_HEADERS` and `OTEL_EXPORTER_OTLP_HEADERS`. Never logged. */
  readonly headers?: Readonly<Record<string, string>>
  /** `http/protobuf` unless said otherwise. */
  readonly protocol?: "http/json" | "http/protobuf"
  readonly compression?: "none" | "gzip"
  /** `cumulative` unless said otherwise. */
  readonly temporality?: Temporality
  /** One request with its retries; at most the interval. 10 seconds, or the interval where that is shorter. */
  readonly timeout?: Duration.DurationInput
  /** The longest pause that the receiver may ask for with `Retry-After`; 5 minutes. */
  readonly maxRetryAfter?: Duration.DurationInput
  /** The largest request as it is sent, after compression; 1 MiB, which common proxies take. A larger point goes alone. */
  readonly maxRequestBytes?: number
  /** Makes the connections, such as one of the package `https-proxy-agent` to go through a proxy. Node's own otherwise. */
  readonly agent?: Agent
}

/** A page for a Prometheus server to scrape, at `/metrics`. */
export interface PrometheusOptions {
  readonly type: "prometheus"
  /** `localhost` unless said otherwise. */
  readonly host?: string
  /** 9464 unless said otherwise; 0 takes a free port. */
  readonly port?: number
  /** The names that a request may have in `Host`, as in `Prometheus.layer`. */
  readonly names?: ReadonlyArray<string>
}

/** One line of JSON for each metric on standard output, for looking at it while developing. */
export interface ConsoleOptions {
  readonly type: "console"
}

export type DestinationOptions = OtlpOptions | PrometheusOptions | ConsoleOptions

/** The values that a resource's attributes may have. */
export type ResourceAttributes = Readonly<Record<string, string | number | boolean>>

/** How to export. */
export interface TelemetryOptions {
  /** `OTEL_SERVICE_NAME`, else `unknown_service:node`. */
  readonly serviceName?: string
  readonly serviceVersion?: string
  /** More attributes of the resource; they win over `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource?: ResourceAttributes
  /** Where to: what `OTEL_METRICS_EXPORTER` lists, else one `otlp`. An empty list exports nothing. */
  readonly destinations?: ReadonlyArray<DestinationOptions>
  /** From one export to the next: `OTEL_METRIC_EXPORT_INTERVAL`, else 60 seconds. */
  readonly interval?: Duration.DurationInput
  /** How long the final export may take; 5 seconds. Shorter than the grace period between SIGTERM and SIGKILL. */
  readonly shutdownTimeout?: Duration.DurationInput
  /** The most points in one request, and so in memory at once for each destination; 5,000. */
  readonly maxPoints?: number
  /** `all` exports Effect's global registry beside that of `MetricsService`; `own` does not. `all` unless said otherwise. */
  readonly registries?: "all" | "own"
}
