/** Client certificates that nginx and a collector ask for: renewed under a running application, missing, and unknown. */
import { describe, expect, it } from "@effect/vitest"
import { type Authority, authority } from "@parametric-portal/receivers/authority"
import { collector } from "@parametric-portal/receivers/collector"
import { nginx } from "@parametric-portal/receivers/proxies"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { freePort } from "../../../../vitest.ports.ts"
import { loadTls } from "../../src/observe/config/tls.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import { makeSenderFactory } from "../../src/observe/otlp/sender.ts"
import { changes, contentOf, once, senderSettings, tlsHome } from "../observe/otlp/tls-collector.ts"
import { eventually } from "../support/eventually.ts"
import { counted, startApp } from "./support/app.ts"
import { type Arrived, arrivedAt, dropped, endOf, nothingDropped } from "./support/arrivals.ts"
import { send } from "./support/send.ts"

/** nginx that ends TLS for this receiver, with a certificate of this authority, for its clients. */
const asking = (own: Authority, { port, to }: { readonly port: number; readonly to: number }) => {
  const { cert_file, key_file } = own.issue("collector")
  return nginx({
    to,
    settings: [
      `listen 127.0.0.1:${port} ssl`,
      `ssl_certificate ${cert_file}`,
      `ssl_certificate_key ${key_file}`,
      `ssl_client_certificate ${own.cert_file}`,
      "ssl_verify_client on"
    ]
  })
}

const record = Effect.flatMap(MetricsService, ({ jobs }) => MetricsService.inc(jobs.enqueued, { job_type: "tls" }, 7))

const withVariables = (variables: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(variables))))

describe("certificates", () => {
  it.scopedLive("are renewed under a running application, as Kubernetes does it, and nothing is lost", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* authority("one"), yield* authority("other")]
      const { home, variables } = yield* tlsHome(contentOf(one, one.issue("before")), changes.Kubernetes)
      const receiver = yield* collector()
      const port = yield* Effect.promise(freePort)
      const before = yield* Scope.make()
      yield* Scope.extend(asking(one, { port, to: receiver.port }), before)
      const app = yield* startApp({ url: `https://127.0.0.1:${port}/v1/metrics`, env: variables })
      const first = yield* eventually(receiver.total(counted), (total) => total > 20)
      yield* Scope.close(before, Exit.void)
      yield* asking(other, { port, to: receiver.port })
      // The authority knows nothing of the application's files yet.
      yield* eventually(
        Effect.sync(() => app.said().join("\n")),
        (said) => said.includes("are not exported to")
      )
      changes.Kubernetes(home, contentOf(other, other.issue("after")))
      expect(yield* eventually(receiver.total(counted), (total) => total > first + 20)).toBeGreaterThan(first + 20)
      const count = yield* app.end
      expect(yield* eventually(receiver.total(counted), (total) => total === count)).toBe(count)
      expect(app.said().filter((line) => line.includes("were read again"))).toHaveLength(1)
    })
  )

  it.scopedLive("are renewed for spans and log lines as well, and nothing is lost", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* authority("one"), yield* authority("other")]
      const { home, variables } = yield* tlsHome(contentOf(one, one.issue("before")), changes.Kubernetes)
      const before = yield* Scope.make()
      const mutual = (own: Authority) => ({ ...own.issue("collector"), client_ca_file: own.cert_file })
      const first = yield* Scope.extend(collector({ tls: mutual(one) }), before)
      const records = { base: first.base, scheduleDelay: 200, timeout: 500 }
      const app = yield* startApp({ url: first.url, env: variables, records })
      const some = ({ lines, spans }: Arrived) => spans.length > 20 && lines.length > 20
      yield* eventually(
        Effect.sync(() => arrivedAt(first.records)),
        some
      )
      yield* Scope.close(before, Exit.void)
      const second = yield* collector({ port: first.port, tls: mutual(other) })
      yield* eventually(
        Effect.sync(() => app.said().join("\n")),
        (said) => ["Spans", "Log records"].every((what) => said.includes(`${what} are not exported to`))
      )
      changes.Kubernetes(home, contentOf(other, other.issue("after")))
      yield* eventually(
        Effect.sync(() => arrivedAt(second.records)),
        some
      )
      const { all, different } = yield* endOf(app, first.records, second.records)
      expect(different).toEqual(all)
      expect(yield* dropped(second)).toEqual(nothingDropped)
      expect(app.said().filter((line) => line.includes("were read again"))).toHaveLength(1)
    })
  )

  it.scopedLive("that are missing or unknown are named in what is said of a collector's alerts", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* authority("own"), yield* authority("other")]
      const receiver = yield* collector({ tls: { ...own.issue("collector"), client_ca_file: own.cert_file } })
      const options = { serviceName: "alerts", interval: "1 second", shutdownTimeout: "1 second" } as const
      const right = yield* tlsHome(contentOf(own, own.issue("app")))
      expect(yield* send(receiver, options, record).pipe(withVariables(right.variables))).toEqual([])
      expect(yield* receiver.total("jobs_enqueued_total")).toBe(7)
      const authorityAlone = { OTEL_EXPORTER_OTLP_CERTIFICATE: own.cert_file }
      const none = yield* send(receiver, options, record).pipe(withVariables(authorityAlone))
      expect(none.join()).toMatch(/alert certificate required; the collector asks for a client certificate: name it in/)
      const unknown = yield* tlsHome({ ...contentOf(other, other.issue("app")), ca: contentOf(own, own).ca })
      expect((yield* send(receiver, options, record).pipe(withVariables(unknown.variables))).join()).toMatch(
        /alert unknown ca; the collector refuses our client certificate, the one of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: it/
      )
      const untrusted = yield* send(receiver, options, record)
      expect(untrusted.join()).toMatch(
        /certificate; .* name the authority's certificate in OTEL_EXPORTER_OTLP_CERTIFICATE/
      )
    })
  )

  it.scopedLive("that are refused in the midst of a large request are named, and its size is not suspected", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* authority("own"), yield* authority("other")]
      const receiver = yield* collector({ tls: { ...own.issue("collector"), client_ca_file: own.cert_file } })
      const { files } = yield* tlsHome({ ...contentOf(other, other.issue("app")), ca: contentOf(own, own).ca })
      const { tls } = yield* loadTls(files)
      const large = { bytes: Buffer.alloc(4_000_000), headers: {} }
      const small = { bytes: Buffer.alloc(0), headers: { "content-type": "application/x-protobuf" } }
      for (let times = 0; times < 5; times += 1) {
        const target = { ...senderSettings, url: new URL(`${receiver.base}/v1/traces`), tls, tlsFiles: files }
        const sender = makeSenderFactory(target, small)(1_200)
        const outgoing = { body: large, points: 1, isRepeat: false, isDelta: false }
        const { isReset, message } = yield* sender.send(outgoing).pipe(Effect.flip, once)
        expect(message).toMatch(/^tlsv1 alert unknown ca; the collector refuses our client certificate/)
        expect(isReset).toBe(false)
        yield* sender.cut("the test is over")
      }
    })
  )

  it.scopedLive("that nginx asks for and refuses in an answer hold an export back, and leave out no metric", () =>
    Effect.gen(function* () {
      const [own, other] = [yield* authority("own"), yield* authority("other")]
      const receiver = yield* collector()
      const port = yield* Effect.promise(freePort)
      yield* asking(own, { port, to: receiver.port })
      const options = { serviceName: "nginx", interval: "1 second" } as const
      const url = `https://127.0.0.1:${port}/v1/metrics`
      const { file, home, variables } = yield* tlsHome({
        ...contentOf(other, other.issue("app")),
        ca: contentOf(own, own).ca
      })
      const authorityAlone = { OTEL_EXPORTER_OTLP_CERTIFICATE: file("ca") }
      const none = yield* send({ url }, options, record).pipe(withVariables(authorityAlone))
      expect(none.join()).toMatch(/^400 Bad Request: the collector asks for a client certificate: name it in/)
      const refused = yield* send({ url }, options, record).pipe(withVariables(variables))
      expect(refused.join()).toMatch(/^400 Bad Request: the collector refuses our client certificate, the one of OTEL_/)
      changes["renamed over"](home, contentOf(own, own.issue("app")))
      expect(yield* send({ url }, options, record).pipe(withVariables(variables))).toEqual([])
      expect(yield* receiver.total("jobs_enqueued_total")).toBe(7)
    })
  )
})
