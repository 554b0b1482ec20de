/** What a user may say in code about telemetry. What is left out comes from the `OTEL_*` variables, then from defaults. */
import type * as Duration from "effect/Duration"
import type * as Redacted from "effect/Redacted"
import type { Agent } from "node:http"
import type { Temporality } from "../collect/points/temporality.ts"

/** Where a signal is sent: a collector, or anything else that takes OTLP. */
export interface OtlpTargetOptions {
  /**
   * The whole address, path included. Left out: `OTEL_EXPORTER_OTLP_<SIGNAL>_ENDPOINT`, else
   * `OTEL_EXPORTER_OTLP_ENDPOINT` with the path of the signal added (`/v1/metrics`, `/v1/traces`, `/v1/logs`), else
   * that path at `http://localhost:4318`. Over gRPC a path is ignored, a host and a port without `http://` or `https://`
   * are enough, and the default is `http://localhost:4317`.
   */
  readonly url?: string | undefined
  /** Added to those of `OTEL_EXPORTER_OTLP_<SIGNAL>_HEADERS` and `OTEL_EXPORTER_OTLP_HEADERS`. Never logged. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** `http/protobuf` unless said otherwise; `grpc` needs the package `@grpc/grpc-js`. */
  readonly protocol?: "grpc" | "http/json" | "http/protobuf" | undefined
  /**
   * How requests are compressed: `OTEL_EXPORTER_OTLP_<SIGNAL>_COMPRESSION` or `OTEL_EXPORTER_OTLP_COMPRESSION`, else
   * `none`.
   */
  readonly compression?: "none" | "gzip" | undefined
  /** How long one request may take, with its retries; at most the interval. 10 seconds, or the interval if that is shorter. */
  readonly timeout?: Duration.DurationInput | undefined
  /** The longest pause that the receiver may ask for with `Retry-After`, or with `RetryInfo` over gRPC; 5 minutes. */
  readonly maxRetryAfter?: Duration.DurationInput | undefined
  /**
   * The largest request in bytes: after compression over HTTP, before compression over gRPC, as receivers limit it. 1 MiB
   * unless given, which common proxies accept. A larger point goes alone.
   */
  readonly maxRequestBytes?: number | undefined
  /**
   * Makes the connections, for example an agent of the package `https-proxy-agent` to go through a proxy. Unless given, an
   * agent of Node with `keepAlive`. Over gRPC it is an error.
   */
  readonly agent?: Agent | undefined
  /**
   * Decrypts the key in the file of `OTEL_EXPORTER_OTLP_<SIGNAL>_CLIENT_KEY` or `OTEL_EXPORTER_OTLP_CLIENT_KEY`, if it is
   * encrypted; also when the file is read again, after a change. Never logged.
   */
  readonly clientKeyPassphrase?: string | Redacted.Redacted | undefined
}

/** A destination of metrics that takes OTLP. */
export interface OtlpOptions extends OtlpTargetOptions {
  /** The kind of destination. */
  readonly type: "otlp"
  /** `cumulative` unless said otherwise. */
  readonly temporality?: Temporality | undefined
}

/** How traces or logs are exported. */
export interface SignalOptions extends OtlpTargetOptions {
  /** What `OTEL_TRACES_EXPORTER` or `OTEL_LOGS_EXPORTER` lists, else `otlp`. Without these options: what the variable lists, else none. */
  readonly exporter?: "otlp" | "console" | "none" | undefined
  /** How many may wait to be exported; what is over is dropped and counted. `OTEL_BSP_MAX_QUEUE_SIZE` or `OTEL_BLRP_MAX_QUEUE_SIZE`, else 2,048. */
  readonly maxQueueSize?: number | undefined
  /** How many go into one request: `OTEL_BSP_MAX_EXPORT_BATCH_SIZE` or `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`, else 512. */
  readonly maxBatchSize?: number | undefined
  /** From one export to the next: `OTEL_BSP_SCHEDULE_DELAY`, else 5 seconds, or `OTEL_BLRP_SCHEDULE_DELAY`, else 1 second. */
  readonly scheduleDelay?: Duration.DurationInput | undefined
}

/** How traces are exported, and which. */
export interface TracesOptions extends SignalOptions {
  /** What `OTEL_TRACES_SAMPLER` says, else `parentbased_always_on`, or `parentbased_traceidratio` where `samplerRatio` is given. */
  readonly sampler?:
    | "always_on"
    | "always_off"
    | "traceidratio"
    | "parentbased_always_on"
    | "parentbased_always_off"
    | "parentbased_traceidratio"
    | undefined
  /** Of the samplers of a ratio, from 0 to 1: `OTEL_TRACES_SAMPLER_ARG`, else 1. */
  readonly samplerRatio?: number | undefined
}

/** A page for a Prometheus server to scrape, at `/metrics`. */
export interface PrometheusOptions {
  /** The kind of destination. */
  readonly type: "prometheus"
  /** `localhost` unless said otherwise. */
  readonly host?: string | undefined
  /** 9464 unless said otherwise; 0 takes a free port. */
  readonly port?: number | undefined
  /** The names that a request may have in `Host`, as in `Prometheus.layer`. */
  readonly names?: ReadonlyArray<string> | undefined
}

/** One line of JSON for each metric on standard output, for looking at it while developing. */
export interface ConsoleOptions {
  /** The kind of destination. */
  readonly type: "console"
}

/** A destination of metrics: a union by `type`. */
export type DestinationOptions = OtlpOptions | PrometheusOptions | ConsoleOptions

/** The values that a resource's attributes may have. */
export type ResourceAttributes = Readonly<Record<string, string | number | boolean>>

/** Attributes as they are given: those that are `undefined` are left out. */
export type GivenAttributes = Readonly<Record<string, string | number | boolean | undefined>>

/** How to export. */
export interface TelemetryOptions {
  /** `OTEL_SERVICE_NAME`, else `unknown_service:node`. */
  readonly serviceName?: string | undefined
  /** `service.version` in `OTEL_RESOURCE_ATTRIBUTES`, else the version of the package that `npm run` started. */
  readonly serviceVersion?: string | undefined
  /** More attributes of the resource; they win over `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resource?: GivenAttributes | undefined
  /** Where to: what `OTEL_METRICS_EXPORTER` lists, else one `otlp`. An empty list exports nothing. */
  readonly destinations?: ReadonlyArray<DestinationOptions> | undefined
  /** How spans are exported, and which. */
  readonly traces?: TracesOptions | undefined
  /** How log lines are exported. */
  readonly logs?: SignalOptions | undefined
  /** From one export to the next: `OTEL_METRIC_EXPORT_INTERVAL`, else 60 seconds. */
  readonly interval?: Duration.DurationInput | undefined
  /** How long the final export may take; 5 seconds. Shorter than the grace period between SIGTERM and SIGKILL. */
  readonly shutdownTimeout?: Duration.DurationInput | undefined
  /** The most points in one request, and so in memory at once for each destination; 5,000. */
  readonly maxPoints?: number | undefined
  /** `all` exports Effect's global registry beside that of `MetricsService`; `own` does not. `all` unless said otherwise. */
  readonly registries?: "all" | "own" | undefined
}
