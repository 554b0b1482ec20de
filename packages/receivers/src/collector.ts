/**
 * An OpenTelemetry Collector: OTLP in, over HTTP and over gRPC, memory limiter. Metrics go to a page for Prometheus, deltas as cumulative values;
 * spans and log records go to its output.
 */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { writeFileSync } from "node:fs"
import path from "node:path"
import { freePort } from "../../../vitest.ports.ts"
import { answers, folder, type Running, start } from "./process.ts"
import { type Records, recordsIn } from "./records.ts"
import { parsePage, type RealReceiver, type Stored } from "./stored.ts"

export interface CollectorOptions {
  /** Where it listens, so that another can take its place; free ones unless given. */
  readonly port?: number
  /** The same, of gRPC. */
  readonly grpcPort?: number
  /** In MiB, above which it refuses; 1,000 unless given. It uses about 40 by itself. */
  readonly memory?: number
  /** Writes every point that it passes on, for `passedOn`. */
  readonly isVerbose?: boolean
  /** PEM files for TLS; clients must show a certificate of the authority in `client_ca_file`, where there is one. */
  readonly tls?: { readonly cert_file: string; readonly key_file: string; readonly client_ca_file?: string }
}

export interface Collector extends RealReceiver, Running {
  readonly port: number
  /** What the paths of the three signals are added to, as in `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly base: string
  readonly grpcPort: number
  /** Where all signals go over gRPC. */
  readonly grpc: string
  /** The spans and log records that it has passed on so far, also after its end. */
  readonly records: () => Records
  /** Its page for a Prometheus. */
  readonly page: URL
  /** The sum over all series of a name on its page. */
  readonly total: (name: string) => Effect.Effect<number>
  /** The sum of what it has passed on under this name, also after its end, when it is verbose. */
  readonly passedOn: (name: string) => number
}

type Configured = Required<Pick<CollectorOptions, "port" | "grpcPort" | "memory">> & CollectorOptions

const configuration = ({ grpcPort, port, tls, ...options }: Configured, page: number) =>
  JSON.stringify({
    receivers: {
      otlp: {
        protocols: {
          http: { endpoint: `127.0.0.1:${port}`, ...(tls === undefined ? {} : { tls }) },
          grpc: { endpoint: `127.0.0.1:${grpcPort}`, ...(tls === undefined ? {} : { tls }) }
        }
      }
    },
    processors: {
      memory_limiter: { check_interval: "100ms", limit_mib: options.memory, spike_limit_mib: 1 },
      deltatocumulative: { max_streams: 500_000 }
    },
    exporters: {
      prometheus: { endpoint: `127.0.0.1:${page}`, metric_expiration: "1h" },
      debug: { verbosity: options.isVerbose === true ? "detailed" : "basic" },
      "debug/records": { verbosity: "detailed" }
    },
    service: {
      telemetry: { metrics: { level: "none" }, logs },
      pipelines: {
        metrics: {
          receivers: ["otlp"],
          processors: ["memory_limiter", "deltatocumulative"],
          exporters: ["prometheus", "debug"]
        },
        traces: records,
        logs: records
      }
    }
  })

/** Every line of it: sampling would leave out what is passed on more often than a few times in ten seconds. */
const logs = { level: "info", output_paths: ["stderr"], sampling: { enabled: false } }

const records = { receivers: ["otlp"], processors: ["memory_limiter"], exporters: ["debug/records"] }

/** Ends with the scope. */
export const collector = (options: CollectorOptions = {}): Effect.Effect<Collector, never, Scope> =>
  Effect.gen(function* () {
    const { memory = 1_000, tls } = options
    const port = options.port ?? (yield* Effect.promise(freePort))
    const grpcPort = options.grpcPort ?? (yield* Effect.promise(freePort))
    const page = yield* Effect.promise(freePort)
    const file = path.join(yield* folder, "collector.yaml")
    writeFileSync(file, configuration({ ...options, port, grpcPort, memory }, page))
    const running = yield* start({
      program: "collector",
      args: [`--config=file:${file}`],
      isReady: answers(`http://127.0.0.1:${page}/metrics`)
    })
    const read = () =>
      fetch(`http://127.0.0.1:${page}/metrics`)
        .then((response) => response.text())
        .then(parsePage)
    const scheme = tls === undefined ? "http" : "https"
    return {
      ...running,
      port,
      base: `${scheme}://127.0.0.1:${port}`,
      grpcPort,
      // A name: TLS has none for a number.
      grpc: `${scheme}://localhost:${grpcPort}`,
      records: () => recordsIn(running.output()),
      page: new URL(`http://127.0.0.1:${page}/metrics`),
      url: `${scheme}://127.0.0.1:${port}/v1/metrics`,
      all: (service) => read().then((all) => all.filter(({ labels }) => labels["job"] === service)),
      total: (name) => Effect.promise(() => read().then((all) => sum(all.filter((one) => one.name === name)))),
      passedOn: (name) => sum(lastValues(running.output(), name))
    }
  })

const sum = (all: ReadonlyArray<Pick<Stored, "value">>) => all.reduce((total, { value }) => total + value, 0)

/** The last value of each series of a sum in what the debug exporter wrote. */
const lastValues = (output: string, name: string) => {
  const values = new Map<string, number>()
  for (const metric of output.split("\nMetric #").slice(1)) {
    if (metric.includes(`-> Name: ${name}\n`)) {
      for (const point of metric.split("NumberDataPoints #").slice(1)) {
        const labels = Array.from(point.matchAll(/-> (\S+: \S+\(.*\))/g), ([, label]) => label).join()
        values.set(labels, Number(/\nValue: (\S+)/.exec(point)?.[1] ?? 0))
      }
    }
  }
  return Array.from(values.values(), (value) => ({ value }))
}
