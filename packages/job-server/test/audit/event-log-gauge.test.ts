import { expect, it } from "@effect/vitest"
import { MetricsService } from "@parametric-portal/server/observe/metrics"
import { Prometheus } from "@parametric-portal/server/observe/prometheus"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EventLog } from "../../src/audit/event-log.ts"
import { eventLogGauge } from "../../src/audit/event-log-gauge.ts"

const page = Layer.merge(Prometheus.layer({ port: 0 }), eventLogGauge(new EventLog())).pipe(
  Layer.provideMerge(MetricsService.Default)
)

it.scopedLive("the length of an event log is on a page of OpenMetrics, under two names that do not clash there", () =>
  Effect.gen(function* () {
    const { url } = yield* Prometheus
    const headers = { accept: "application/openmetrics-text; version=1.0.0" }
    const text = yield* Effect.promise(() => fetch(url, { headers }).then((response) => response.text()))
    expect([...text.matchAll(/^job_server_\w+ \d+$/gm)].map(([line]) => line)).toEqual([
      "job_server_ledger_entries 0",
      "job_server_ledger_entries_written_total 0"
    ])
  }).pipe(Effect.provide(page))
)
