/** All signals over gRPC on a collector that others wrote: each arrives, and a delta counts once. */
import { describe, expect, it } from "@effect/vitest"
import { authority } from "@parametric-portal/receivers/authority"
import { type Collector, collector } from "@parametric-portal/receivers/collector"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { MetricsService } from "../../src/observe/metrics.ts"
import { changes, contentOf, tlsHome } from "../observe/otlp/tls-collector.ts"
import { eventually } from "../support/eventually.ts"
import { counted, startApp } from "./support/app.ts"
import { dropped, endOf, nothingDropped } from "./support/arrivals.ts"
import { send } from "./support/send.ts"

const grpc = { protocol: "grpc" } as const

/** An export every fifth of a second, given up after half of one. */
const often = { ...grpc, scheduleDelay: 200, timeout: 500 } as const

/** A limit in MiB that the collector is over before it has received anything. */
const refusing = 2

const arrivesIn = (receiver: Pick<Collector, "total">, count: number) =>
  Effect.map(
    eventually(receiver.total(counted), (total) => total >= count),
    (total) => expect({ total }).toEqual({ total: count })
  )

describe("a collector over gRPC", () => {
  for (const compression of ["none", "gzip"] as const) {
    it.scopedLive(`gets all signals to the last one, compression ${compression}`, () =>
      Effect.gen(function* () {
        const receiver = yield* collector()
        const otlp = { ...grpc, compression }
        const app = yield* startApp({ url: receiver.grpc, otlp, records: { base: receiver.grpc, ...otlp } })
        yield* Effect.sleep("1 second")
        const { all, arrived } = yield* endOf(app, receiver.records)
        expect(arrived).toEqual(all)
        yield* arrivesIn(receiver, yield* app.end)
        expect(app.said().filter((line) => !line.includes("final export"))).toEqual([])
      })
    )
  }

  it.scopedLive("counts deltas once, and gets every span and line, when it is away for two seconds", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const first = yield* Scope.extend(collector({ isVerbose: true }), scope)
      const otlp = { ...grpc, temporality: "delta" } as const
      const app = yield* startApp({ url: first.grpc, otlp, records: { base: first.grpc, ...often } })
      yield* Effect.sleep("1 second")
      yield* Scope.close(scope, Exit.void)
      yield* Effect.sleep("2 seconds")
      const second = yield* collector({ isVerbose: true, port: first.port, grpcPort: first.grpcPort })
      yield* Effect.sleep("1500 millis")
      const { all, different } = yield* endOf(app, first.records, second.records)
      expect(different).toEqual(all)
      expect(yield* dropped(second)).toEqual(nothingDropped)
      const count = yield* app.end
      const total = () => first.passedOn(counted) + second.passedOn(counted)
      yield* eventually(Effect.sync(total), (found) => found >= count)
      expect(first.passedOn(counted)).toBeGreaterThan(0)
      expect(total()).toBeGreaterThanOrEqual(count)
      // Fifty a second, half a second long.
      expect(total()).toBeLessThanOrEqual(count + 30)
    })
  )

  it.scopedLive("counts deltas once when it is frozen for three seconds", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const app = yield* startApp({ url: receiver.grpc, otlp: { ...grpc, temporality: "delta" } })
      yield* Effect.sleep("1 second")
      yield* receiver.freeze
      yield* Effect.sleep("3 seconds")
      yield* receiver.resume
      yield* Effect.sleep("3 seconds")
      yield* arrivesIn(receiver, yield* app.end)
    })
  )

  it.scopedLive("counts deltas once when it refuses for memory and is restarted, and the log has its words", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const first = yield* Scope.extend(collector({ memory: refusing }), scope)
      const otlp = { ...grpc, temporality: "delta" } as const
      const app = yield* startApp({ url: first.grpc, otlp, records: { base: first.grpc, ...often } })
      yield* Effect.sleep("3 seconds")
      yield* Scope.close(scope, Exit.void)
      const receiver = yield* collector({ grpcPort: first.grpcPort })
      yield* Effect.sleep("3 seconds")
      const { all, arrived } = yield* endOf(app, receiver.records)
      expect(arrived).toEqual(all)
      yield* arrivesIn(receiver, yield* app.end)
      const said = app.said().join("\n")
      for (const what of ["Metrics", "Spans", "Log records"]) {
        expect(said).toMatch(
          new RegExp(`${what} are not exported to \\S+: UNAVAILABLE: data refused due to high memory`)
        )
      }
    })
  )

  it.scopedLive("has words for what is too large that say so, of which nothing is made smaller here", () =>
    Effect.gen(function* () {
      const receiver = yield* collector()
      const record = Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.enqueued, { job_type: "a" }))
      // What is large is in each request.
      const resource = { large: "x".repeat(5_000_000) }
      const failures = yield* send({ url: receiver.grpc }, { serviceName: "large", resource, otlp: grpc }, record)
      expect(failures.join()).toMatch(/RESOURCE_EXHAUSTED: grpc: received message larger than max \(\d+ vs\. 4194304\)/)
    })
  )

  it.scopedLive("is shown a client certificate, which is renewed under a running application", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* authority("one"), yield* authority("other")]
      const { home, variables } = yield* tlsHome(contentOf(one, one.issue("before")), changes.Kubernetes)
      const mutual = (own: typeof one) => ({ ...own.issue("collector"), client_ca_file: own.cert_file })
      const before = yield* Scope.make()
      const first = yield* Scope.extend(collector({ tls: mutual(one) }), before)
      const app = yield* startApp({
        url: first.grpc,
        otlp: grpc,
        env: variables,
        records: { base: first.grpc, ...often }
      })
      yield* eventually(first.total(counted), (total) => total > 20)
      yield* Scope.close(before, Exit.void)
      const second = yield* collector({ grpcPort: first.grpcPort, tls: mutual(other) })
      // The authority knows nothing of the application's files yet.
      yield* eventually(
        Effect.sync(() => app.said().join("\n")),
        (said) => ["Metrics", "Spans"].every((what) => said.includes(`${what} are not exported to`))
      )
      changes.Kubernetes(home, contentOf(other, other.issue("after")))
      yield* eventually(second.total(counted), (total) => total > 20)
      const { all, different } = yield* endOf(app, first.records, second.records)
      expect(different).toEqual(all)
      yield* arrivesIn(second, yield* app.end)
      expect(app.said().filter((line) => line.includes("were read again"))).toHaveLength(1)
    })
  )

  it.scopedLive("says in TLS what is wrong with a certificate, in the words that HTTP has", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* authority("own"), yield* authority("other")]
      const receiver = yield* collector({ tls: { ...own.issue("collector"), client_ca_file: own.cert_file } })
      const options = { serviceName: "alerts", interval: "1 second", shutdownTimeout: "1 second", otlp: grpc } as const
      const record = Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.enqueued, { job_type: "a" }))
      const failures = (variables: Readonly<Record<string, string>>) =>
        Effect.map(
          send({ url: receiver.grpc }, options, record).pipe(
            Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))
          ),
          (all) => all.join()
        )
      expect(yield* failures({ OTEL_EXPORTER_OTLP_CERTIFICATE: own.cert_file })).toMatch(
        /alert certificate required; the collector asks for a client certificate: name it in/
      )
      const unknown = yield* tlsHome({ ...contentOf(other, other.issue("app")), ca: contentOf(own, own).ca })
      expect(yield* failures(unknown.variables)).toMatch(
        /alert unknown ca; the collector refuses our client certificate/
      )
      expect(yield* failures({})).toMatch(
        /certificate.*; .* name the authority's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE/
      )
    })
  )
})
