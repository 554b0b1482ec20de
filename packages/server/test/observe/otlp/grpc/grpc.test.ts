/** Telemetry over gRPC: where it goes, what it says, and that each delta counts once. */
import { status as Status } from "@grpc/grpc-js"
import { describe, expect, it } from "@effect/vitest"
import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MetricsService } from "../../../../src/observe/metrics.ts"
import { loadGrpc } from "../../../../src/observe/otlp/grpc/load.ts"
import {
  OptionsError,
  Telemetry,
  TelemetryPeerMissing,
  type TelemetryOptions
} from "../../../../src/observe/telemetry.ts"
import { count, countEach, delta, failuresOf } from "../exported.ts"
import { captureLog } from "../pipeline.ts"
import { bridge } from "./bridge.ts"
import { grpcCollector, type GrpcRequest, ok, paths } from "./grpc-collector.ts"

const withVariables = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

const telemetry = (options: TelemetryOptions = {}) =>
  Layer.provideMerge(
    Telemetry.layer({ registries: "own", interval: "1 hour", shutdownTimeout: "2 seconds", ...options }),
    MetricsService.layer({ registry: "own", limits: { default: 100_000 } })
  )

const work = Effect.log("a line").pipe(Effect.zipRight(count(1)), Effect.withSpan("a span"))

describe("OTEL_EXPORTER_OTLP_PROTOCOL=grpc", () => {
  it.scopedLive("sends all signals to one address, and says what became of them", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      const { layer, lines } = captureLog()
      const variables = {
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        OTEL_EXPORTER_OTLP_ENDPOINT: made.url.origin,
        OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=one",
        OTEL_TRACES_EXPORTER: "otlp",
        OTEL_LOGS_EXPORTER: "otlp"
      }
      yield* work.pipe(Effect.provide(telemetry()), Effect.provide(layer), withVariables(variables))
      // Lines that telemetry logs itself may need a request more.
      const different = new Set(made.requests.map(({ metadata, path }) => `${path} ${String(metadata["x-tenant"])}`))
      expect([...different].sort()).toEqual([paths.logs, paths.metrics, paths.traces].map((path) => `${path} one`))
      const final = lines.filter((line) => line.includes("final")).map((line) => line.replace(/: \d+.*/, ""))
      expect(final.sort()).toEqual(
        ["of log records ", "of spans ", ""].map(
          (what) => `INFO The final export ${what}to ${made.url.origin} was acknowledged`
        )
      )
    })
  )

  it.scopedLive("is of the signals that it is said of, and a path has no meaning there", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok)
      const http = yield* Receiver
      const variables = {
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${made.url.origin}/v1/traces`,
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: http.url,
        OTEL_TRACES_EXPORTER: "otlp"
      }
      yield* work.pipe(Effect.provide(telemetry()), withVariables(variables))
      expect(new Set(made.requests.map(({ path }) => path))).toEqual(new Set([paths.traces]))
      expect((yield* http.requests).length).toBe(1)
    }).pipe(Effect.provide(Receiver.layer()))
  )
})

describe("a receiver over gRPC", () => {
  it.scopedLive("that refuses one metric gets all others", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(({ body }) =>
        body.includes("bad-type") ? { code: Status.INVALID_ARGUMENT, details: "no such job" } : ok
      )
      const { layer, lines } = captureLog()
      const destinations = [{ type: "otlp", protocol: "grpc", url: made.url.origin }] as const
      const failures = yield* Effect.gen(function* () {
        yield* countEach(50)
        yield* count(1, "bad-type")
        return yield* failuresOf
      }).pipe(Effect.provide(telemetry({ destinations })), Effect.provide(layer))
      expect(failures).toEqual([])
      expect(lines.filter((line) => line.includes("refuses")).join()).toMatch(
        /jobs_enqueued_total.*the receiver refuses a series of it, \{"job_type":"bad-type"\}: INVALID_ARGUMENT: no such job/
      )
    })
  )

  it.scopedLive("that takes small messages only gets them in halves", () =>
    Effect.gen(function* () {
      const made = yield* grpcCollector(() => ok, { options: { "grpc.max_receive_message_length": 20_000 } })
      const destinations = [{ type: "otlp", protocol: "grpc", url: made.url.origin }] as const
      const reports = yield* Effect.zipRight(countEach(800), Telemetry.flush).pipe(
        Effect.provide(telemetry({ destinations }))
      )
      expect(reports.map(({ failures, rejected }) => ({ failures, rejected }))).toEqual([{ failures: [], rejected: 0 }])
      const bodies = made.requests.map(({ body }) => body.toString("latin1")).join("")
      const arrived = Array.from({ length: 800 }, (_, index) => index).filter((index) =>
        bodies.includes(`type-${index}`)
      )
      expect(arrived.length).toBe(800)
      expect(Math.max(...made.requests.map(({ body }) => body.length))).toBeLessThan(20_001)
    })
  )

  // Each may have been taken, and is.
  it.scopedLive.each([["reset"], [{ code: Status.UNAVAILABLE }], [{ code: Status.DEADLINE_EXCEEDED }]] as const)(
    "that answers a delta with %j counts it once",
    ([answer]) =>
      Effect.gen(function* () {
        const receiver = yield* Receiver
        let left = 2
        // Empty where it only asks whether the receiver is there.
        const lost = ({ body }: GrpcRequest) => (body.length > 0 && left-- > 0 ? answer : undefined)
        const made = yield* bridge({ metrics: () => receiver.url, records: () => "" }, lost)
        const destinations = [
          { type: "otlp", protocol: "grpc", url: made.url.origin, temporality: delta.temporality, timeout: "1 second" }
        ] as const
        yield* Effect.gen(function* () {
          for (let times = 0; times < 4; times++) {
            yield* count(5)
            yield* Telemetry.flush
          }
        }).pipe(Effect.provide(telemetry({ destinations })))
        const [series] = yield* receiver.find("jobs_enqueued_total", { job_type: "digest" })
        expect(series?.total).toBe(20)
        expect(left).toBeLessThan(1)
      }).pipe(Effect.provide(Receiver.layer()))
  )
})

describe("@grpc/grpc-js", () => {
  it.effect("that is missing is an error that says what to install, or what needs nothing", () =>
    Effect.gen(function* () {
      expect(yield* loadGrpc("http/protobuf", "OTLP")).toBeUndefined()
      const error = new TelemetryPeerMissing({
        peer: "x",
        neededFor: "y",
        packages: ["x@1"],
        instead: "Or not",
        cause: 1
      })
      expect(error.message).toBe(
        "y needs the package x, which could not be loaded. Install all that it needs: npm install x@1. Or not"
      )
    })
  )

  it.effect("makes no connection through an agent of HTTP, which is said at the start", () =>
    Effect.gen(function* () {
      const agent = yield* Effect.promise(() => import("node:http").then(({ Agent }) => new Agent()))
      const destinations = [{ type: "otlp", protocol: "grpc", agent }] as const
      const error = yield* Effect.flip(Layer.build(telemetry({ destinations })))
      expect(error).toBeInstanceOf(OptionsError)
      expect(error.message).toMatch(
        /^agent of an otlp destination: given an agent; expected none where the protocol is grpc/
      )
    }).pipe(Effect.scoped)
  )
})
