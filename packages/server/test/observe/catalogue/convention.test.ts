import { Receiver } from "@parametric-portal/dashboard/receiver"
import * as conventions from "@opentelemetry/semantic-conventions/incubating"
import { describe, expect, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { catalogue, otlpAttribute, otlpName, type Row } from "../../../src/observe/catalogue.ts"
import { storedNames } from "../../../src/observe/collect/points/stored-names.ts"
import { MetricsService } from "../../../src/observe/metrics.ts"
import { Telemetry } from "../../../src/observe/telemetry.ts"
import { pipeline } from "../otlp/pipeline.ts"

const rows = Object.values(catalogue).flatMap((namespace) => Object.values<Row>(namespace))
const conventional = rows.filter(({ convention }) => convention !== undefined)
const known = new Set<unknown>(Object.values(conventions))

describe("a metric of a convention", () => {
  it.each(conventional)("has names that OpenTelemetry defines: $name", (row) => {
    expect(known).toContain(otlpName(row))
    for (const label of row.labels) {
      expect(known).toContain(otlpAttribute(row, label))
    }
  })

  it.each(conventional)("is called what Prometheus calls it: $name", (row) => {
    const { help, kind, name, unit } = row
    const called = storedNames({ name: otlpName(row), help, kind, unit, origin: "own" })
    expect(called).toEqual(storedNames({ name, help, kind, unit, origin: "own" }))
    expect(called).toContain(kind === "histogram" ? `${name}_bucket` : name)
    expect(row.labels).toEqual(row.labels.map((label) => otlpAttribute(row, label).replaceAll(/\W/g, "_")))
  })
})

describe("on OTLP", () => {
  it.scopedLive("metrics of a convention have its names, and other labels their own", () =>
    Effect.gen(function* () {
      const { series, violations } = yield* Receiver
      yield* Effect.gen(function* () {
        const { http } = yield* MetricsService
        yield* MetricsService.gauge(
          http.serverActiveRequests,
          { http_request_method: "GET", url_scheme: "http" },
          1
        ).pipe(Effect.tagMetrics("region", "eu"))
        yield* Metric.update(http.serverRequestDuration, Duration.millis(1)).pipe(
          Effect.tagMetrics({ http_request_method: "GET", http_response_status_code: "200" })
        )
        yield* Telemetry.flush
      }).pipe(Effect.provide(pipeline()))
      const found = (yield* series).filter(({ name }) => name.startsWith("http."))
      expect(found.map(({ attributes, name, unit }) => ({ name, unit, attributes }))).toEqual([
        {
          name: "http.server.request.duration",
          unit: "s",
          attributes: { "http.request.method": "GET", "http.response.status_code": 200 }
        },
        {
          name: "http.server.active_requests",
          unit: "{request}",
          attributes: { "http.request.method": "GET", "url.scheme": "http", region: "eu" }
        }
      ])
      expect(yield* violations).toEqual([])
    }).pipe(Effect.provide(Receiver.layer()))
  )
})
