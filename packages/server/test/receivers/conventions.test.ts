/** A server with all instrumentations at once: what receivers that others wrote call its metrics is what our page calls them. */
import { describe, expect, it } from "@effect/vitest"
import { collector } from "@parametric-portal/receivers/collector"
import { prometheus } from "@parametric-portal/receivers/prometheus"
import { identity, parsePage, type Stored } from "@parametric-portal/receivers/stored"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { Row } from "../../src/observe/catalogue.ts"
import { MetricsService } from "../../src/observe/metrics.ts"
import { Prometheus } from "../../src/observe/prometheus.ts"
import { Telemetry } from "../../src/observe/telemetry.ts"
import { eventually } from "../support/eventually.ts"
import { wholeServerRows, withWholeServer } from "../support/whole-server.ts"

const ofCollector = (wire: "url" | "grpc") => Effect.map(collector(), (made) => ({ url: made[wire], all: made.all }))

const cases = [
  { receiver: "Prometheus", protocol: "http/json", make: prometheus() },
  { receiver: "Prometheus", protocol: "http/protobuf", make: prometheus() },
  { receiver: "the collector", protocol: "http/json", make: ofCollector("url") },
  { receiver: "the collector", protocol: "http/protobuf", make: ofCollector("url") },
  { receiver: "the collector", protocol: "grpc", make: ofCollector("grpc") }
] as const

const storedNames = ({ kind, name }: Row): ReadonlyArray<string> =>
  kind === "histogram" ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]

const names = new Set(wholeServerRows.flatMap(storedNames))

const seriesOf = (all: ReadonlyArray<Stored>): ReadonlyArray<string> =>
  Array.from(new Set(all.filter(({ name }) => names.has(name)).map(identity))).toSorted()

describe("metrics of a server", () => {
  it.scopedLive.each(cases)("are called at $receiver over $protocol what our page calls them", ({ make, protocol }) =>
    Effect.gen(function* () {
      const receiver = yield* make
      const serviceName = `whole-${protocol.replaceAll(/\W/g, "-")}`
      yield* withWholeServer(
        Effect.gen(function* () {
          const { url } = yield* Prometheus
          const text = yield* Effect.promise(() => fetch(url).then((response) => response.text()))
          const page = seriesOf(parsePage(text))
          expect(new Set(page.map((one) => one.slice(0, one.indexOf("{"))))).toEqual(names)
          const reports = yield* Telemetry.flush
          expect(reports.flatMap(({ failures }) => failures)).toEqual([])
          const found = yield* eventually(
            Effect.map(
              Effect.promise(() => receiver.all(serviceName)),
              seriesOf
            ),
            (series) => series.length >= page.length
          )
          expect(found).toEqual(page)
        })
      ).pipe(
        Effect.provide(
          Layer.merge(
            Telemetry.layer({
              destinations: [{ type: "otlp", url: receiver.url, protocol }],
              serviceName,
              registries: "own",
              interval: "1 hour"
            }),
            Prometheus.layer({ port: 0, registries: "own" })
          ).pipe(Layer.provideMerge(MetricsService.layer({ registry: "own" })))
        )
      )
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )
})
